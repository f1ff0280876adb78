"""Made-up evaluation reports of houses nobody has seen: numbering, wording, points and lists, each drawn by itself.

``draw`` gives the traits of a seed, ``compose`` the paragraphs, ``write`` a .txt or .docx, ``wanted`` what must be
read. The traits are words and shapes, each chosen by itself: a reader that knows a few idioms meets new mixtures here.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt
from report_styles import LAMPS, PENSION, READING, broken, chinese, money

NUMBERINGS = {
    "usual": ["{c}、", "（{c}）", "{n}.", "（{n}）"],
    "stop": ["{c}．", "（{c}）", "{n}、", "{n}）"],
    "decimal": ["{n} ", "{d} ", "{d} ", "{d} "],
    "parts": ["第{c}部分 ", "{c}、", "（{c}）", "{n}."],
    "chapters": ["第{c}章 ", "第{c}节 ", "{c}、", "（{c}）"],
    "formal": ["{f}、", "{c}、", "（{c}）", "{n}."],
    "roman": ["{r}. ", "{n}. ", "（{n}）", "{n}）"],
    "letters": ["{l}、", "{n}、", "（{n}）", "{n}）"],
    "chapters_counted": ["第{n}章　", "第{n}节　", "{n}、", "（{n}）"],
    "formal_stems": ["{f}、", "（{l}）", "{n}.", "（{n}）"],
    "framed": ["【", "（{c}）", "{n}.", "（{n}）"],
    "bold": ["", "", "", ""],
    "bold_below": ["{c}、", "", "", ""],
}
HEADS = {
    "basics": [
        "项目简介",
        "被评价项目概况",
        "项目的由来与内容",
        "项目背景及实施内容",
        "项目基本信息",
        "政策背景与资金概况",
        "项目是什么",
        "评价对象",
    ],
    "work": [
        "评价组织与实施",
        "评价是怎样开展的",
        "本次评价的组织",
        "评价工作回顾",
        "评价路径与方法",
        "评价实施说明",
        "工作开展概述",
        "评价思路和步骤",
    ],
    "conclusion": [
        "总体判断",
        "评价得分与等级",
        "综合评定意见",
        "评价总体意见",
        "绩效等级评定",
        "评价结果概述",
        "得分与结论",
        "综合评判",
    ],
    "analysis": [
        "逐项评分说明",
        "各项指标打分依据",
        "得分构成与说明",
        "扣分情况说明",
        "指标评分详述",
        "评分依据",
        "绩效指标逐条评述",
        "指标实现程度分析",
        "打分说明",
    ],
    "lessons": [
        "短板弱项",
        "需要关注的问题",
        "评价中发现的薄弱环节",
        "主要不足及成因",
        "制约因素",
        "问题清单",
        "存在的差距",
        "尚需解决的困难",
    ],
    "advice": [
        "改进方向",
        "整改提升建议",
        "优化举措",
        "下阶段工作要求",
        "对策",
        "几点建议",
        "今后的工作打算",
        "改进路径",
    ],
    "others": ["补充说明", "其他事项", "有关说明", "需要说明的情况"],
}
ORDERS = [
    ["basics", "work", "conclusion", "analysis", "lessons", "advice", "others"],
    ["basics", "work", "analysis", "conclusion", "lessons", "advice"],
    ["conclusion", "basics", "work", "analysis", "lessons", "advice"],
    ["basics", "conclusion", "analysis", "lessons", "advice", "work"],
]
# One paragraph each: {i} its mark, {n} name, {w} points, {s} points given, {d} taken off, {t} told, {r} rate.
POINTS = {
    "told": "{i}{n}。{t}。分值{w}分，得{s}分。",
    "value_comma": "{i}{n}，分值{w}分，{t}，得{s}分。",
    "full_last": "{i}{n}：{t}，得{s}分（满分{w}分）。",
    "slash": "{i}{n}（{s}/{w}）：{t}。",
    "slash_turned": "{i}{n}（{w}/{s}）：{t}。",
    "slash_labelled": "{i}{n}，得分/满分 {s}/{w}。{t}。",
    "weight_percent": "{i}{n}：权重{w}%，得{s}分。{t}。",
    "rate": "{i}{n}：满分{w}分，评价得分{s}分，得分率{r}%。{t}。",
    "minus": "{i}{n}（{w}分）：{t}，{minus}。",
    "give": "{i}{n}（{w}分）。{t}，给予{s}分。",
    "should": "{i}{n}：应得{w}分，实得{s}分。{t}。",
    "set_at": "{i}{n}指标赋值{w}分，{t}，经评议评定{s}分。",
    "in_way": "{i}在{n}方面，{t}，该项满分为{w}分，最终计{s}分。",
    "quoted": "{i}“{n}”指标权重为{w}，{t}，评分为{s}。",
    "framed": "{i}【{n}｜{w}分｜得{s}分】{t}。",
    "dash": "{i}{n}——{w}分，得{s}分。{t}。",
    "plain": "{i}{n}{w}分，得{s}分。{t}。",
    "loss": "{i}{n}：标准分{w}分，扣减{d}分，评价得分{s}分。{t}。",
    "behind": "{i}{t}，因此{n}（{w}分）得{s}分。",
    "lose": "{i}{n}（标准分{w}）：{t}，失分{d}分。",
    "full_or": "{i}{n}：{t}。本指标{w}分，{full}。",
    "semi": "{n}{w}分，得{s}分，{t}；",
    "unheard": "{i}{n}。{t}。本指标设定{w}分，核定{s}分。",
    "merit": "{i}{n}：权重分{w}分，业绩分{s}分。{t}。",
    "self_slash": "{i}{n}（自评{s}分／满分{w}分）：{t}。",
    "assigned": "{i}{n}：{t}。赋分{w}分，自评计{s}分。",
    "total_of": "{i}{n}得分{s}分，占该指标分值{w}分的{r}%。{t}。",
}
# Several lines each.
LINES = {
    "labels": ["{i}{n}", "分值：{w}分", "得分：{s}分", "评价说明：{t}。"],
    "one_label": ["{i}{n}", "满分/得分：{w}/{s}", "{t}。"],
    "below": ["{i}{n}", "{t}。该指标满分{w}分，评价组评定得分{s}分。"],
    "headed": ["{i}{n}（{w}分，得{s}分）", "{t}。"],
    "headed_score": ["{i}{n}（得{s}分）", "该指标分值为{w}分。{t}。"],
    "headed_minus": ["{i}{n}（{w}分）", "{t}。{minus}。"],
    "basis": [
        "{i}{n}（{w}分）",
        "指标说明：考察{n}的有关情况。",
        "评分标准：达到要求得{w}分，每有一处不符扣0.5分，扣完为止。",
        "评分结果：{t}，得{s}分。",
    ],
}
LEVELS = ["heading", "heading_points", "heading_both", "sentence", "none"]
TABLES = ["none", "end", "front", "conclusion", "levels"]
POINT_HEADS = [
    ("分值", "得分"),
    ("设定分", "核定分"),
    ("标准分值", "评价得分"),
    ("权重分", "业绩分"),
    ("应得分", "实得分"),
]
OPINIONS = [
    "heading",
    "run_in",
    "bold",
    "inline",
    "semi",
    "labelled",
    "weakness",
    "first",
    "dash",
    "half",
    "table",
    "cause_line",
    "aspect",
    "plain",
    "sign",
    "sign_dash",
    "in_turn",
    "finding",
    "framed",
    "addressed",
]
SIGNS = "▲◇■★※◎»"
ADDRESSEES = ["对市财政局的建议", "对主管部门的建议"]


@dataclass(frozen=True)
class House:
    """The traits of one report."""

    seed: int
    numbering: str
    points: str
    level: str
    table: str
    opinion: str
    order: tuple
    heads: dict
    unit: str
    is_answered: bool
    """Whether each problem is followed by its suggestion in one chapter."""
    content: object
    point_heads: tuple = POINT_HEADS[0]


def draw(seed):
    """Return the traits that a seed gives."""
    rng = random.Random(seed)
    return House(
        seed,
        rng.choice(list(NUMBERINGS)),
        rng.choice([*POINTS, *LINES]),
        rng.choice(LEVELS),
        rng.choice(TABLES),
        rng.choice(OPINIONS),
        tuple(rng.choice(ORDERS)),
        {name: rng.choice(words) for name, words in HEADS.items()},
        rng.choice(["万元", "元", "亿元"]),
        rng.random() < 0.15,
        rng.choice([LAMPS, READING, PENSION]),
        rng.choice(POINT_HEADS),
    )


class _Writer:
    def __init__(self, house):
        self.house, self.parts, self.counts = house, [], [0, 0, 0, 0]

    def mark(self, level):
        self.counts[level - 1] += 1
        self.counts[level:] = [0] * (4 - level)
        count = self.counts[level - 1]
        return NUMBERINGS[self.house.numbering][level - 1].format(
            c=chinese(count),
            n=count,
            d=".".join(str(one or 1) for one in self.counts[:level]),
            f="零壹贰叁肆伍陆柒捌玖拾"[count % 11],
            r=["0", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"][count % 10],
            l="零甲乙丙丁戊己庚辛壬癸"[count % 11],
        )

    def add(self, kind, body, level=0):
        self.parts.append((kind, body, level))

    def heading(self, text, level):
        mark = self.mark(level)
        self.add("heading", mark + text + ("】" if mark == "【" else ""), level)


def compose(house):
    """Return the paragraphs of one report: kind, text, level."""
    writer, content = _Writer(house), house.content
    kind = {"finance": "财政重点绩效评价", "department": "部门绩效评价"}[content.evaluation]
    writer.add("title", f"{content.year}年度{content.project}{kind}报告")
    if house.table == "front":
        writer.add("caption", "表1 项目支出绩效评分表")
        _table(writer)
    for chapter in house.order:
        if house.is_answered and chapter == "advice":
            continue
        head = house.heads[chapter]
        writer.heading(head + "与建议" if house.is_answered and chapter == "lessons" else head, 1)
        _CHAPTERS[chapter](writer)
    if house.table == "end":
        writer.add("caption", "附件：项目支出绩效评分表")
        _table(writer)
    return writer.parts


def _table(writer):
    content, (full, given) = writer.house.content, writer.house.point_heads
    rows = [["一级指标", "二级指标", "三级指标", full, "评分标准", given]]
    rows += [[row[0], row[1], row[2], row[3], "酌情评分", row[4]] for row in content.indicators]
    rows += [["合计", "", "", "100", "", str(content.total)]]
    if writer.house.seed % 3 == 0:  # beside the points the rate of them
        rates = ["得分率", *(f"{Decimal(row[5]) / Decimal(row[3]) * 100:.2f}%" for row in rows[1:])]
        rows = [[*row, rate] for row, rate in zip(rows, rates, strict=True)]
    if given == "部门评价得分":  # beside them what the unit gave itself, all of it
        rows = [[*row[:5], "自评得分" if row is rows[0] else row[3], *row[5:]] for row in rows]
    writer.add("table", rows)


def _basics(writer):
    content, house = writer.house.content, writer.house
    writer.heading("立项背景", 2)
    writer.add(
        "text",
        f"该项目根据《公共服务提升行动方案》（青政发〔{content.year - 1}〕12号）设立，主管部门为{content.department}，"
        f"由{content.unit}负责组织实施。",
    )
    writer.heading("资金投入和使用情况", 2)
    planned, executed = money(content.planned, house.unit), money(content.executed, house.unit)
    writer.add("text", f"{content.year}年项目预算安排资金{planned}，实际到位{planned}，截至年底实际支出{executed}。")
    writer.heading("绩效目标", 2)
    writer.add("text", "总体目标是按计划完成各项任务，使服务范围和服务质量明显提高，群众满意度保持在较高水平。")


def _work(writer):
    content = writer.house.content
    ordered = f"受{content.department[:3]}财政局委托，" if content.evaluation == "finance" else ""
    writer.heading("评价目的和范围", 2)
    writer.add("text", f"{ordered}评价资金的使用效益，评价时段为{content.year}年1月1日至{content.year}年12月31日。")
    writer.heading("评价方法和过程", 2)
    writer.add("text", "采用比较法和公众评判法，聘请5名专家，实地核查12个点位，发放问卷400份，收回有效问卷386份。")


def _conclusion(writer):
    content = writer.house.content
    writer.add(
        "text",
        f"经综合评定，{content.project}绩效评价得分为{content.total}分，评价等级为“{content.grade}”。"
        "项目总体执行较好，主要任务基本完成，社会反响良好。",
    )
    if writer.house.table == "conclusion":
        writer.add("caption", "表1 项目支出绩效评分表")
        _table(writer)

    if writer.house.table == "levels":
        writer.add("caption", "表1 评分汇总表")
        levels = list(dict.fromkeys(row[0] for row in content.indicators))
        rows = [
            [f"{letter} {level}", plain(_sum(content, level, 3)), plain(_sum(content, level, 4))]
            for letter, level in zip("ABCDE", levels, strict=False)
        ]
        writer.add("table", [["指标", "权重", "得分"], *rows, ["合计", "100", str(content.total)]])


def _sum(content, level, column):
    return sum(Decimal(row[column]) for row in content.indicators if row[0] == level)


def plain(value):
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _values(row, mark):
    _, _, name, weight, score, checked, loss = row
    lost = Decimal(weight) - Decimal(score)
    return {
        "i": mark,
        "n": name,
        "w": weight,
        "s": score,
        "d": plain(lost),
        "t": checked + (f"，{loss}" if loss else ""),
        "r": plain(round(Decimal(score) / Decimal(weight) * 100, 2)),
        "minus": f"扣{plain(lost)}分" if lost else "不扣分",
        "full": f"扣除{plain(lost)}分" if lost else "得满分",
    }


def _analysis(writer):
    house, content = writer.house, writer.house.content
    before, number, row_of = "", 0, []
    for row in content.indicators:
        if row[0] != before:
            _flush(writer, row_of)
            full, got = _sum(content, row[0], 3), _sum(content, row[0], 4)
            head = {
                "heading": f"{row[0]}情况",
                "heading_points": f"{row[0]}指标（{plain(full)}分）",
                "heading_both": f"{row[0]}类指标（分值{plain(full)}分，得分{plain(got)}分）",
                "sentence": f"{row[0]}情况",
                "none": f"关于项目{row[0]}",
            }[house.level]
            writer.heading(head, 2)
            if house.level == "sentence":
                writer.add("text", f"{row[0]}类共设{plain(full)}分，评价得分{plain(got)}分，具体如下：")
            before, number = row[0], 0
        number += 1
        if house.points == "semi":
            row_of.append(POINTS["semi"].format(**_values(row, "")))
        elif house.points in POINTS:
            mark = ["", f"（{number}）", f"{number}.", f"{number}）"][house.seed % 4]
            writer.add("text", POINTS[house.points].format(**_values(row, mark)))
        else:
            head, *rest = LINES[house.points]
            writer.add("heading", head.format(**_values(row, writer.mark(3))), 3)
            for line in rest:
                writer.add("text", line.format(**_values(row, "")))
    _flush(writer, row_of)


def _flush(writer, told):
    if told:
        writer.add("text", "".join(told)[:-1] + "。")
        told.clear()


def _opinions(writer, items, word, answers=()):
    how = writer.house.opinion
    if how in {"inline", "semi"} and not answers:
        end = "；" if how == "semi" else ""
        told = [f"{chinese(n)}是{title}。{text}{''.join(more)}" for n, (title, text, *more) in enumerate(items, 1)]
        told = [one[:-1] + end if end and n < len(told) else one for n, one in enumerate(told, 1)]
        if how == "semi":
            told = [one.replace("。", "，", one.count("。") - 1) for one in told]
        writer.add("text", f"主要{word}如下：" + "".join(told))
        return
    if how == "table" and not answers:
        head = ["序号", "问题", "具体表现", "原因"] if word == "问题" else ["序号", "建议", "具体措施"]
        rows = [[str(n), title, text, *more][: len(head)] for n, (title, text, *more) in enumerate(items, 1)]
        writer.add("table", [head, *rows])
        return
    if how == "addressed" and word == "建议" and not answers:
        _addressed(writer, items)
        return
    sign = SIGNS[writer.house.seed % len(SIGNS)]
    for number, (title, text, *more) in enumerate(items, 1):
        cause = "".join(more)
        body = text + cause
        if how in {"heading", "aspect", "cause_line"}:
            writer.heading(title, 2)
            writer.add("text", text if how == "cause_line" else body)
            if how == "cause_line" and cause:
                writer.add("text", f"原因分析：{cause}")
        elif how == "labelled":
            writer.add("text", f"{word}{number}：{title}。{body}")
        elif how == "weakness":
            label = "短板" if word == "问题" else "对策"
            writer.add("text", f"{label}{chinese(number)}：{title}。{body}")
        elif how == "bold":
            writer.add("bold", f"{title}。|{body}")
        elif how == "first":
            writer.add("text", f"{['首先', '其次', '再次', '最后'][number - 1]}，{title}。{body}")
        elif how == "dash":
            writer.add("text", f"——{title}。{body}")
        elif how == "half":
            writer.add("text", f"{number}）{title}：{body}")
        elif how == "sign":
            writer.add("text", f"{sign}{title}。{body}")
        elif how == "sign_dash":
            writer.add("text", f"{sign}{title}——{body}")
        elif how == "in_turn":
            writer.add("text", f"其{chinese(number)}，{title}。{body}")
        elif how == "framed":
            writer.add("text", f"【{title}】{body}")
        elif how == "finding" and word == "问题":
            writer.add("heading", f"发现{number}　{title}", 3)
            writer.add("text", f"事实：{text}")
            if cause:
                writer.add("text", f"原因：{cause}")
        elif how == "plain":
            writer.add("text", f"{title}。{body}")
        else:
            writer.add("text", f"{number}.{title}。{body}")
        if answers:
            answer, told = answers[number - 1]
            writer.add("text", f"建议：{answer}。{told}")


def _addressed(writer, items):
    """Write suggestions below those they are made to, counted anew below each."""
    half = (len(items) + 1) // 2
    for head, part in zip(ADDRESSEES, (items[:half], items[half:]), strict=True):
        if part:
            writer.heading(head, 2)
        for number, (title, text, *_) in enumerate(part):
            writer.add("text", f"{'①②③④⑤⑥'[number]}{title}。{text}")


def _lessons(writer):
    house, content = writer.house, writer.house.content
    _opinions(writer, content.problems, "问题", content.advice if house.is_answered else ())


_CHAPTERS = {
    "basics": _basics,
    "work": _work,
    "conclusion": _conclusion,
    "analysis": _analysis,
    "lessons": _lessons,
    "advice": lambda writer: _opinions(writer, writer.house.content.advice, "建议"),
    "others": lambda writer: writer.add("text", "本报告所用数据由项目单位提供，评价组没有对其以外的事项承担责任。"),
}


def write(house, folder):
    """Write the report of a house: two of three as text, one as Word with bold headings; return the file."""
    parts, way = compose(house), house.seed % 3
    is_looks = house.numbering.startswith("bold")
    path = folder / f"{house.seed}.{'docx' if way == 2 or is_looks else 'txt'}"
    if path.suffix == ".txt":
        lines = []
        for kind, body, _ in parts:
            if kind == "table":
                lines += ["\t".join(row) for row in body]
                continue
            text = body.replace("|", "")
            lines += broken("　　" + text, 32) if way == 1 and kind not in {"title", "heading"} else [text]
            lines += [""] if way == 0 else []
        path.write_text("\n".join(lines), encoding="utf-8")
        return path
    document = docx.Document()
    for kind, body, level in parts:
        if kind == "table":
            table = document.add_table(len(body), len(body[0]), style="Table Grid")
            for row, cells in enumerate(body):
                for column, text in enumerate(cells):
                    table.cell(row, column).text = text
            continue
        paragraph = document.add_paragraph()
        for at, piece in enumerate(body.split("|") if kind == "bold" else [body]):
            run = paragraph.add_run(piece)
            run.font.size = Pt(10.5)
            run.bold = (kind == "bold" and at == 0) or kind in {"heading", "title"}
            if kind == "title":
                run.font.size = Pt(22)
            elif kind == "heading" and is_looks:
                run.font.size = Pt({1: 16, 2: 14, 3: 12}[level])
        if kind == "title":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.save(path)
    return path


def wanted(house):
    """Return what must be read: points, problems, suggestions, sections."""
    content = house.content
    return {
        "points": {row[2]: (float(row[3]), float(row[4])) for row in content.indicators},
        "problems": [row[0] for row in content.problems],
        "advice": [row[0] for row in content.advice],
        "sections": set(house.order) - ({"advice"} if house.is_answered else set()),
        "total": float(content.total),
    }


def read_back(frames):
    """Return the same of what was read."""
    tops = frames.section_map[frames.section_map["subsection"] == ""]
    pairs = {}
    for name in ("indicators", "indicator_paragraphs"):
        frame = getattr(frames, name)
        pairs[name] = {row.indicator: (row.weight, row.reported_score) for row in frame.itertuples() if row.indicator}
    return {
        **pairs,
        "problems": [row.item_title or row.text for row in frames.problems.itertuples()],
        "advice": [row.item_title or row.text for row in frames.advice.itertuples()],
        "sections": set(tops["section"]),
        "total": frames.evaluations["total_reported"].iloc[0] if len(frames.evaluations) else None,
    }
