"""Made-up evaluation reports whose house style is drawn at random: numbering, wording, where the points stand.

Each trait is one that evaluation firms, finance bureaus and departments use. ``draw`` returns the traits of a seed,
``compose`` the paragraphs, in the form that ``report_styles.write_text`` and ``write_document`` take.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from report_styles import LAMPS, PENSION, READING, chinese, money

NUMBERINGS = {
    "usual": ["{c}、", "（{c}）", "{n}.", "（{n}）"],
    "comma": ["{n}、", "{d}、", "{d} ", "（{n}）"],
    "decimal": ["{n} ", "{d} ", "{d} ", "{d} "],
    "parts": ["第{c}部分 ", "{c}、", "（{c}）", "{n}."],
    "chapters": ["第{c}章 ", "{c}、", "（{c}）", "{n}."],
}
WORDS = {
    "basics": ["项目基本情况", "项目概况", "基本情况", "项目概述", "政策基本情况"],
    "work": ["绩效评价工作开展情况", "评价工作情况", "评价工作概述", "绩效评价组织实施情况", "评价实施过程"],
    "conclusion": ["综合评价情况及评价结论", "评价结论", "综合评价结果", "绩效评价结果", "评价结论与等级"],
    "analysis": ["绩效评价指标分析", "绩效分析", "指标完成情况分析", "指标得分分析", "绩效目标完成情况分析"],
    "lessons": ["存在的问题", "存在的主要问题", "存在的问题及原因分析", "主要问题", "发现的问题及原因"],
    "advice": ["有关建议", "改进建议", "意见建议", "对策与建议", "下一步改进措施", "相关建议"],
    "others": ["其他需要说明的问题", "其他说明事项"],
}
ORDERS = [
    ["basics", "work", "conclusion", "analysis", "lessons", "advice", "others"],
    ["basics", "work", "analysis", "conclusion", "lessons", "advice"],
    ["conclusion", "basics", "work", "analysis", "lessons", "advice"],
]
POINTS = {
    "stop": "{number}{name}。该指标分值{weight}分，得{score}分。{body}",
    "comma": "{number}{name}，满分{weight}分，得{score}分。{body}",
    "bracket": "{number}{name}（满分{weight}分，得分{score}分）。{body}",
    "turned": "{number}{name}（得分{score}分，满分{weight}分）：{body}",
    "colon": "{number}{name}：满分{weight}分，实得{score}分。{body}",
    "plain": "{number}{name}指标满分为{weight}分，得{score}分。{body}",
    "self": "{number}{name}（分值{weight}分，评价得分{score}分）。{body}",
    "behind": "{number}{name}。{body}指标分值{weight}分，评价得分{score}分。",
    "goal": "{name}：{told}，分值{weight}分，得{score}分。",
}
TOTALS = [
    "经综合评定，{project}绩效评价得分为{total}分，评价等级为“{grade}”。",
    "{project}综合得分{total}分，评价等级为{grade}。",
    "最终得分为{total}分，绩效评级为“{grade}”。",
    "本项目绩效评价总得分{total}分，等级为“{grade}”。",
    "综合评分{total}分，评价结果为“{grade}”。",
    "经评价，本项目得{total}分，评定等级为{grade}。",
]
MONEY = [
    "{year}年项目预算安排资金{planned}，全部为本级财政资金，实际到位{arrived}。截至{year}年12月31日，实际支出{executed}。",
    "项目批复总投资{planned}。{year}年财政下达资金{planned}，到位资金{arrived}；累计支付{executed}。",
    "{year}年财政安排专项资金{planned}，项目单位收到专项资金{arrived}；实际支出{executed}，资金使用率较高。",
    "项目资金{planned}，其中：上级补助{half}，本级配套{half}，已全部到位，到位金额{arrived}。项目资金实际支出{executed}。",
]
OPINIONS = ["heading", "run_in", "counted", "inline", "labelled", "grouped", "chapter"]


@dataclass(frozen=True)
class Variety:
    """The traits of one report."""

    seed: int
    numbering: str
    points: str
    opinion: str
    total: str
    money: str
    unit: str
    order: tuple
    words: dict
    has_abstract: bool
    has_cover: bool
    has_table: bool
    is_twice: bool
    """Whether the title stands once more behind the abstract."""
    content: object


def draw(seed):
    """Return the traits that a seed gives."""
    rng = random.Random(seed)
    has_abstract = rng.random() < 0.4
    return Variety(
        seed,
        rng.choice(list(NUMBERINGS)),
        rng.choice(list(POINTS)),
        rng.choice(OPINIONS),
        rng.choice(TOTALS),
        rng.choice(MONEY),
        rng.choice(["万元", "元", "亿元"]),
        tuple(rng.choice(ORDERS)),
        {name: rng.choice(words) for name, words in WORDS.items()},
        has_abstract,
        rng.random() < 0.5,
        rng.random() < 0.5,
        has_abstract and rng.random() < 0.5,
        rng.choice([LAMPS, READING, PENSION]),
    )


class _Writer:
    def __init__(self, variety):
        self.variety, self.parts, self.counts = variety, [], [0, 0, 0, 0]

    def number(self, level):
        self.counts[level - 1] += 1
        self.counts[level:] = [0] * (4 - level)
        count = self.counts[level - 1]
        printed = ".".join(str(one) for one in self.counts[:level])
        return NUMBERINGS[self.variety.numbering][level - 1].format(c=chinese(count), n=count, d=printed)

    def add(self, kind, body, level=0):
        self.parts.append((kind, body, level))

    def heading(self, text, level):
        self.add("heading", self.number(level) + text, level)


def compose(variety):
    """Return the paragraphs of one report: kind, text, level."""
    writer, content = _Writer(variety), variety.content
    kind = {"finance": "财政重点绩效评价", "department": "部门绩效评价"}[content.evaluation]
    title = f"{content.year}年度{content.project}{kind}报告"
    writer.add("title", title)
    if variety.has_cover:
        for label, value in (
            ("项目名称", content.project),
            ("主管部门", content.department),
            ("项目单位", content.unit),
            ("评价机构", content.evaluator or content.department),
        ):
            writer.add("sign", f"{label}：{value}")
    if variety.has_abstract:
        _abstract(writer)
    if variety.is_twice:
        writer.add("title", title)
    for chapter in variety.order:
        if variety.opinion == "chapter" and chapter in {"lessons", "advice"}:
            items = content.problems if chapter == "lessons" else content.advice
            writer.add("text", f"{writer.number(1)}{variety.words[chapter]}。{_inline(items)}")
            continue
        writer.heading(variety.words[chapter], 1)
        _CHAPTERS[chapter](writer)
    if variety.has_table:
        writer.add("caption", "附件：项目支出绩效评分表")
        rows = [["一级指标", "二级指标", "三级指标", "分值", "评分标准", "得分"]]
        rows += [[row[0], row[1], row[2], row[3], "酌情评分", row[4]] for row in content.indicators]
        writer.add("table", [*rows, ["合计", "", "", "100", "", str(content.total)]])
    return writer.parts


def _total(variety):
    content = variety.content
    return variety.total.format(project=content.project, total=content.total, grade=content.grade)


def _money(variety):
    content = variety.content
    amounts = {
        "planned": content.planned,
        "arrived": content.planned,
        "executed": content.executed,
        "half": content.planned / 2,
    }
    return variety.money.format(
        year=content.year, **{name: money(value, variety.unit) for name, value in amounts.items()}
    )


def _abstract(writer):
    variety, content = writer.variety, writer.variety.content
    writer.add("heading", "摘要", 1)
    texts = {
        "项目概况": _money(variety),
        "评价结论": _total(variety),
        "存在的主要问题": "".join(f"{chinese(n)}是{row[0]}。" for n, row in enumerate(content.problems, 1)),
        "有关建议": "".join(f"{chinese(n)}是{row[0]}。" for n, row in enumerate(content.advice, 1)),
    }
    for head, text in texts.items():
        writer.heading(head, 1)
        writer.add("text", text)
    writer.counts = [0, 0, 0, 0]


def _basics(writer):
    content = writer.variety.content
    writer.heading("立项背景", 2)
    writer.add(
        "text",
        f"该项目根据《公共服务提升行动方案》（青政发〔{content.year - 1}〕12号）设立，主管部门为{content.department}，"
        f"由{content.unit}负责组织实施。",
    )
    writer.heading("资金投入和使用情况", 2)
    writer.add("text", _money(writer.variety))
    writer.heading("绩效目标", 2)
    writer.add("text", "总体目标是按计划完成各项任务，使服务范围和服务质量明显提高，群众满意度保持在较高水平。")


def _work(writer):
    content = writer.variety.content
    ordered = f"受{content.department[:3]}财政局委托，" if content.evaluation == "finance" else ""
    writer.heading("评价目的和范围", 2)
    writer.add("text", f"{ordered}评价资金的使用效益，评价时段为{content.year}年1月1日至{content.year}年12月31日。")
    writer.heading("评价方法和过程", 2)
    writer.add("text", "采用比较法和公众评判法，聘请5名专家，实地核查12个点位，发放问卷400份，收回有效问卷386份。")


def _conclusion(writer):
    writer.add("text", _total(writer.variety) + "项目总体执行较好，主要任务基本完成，社会反响良好。")


def _analysis(writer):
    variety, content = writer.variety, writer.variety.content
    before = ("", "")
    goals: list = []
    number = 0
    for level_one, level_two, name, weight, score, checked, loss in content.indicators:
        if level_one != before[0]:
            _tell_goals(writer, goals)
            writer.heading(f"{level_one}情况分析", 2)
            writer.add("text", f"{level_one}类指标从{level_two}等方面考察，总体情况较好。")
            number = 0
        elif level_two != before[1]:
            _tell_goals(writer, goals)
        before, number = (level_one, level_two), number + 1
        body = f"经核查，{checked}。" + (f"{loss}。" if loss else "")
        values = {
            "name": name,
            "weight": weight,
            "score": score,
            "body": body,
            "told": checked + (loss and f"，{loss}"),
        }
        text = POINTS[variety.points].format(number=f"（{number}）", **values)
        if variety.points == "goal":
            goals.append(text)
        else:
            writer.add("text", text)
    _tell_goals(writer, goals)


def _tell_goals(writer, goals):
    """Write the indicators of one level 2 in one paragraph."""
    if goals:
        writer.add("text", "".join(goals))
        goals.clear()


def _inline(items):
    return "".join(f"{chinese(n)}是{title}。{text}{''.join(more)}" for n, (title, text, *more) in enumerate(items, 1))


def _opinions(writer, items, word):
    how = writer.variety.opinion
    if how == "inline":
        writer.add("text", _inline(items))
        return
    for number, (title, text, *more) in enumerate(items, 1):
        body = text + "".join(more)
        if how == "heading":
            writer.heading(title, 2)
            writer.add("text", body)
        elif how == "grouped":
            writer.heading(f"{('项目管理', '资金管理', '制度建设', '监督检查')[number - 1]}方面", 2)
            writer.add("text", f"{number}.{title}。{body}")
        elif how == "labelled":
            writer.add("text", f"{word}{chinese(number)}：{title}。{body}")
        elif how == "counted":
            writer.add("text", f"{chinese(number)}是{title}。{body}")
        else:
            writer.add("text", f"{number}.{title}。{body}")


def _others(writer):
    writer.add("text", "本报告所用数据由项目单位提供，评价组没有对其真实性以外的事项承担责任。")


_CHAPTERS = {
    "basics": _basics,
    "work": _work,
    "conclusion": _conclusion,
    "analysis": _analysis,
    "lessons": lambda writer: _opinions(writer, writer.variety.content.problems, "问题"),
    "advice": lambda writer: _opinions(writer, writer.variety.content.advice, "建议"),
    "others": _others,
}


def wanted(variety):
    """Return what must be read: who, what, money, points, problems, suggestions, sections."""
    content = variety.content
    return {
        "who": (content.year, content.evaluation, content.project, content.unit, content.department),
        "result": (float(content.total), content.grade),
        "money": (float(content.planned), float(content.planned), float(content.executed)),
        "points": {(row[2], float(row[3]), float(row[4])) for row in content.indicators},
        "problems": [row[0] for row in content.problems],
        "advice": [row[0] for row in content.advice],
        "sections": set(variety.order),
    }


def read_back(frames):
    """Return the same of what was read."""
    row = frames.evaluations.iloc[0]
    fund = frames.budgets[frames.budgets["fund"] == "total"].iloc[0]
    columns = ["indicator", "weight", "reported_score"]
    tops = frames.section_map[frames.section_map["subsection"] == ""]
    return {
        "who": tuple(row[name] for name in ("year", "evaluation", "project", "unit", "department")),
        "result": (row["total_reported"], row["grade_reported"]),
        "money": tuple(fund[name] for name in ("annual_budget_wan", "arrived_wan", "executed_wan")),
        "points": set(frames.indicators[columns].itertuples(index=False, name=None)),
        "told": set(frames.indicator_paragraphs[columns].itertuples(index=False, name=None)),
        "problems": list(frames.problems["item_title"]),
        "advice": list(frames.advice["item_title"]),
        "sections": set(tops["section"]),
    }
