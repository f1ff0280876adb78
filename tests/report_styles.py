"""Made-up evaluation reports in other house styles: one content, several ways of numbering, wording and laying out.

Everything is invented. A style says how headings are numbered or set, in which order and words the chapters come, where
the points stand, in which unit money is written. ``write`` makes a .docx or a .txt; ``wanted`` says what must be read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt

DIGITS = "零一二三四五六七八九十"


def chinese(number):
    ten, one = divmod(number, 10)
    return (DIGITS[ten] if ten > 1 else "") + ("十" if ten else "") + (DIGITS[one] if one else "")


@dataclass
class Content:
    """What a made-up report says."""

    year: int
    evaluation: str
    department: str
    unit: str
    project: str
    evaluator: str
    planned: Decimal
    executed: Decimal
    indicators: list
    problems: list
    advice: list
    experiences: list

    @property
    def total(self):
        return sum(Decimal(row[4]) for row in self.indicators)

    @property
    def grade(self):
        return next(name for name, line in (("优", 90), ("良", 80), ("中", 60), ("差", 0)) if self.total >= line)


LAMPS = Content(
    2023,
    "finance",
    "青禾市住房和城乡建设局",
    "青禾市城市照明管理所",
    "青禾市老旧路灯节能改造项目",
    "明澈会计师事务所（普通合伙）",
    Decimal("1860.5"),
    Decimal("1742.36"),
    [
        ("决策", "项目立项", "立项依据充分性", "4", "4", "项目符合该市照明专项规划，与单位职责一致", ""),
        ("决策", "项目立项", "立项程序规范性", "4", "3", "项目按程序报批", "但可行性论证材料未经专家评审"),
        ("决策", "绩效目标", "绩效目标合理性", "4", "4", "目标与改造内容相符", ""),
        ("决策", "绩效目标", "绩效指标明确性", "3", "2", "指标分为产出和效益两类", "但节电率没有设定可衡量的指标值"),
        ("决策", "资金投入", "预算编制科学性", "5", "5", "预算按灯具清单和市场询价编制", ""),
        ("过程", "资金管理", "资金到位率", "5", "5", "预算资金全部到位", ""),
        ("过程", "资金管理", "预算执行率", "5", "4.68", "预算执行率为93.65%", "因尾款尚未支付，执行率未达到100%"),
        ("过程", "组织实施", "管理制度健全性", "5", "4", "单位制定了工程管理办法", "但缺少灯具报废处置的规定"),
        ("过程", "组织实施", "制度执行有效性", "5", "4.5", "合同、验收资料基本齐全", "个别路段隐蔽工程记录缺失"),
        ("产出", "产出数量", "改造路灯数量", "10", "10", "计划改造6200盏，实际改造6200盏", ""),
        ("产出", "产出质量", "灯具验收合格率", "10", "10", "抽查120盏，合格率100%", ""),
        ("产出", "产出时效", "改造完成及时性", "8", "6", "合同工期为2023年9月底", "实际于2023年11月完成，延迟两个月"),
        ("产出", "产出成本", "单盏改造成本", "7", "7", "单盏成本2810元，低于计划的3000元", ""),
        ("效益", "经济效益", "年节约电费", "8", "8", "全年节约电费126万元", ""),
        ("效益", "社会效益", "夜间照明投诉下降率", "7", "6", "投诉件数下降31%", "未达到下降40%的目标"),
        ("效益", "可持续影响", "后续管护机制", "5", "4", "与三家单位签订管护协议", "但管护经费没有纳入预算"),
        ("效益", "满意度", "居民满意度", "5", "5", "居民满意度为94.2%", ""),
    ],
    [
        ("项目前期论证不充分", "可行性论证材料只由单位内部讨论，没有专家评审意见。", "主要是由于立项时间紧。"),
        ("绩效指标不够明确", "节电率没有设定可衡量的指标值，难以判断节能效果。", ""),
        ("工程进度滞后", "改造工程延迟两个月完成，部分路段夜间施工受限。", "原因是供货单位灯杆到货较晚。"),
        ("管护经费没有落实", "后续管护经费没有纳入部门预算，管护协议难以长期执行。", ""),
    ],
    [
        ("完善前期论证程序", "今后同类工程应组织专家评审可行性论证材料，形成书面意见。"),
        ("细化绩效指标", "结合节电监测数据设定节电率的指标值。"),
        ("加强工程进度管理", "在合同中写明供货节点和违约责任，每月通报进度。"),
        ("落实管护经费", "将管护经费纳入年度部门预算，明确责任单位。"),
    ],
    ["推行集中采购降低灯具单价", "建立线上巡检台账"],
)
READING = Content(
    2022,
    "department",
    "云汀县文化和旅游局",
    "云汀县图书馆",
    "云汀县流动图书车服务项目",
    "",
    Decimal("256.8"),
    Decimal("240.12"),
    [
        ("决策", "项目立项", "立项依据充分性", "3", "3", "项目依据全民阅读规划设立", ""),
        ("决策", "项目立项", "立项程序规范性", "3", "3", "审批手续完整", ""),
        ("决策", "绩效目标", "绩效目标合理性", "4", "4", "目标与服务内容一致", ""),
        ("决策", "绩效目标", "绩效指标明确性", "4", "3", "指标基本可衡量", "但进村次数没有分季度的指标值"),
        ("决策", "资金投入", "资金分配合理性", "6", "6", "资金按站点数量分配", ""),
        ("过程", "资金管理", "资金到位率", "5", "5", "资金全部到位", ""),
        ("过程", "资金管理", "资金使用合规性", "8", "8", "抽查凭证没有发现违规支出", ""),
        ("过程", "组织实施", "管理制度健全性", "7", "5", "制定了借阅制度", "但车辆维护制度不健全"),
        ("产出", "产出数量", "流动服务场次", "15", "13", "全年开展流动服务312场", "比计划的360场少48场，未完成目标"),
        ("产出", "产出质量", "图书完好率", "10", "10", "图书完好率为99.1%", ""),
        ("产出", "产出时效", "服务按期开展率", "5", "5", "各站点均按期开展", ""),
        ("效益", "社会效益", "新增持证读者", "15", "15", "新增持证读者5120人", ""),
        ("效益", "可持续影响", "志愿者队伍稳定性", "5", "3", "志愿者共46人", "流失率偏高，稳定性不足"),
        ("效益", "满意度", "读者满意度", "10", "10", "发放问卷400份，读者满意度为96.5%", ""),
    ],
    [
        ("流动服务场次没有完成计划", "全年开展312场，比计划少48场，偏远站点服务次数少。", "主要原因是车辆检修时间长。"),
        ("车辆维护制度不健全", "没有制定车辆维护和保险的制度，检修责任不清。", ""),
        ("志愿者流失", "志愿者流失率偏高，培训记录不全。", "由于缺少激励办法。"),
    ],
    [
        ("增加备用车辆", "通过租赁方式增加一辆备用车，保证偏远站点的服务次数。"),
        ("健全车辆维护制度", "制定车辆维护、保险和检修责任的制度。"),
        ("建立志愿者激励机制", "对服务满一年的志愿者给予表彰，完善培训记录。"),
    ],
    ["与村小学共建借阅点", "每月公布服务日历"],
)
PENSION = Content(
    2021,
    "finance",
    "朗川区民政局",
    "朗川区养老服务指导中心",
    "朗川区居家养老服务补贴项目",
    "恒准管理咨询有限公司",
    Decimal("13200"),
    Decimal("12870"),
    [
        ("决策", "项目立项", "立项依据充分性", "5", "5", "项目依据养老服务条例设立", ""),
        ("决策", "绩效目标", "绩效目标合理性", "5", "4", "目标总体合理", "但没有覆盖失能老人"),
        ("决策", "资金投入", "预算编制科学性", "5", "4", "预算按上年人数编制", "未考虑当年新增人数，测算不充分"),
        ("过程", "资金管理", "预算执行率", "10", "9.75", "预算执行率为97.5%", "年底有330万元没有执行，未达到100%"),
        ("过程", "资金管理", "资金使用合规性", "5", "4", "资金专户管理", "存在向已故人员发放补贴的情况"),
        ("过程", "组织实施", "监督检查有效性", "5", "3", "全年检查两次", "检查记录不全，没有整改台账"),
        ("产出", "产出数量", "补贴发放人数", "15", "15", "实际发放33600人", ""),
        ("产出", "产出质量", "补贴对象准确率", "10", "8", "抽查300人，准确率97.3%", "有8人不符合条件"),
        ("产出", "产出时效", "补贴发放及时率", "5", "4", "按季发放", "第三季度发放延迟"),
        (
            "效益",
            "社会效益",
            "家庭照护负担减轻程度",
            "15",
            "13",
            "问卷显示多数家庭负担减轻",
            "偏远街道效果不明显，存在差距",
        ),
        ("效益", "可持续影响", "服务机构持续运营率", "10", "8", "机构运营率为91%", "未达到95%的目标"),
        ("效益", "满意度", "服务对象满意度", "10", "9", "满意度为88.6%", "低于90%的目标值"),
    ],
    [
        (
            "补贴对象动态管理不到位",
            "抽查发现8人不符合条件，向已故人员发放的补贴没有及时追回。",
            "主要是因为信息比对不及时。",
        ),
        ("预算测算不充分", "预算按上年人数编制，没有考虑新增人数，年底有330万元没有执行。", ""),
        ("监督检查流于形式", "检查记录不全，没有建立整改台账。", ""),
    ],
    [
        ("建立信息比对机制", "按月与公安、人社数据比对，及时停发和追回补贴。"),
        ("提高预算测算准确性", "根据人口数据测算新增人数，合理编制预算。"),
        ("强化监督检查", "制定检查方案，建立整改台账并按季通报。"),
    ],
    ["推行线上申领", "引入第三方服务质量评估"],
)


@dataclass
class Style:
    """How a house writes its reports."""

    name: str
    numbering: str
    """decimal, looks, parts or usual."""
    order: list
    words: dict
    points: str
    """run_in, heading, coded or quoted: how a paragraph names its indicator and points."""
    money: str
    has_table: bool = True
    is_combined: bool = False
    """Problems and suggestions in one chapter."""
    opinion: str = "heading"
    """heading, run_in or counted."""
    title: str = "{year}年{project}绩效评价报告"
    closing: list = field(default_factory=list)


DECIMAL = Style(
    "decimal",
    "decimal",
    ["preface", "basics", "work", "conclusion", "analysis", "lessons", "advice"],
    {
        "preface": "摘要",
        "basics": "项目概况",
        "work": "评价工作组织实施",
        "conclusion": "评价结论",
        "analysis": "绩效分析",
        "lessons": "存在的主要问题",
        "advice": "改进建议",
    },
    "coded",
    "万元",
)
LOOKS = Style(
    "looks",
    "looks",
    ["basics", "work", "analysis", "conclusion", "lessons", "others"],
    {
        "basics": "项目基本情况",
        "work": "绩效评价的组织实施情况",
        "analysis": "指标评分情况",
        "conclusion": "综合评价结果",
        "lessons": "主要经验、存在问题及有关建议",
        "others": "需要说明的其他事项",
    },
    "heading",
    "元",
    has_table=False,
    is_combined=True,
    opinion="run_in",
    title="{project}{year}年度部门评价报告",
)
PARTS = Style(
    "parts",
    "parts",
    ["basics", "conclusion", "work", "analysis", "experience", "lessons", "advice"],
    {
        "basics": "政策概况",
        "conclusion": "综合评价结论",
        "work": "评价思路与过程",
        "analysis": "指标完成情况分析",
        "experience": "主要做法和成效",
        "lessons": "发现的问题及原因",
        "advice": "对策建议",
    },
    "quoted",
    "亿元",
    opinion="counted",
    title="{project}财政绩效评价报告",
)
USUAL = Style(
    "usual",
    "usual",
    ["basics", "work", "conclusion", "analysis", "lessons", "advice", "others"],
    {
        "basics": "基本情况",
        "work": "绩效评价工作开展情况",
        "conclusion": "综合评价情况及评价结论",
        "analysis": "绩效评价指标分析",
        "lessons": "存在的问题及原因分析",
        "advice": "有关建议",
        "others": "其他需要说明的问题",
    },
    "heading",
    "万元",
    title="{project}支出部门评价报告",
)
STYLES = {"usual": (USUAL, READING), "decimal": (DECIMAL, LAMPS), "looks": (LOOKS, READING), "parts": (PARTS, PENSION)}


def money(value, unit):
    factor = {"万元": Decimal(1), "元": Decimal(10000), "亿元": Decimal("0.0001")}[unit]
    text = f"{value * factor:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text}{unit}"


class Writer:
    """Collects paragraphs: (kind, text, level), kind one of title, heading, text, table."""

    def __init__(self, style, content):
        self.style, self.content = style, content
        self.parts = []
        self.counts = [0, 0, 0, 0]

    def heading(self, text, level):
        self.counts[level - 1] += 1
        for deeper in range(level, 4):
            self.counts[deeper] = 0
        number = self.counts[level - 1]
        mark = {
            "decimal": lambda: ".".join(str(count) for count in self.counts[:level]) + " ",
            "looks": lambda: "",
            "parts": lambda: [
                f"第{chinese(number)}部分 ",
                f"{chinese(number)}、",
                f"（{chinese(number)}）",
                f"{number}.",
            ][level - 1],
            "usual": lambda: [f"{chinese(number)}、", f"（{chinese(number)}）", f"{number}.", f"（{number}）"][
                level - 1
            ],
        }[self.style.numbering]()
        self.parts.append(("heading", mark + text, level))

    def text(self, text):
        self.parts.append(("text", text, 0))

    def table(self, rows):
        self.parts.append(("table", rows, 0))


def compose(style, content):
    """Return the paragraphs of a report in one style."""
    writer = Writer(style, content)
    title = style.title.format(year=content.year, project=content.project)
    writer.parts.append(("title", title, 0))
    for chapter in style.order:
        writer.heading(style.words[chapter], 1)
        {
            "preface": _preface,
            "basics": _basics,
            "work": _work,
            "conclusion": _conclusion,
            "analysis": _analysis,
            "experience": _experience,
            "lessons": _lessons,
            "advice": _advice,
            "others": _others,
        }[chapter](writer)
    if content.evaluator:
        writer.parts.append(("sign", content.evaluator, 0))
        writer.parts.append(("sign", f"{content.year + 1}年6月18日", 0))
    if style.has_table:
        writer.parts.append(("caption", "附件：项目支出绩效评分表", 0))
        rows = [["一级指标", "二级指标", "三级指标", "分值", "评分标准", "得分"]]
        rows += [[row[0], row[1], row[2], row[3], "达到要求得满分，否则酌情扣分", row[4]] for row in content.indicators]
        rows.append(["合计", "", "", str(sum(Decimal(row[3]) for row in content.indicators)), "", str(content.total)])
        writer.table(rows)
    return writer.parts


def _preface(writer):
    content = writer.content
    client = "受青禾市财政局委托，" if content.evaluation == "finance" else ""
    writer.text(
        f"{client}{content.evaluator}对{content.project}开展绩效评价。评价组按照规定程序核查资料、走访现场，"
        f"综合得分为{content.total}分，评价等级为“{content.grade}”。"
    )


def _basics(writer):
    content, unit = writer.content, writer.style.money
    writer.heading("立项背景", 2)
    writer.text(
        f"为改善公共服务，{content.unit}根据《公共服务提升行动方案》（青政发〔{content.year - 1}〕12号）提出该项目，"
        f"主管部门：{content.department}。项目由{content.unit}组织实施。"
    )
    writer.heading("资金安排和使用情况", 2)
    writer.text(
        f"{content.year}年项目预算安排资金{money(content.planned, unit)}，资金来源为本级财政拨款，实际到位"
        f"{money(content.planned, unit)}。截至{content.year}年12月31日，项目实际支出{money(content.executed, unit)}。"
    )
    writer.heading("绩效目标", 2)
    writer.text("总体目标是按计划完成各项任务，使服务范围和服务质量明显提高，群众满意度保持在较高水平。")


def _work(writer):
    content = writer.content
    ordered = f"受{content.department[:3]}财政局委托，" if content.evaluation == "finance" else ""
    writer.heading("评价目的和范围", 2)
    writer.text(f"{ordered}评价项目资金的使用效益。评价时段为{content.year}年1月1日至{content.year}年12月31日。")
    writer.heading("评价原则和方法", 2)
    writer.text("坚持客观公正、科学规范的原则，采用比较法、因素分析法和公众评判法，以资料核查和现场核查相结合。")
    writer.heading("评价过程", 2)
    writer.text("评价组聘请5名专家，实地核查12个点位，发放问卷400份，收回有效问卷386份，按要求完成各阶段工作。")


def _conclusion(writer):
    content = writer.content
    writer.text(
        f"经综合评定，{content.project}绩效评价得分为{content.total}分，评价等级为“{content.grade}”。"
        "项目总体执行较好，主要任务基本完成，社会反响良好。"
    )


def _analysis(writer):
    style, content = writer.style, writer.content
    category = subcategory = ""
    for number, (level_one, level_two, name, weight, score, checked, loss) in enumerate(content.indicators, 1):
        if level_one != category:
            points = sum(Decimal(row[3]) for row in content.indicators if row[0] == level_one)
            got = sum(Decimal(row[4]) for row in content.indicators if row[0] == level_one)
            writer.heading(
                f"{level_one}情况分析" if style.points != "heading" else f"项目{level_one}情况（{points}分）", 2
            )
            if style.points != "heading":
                writer.text(f"{level_one}类指标满分{points}分，得分{got}分。")
            category, subcategory = level_one, ""
        if level_two != subcategory and style.points == "heading":
            writer.heading(level_two, 3)
        subcategory = level_two
        reason = f"{loss}。" if loss else ""
        body = f"经核查，{checked}。{reason}"
        if style.points == "heading":
            writer.heading(f"{name}（{weight}分）", 4)
            writer.text(f"{body}根据评分标准，该指标得{score}分。")
        elif style.points == "coded":
            writer.text(f"A{number:02d} {name}（满分{weight}分，得分{score}分）。{body}")
        else:
            lost = Decimal(weight) - Decimal(score)
            taken = f"扣{lost}分，" if lost else ""
            writer.text(f"“{name}”指标，分值{weight}分。{body}{taken}该指标得{score}分。")


def _experience(writer):
    for number, item in enumerate(writer.content.experiences, 1):
        writer.text(f"{DIGITS[number]}是{item}。各单位协同推进，取得较好效果。")


def _opinions(writer, items, level):
    style = writer.style
    for number, (title, text, *cause) in enumerate(items, 1):
        body = text + (cause[0] if cause else "")
        if style.opinion == "heading":
            writer.heading(title, level)
            writer.text(body)
        elif style.opinion == "run_in":
            writer.text(f"{number}.{title}。{body}")
        else:
            writer.text(f"{DIGITS[number]}是{title}。{body}")


def _lessons(writer):
    content, style = writer.content, writer.style
    if style.is_combined:
        writer.heading("主要经验", 2)
        _experience(writer)
        writer.heading("存在的问题", 2)
        _opinions(writer, content.problems, 3)
        writer.heading("有关建议", 2)
        _opinions(writer, content.advice, 3)
    else:
        _opinions(writer, content.problems, 2)


def _advice(writer):
    _opinions(writer, writer.content.advice, 2)


def _others(writer):
    writer.text("本报告所用数据由项目单位提供，评价组没有对其真实性以外的事项承担责任。")


def broken(text, width):
    """Break a paragraph as a page does: at a width of full signs, never before a closing sign."""
    lines, line, reached = [], "", 0.0
    for sign in text:
        wide = 1.0 if ord(sign) > 255 else 0.5
        if reached + wide > width and sign not in "，。；：、！？）”》%":
            lines.append(line)
            line, reached = "", 0.0
        line, reached = line + sign, reached + wide
    return [*lines, line]


def write_text(parts, path, width=0, indent=""):
    """Write the paragraphs as plain text; broken at a width when one is given, their first lines indented."""
    lines = []
    for kind, body, _ in parts:
        if kind == "table":
            lines += ["\t".join(row) for row in body]
        elif width and kind == "text":
            lines += broken(indent + body, width)
        else:
            lines.append(body)
        if not width:
            lines.append("")
    path.write_text("\n".join(lines), encoding="utf-8")


def write_document(parts, path, style):
    """Write the paragraphs as a Word document: headings bold and larger, no style of Word."""
    document = docx.Document()
    sizes = {1: 16, 2: 14, 3: 12, 4: 11}
    for kind, body, level in parts:
        if kind == "table":
            table = document.add_table(len(body), len(body[0]), style="Table Grid")
            for row, cells in enumerate(body):
                for column, text in enumerate(cells):
                    table.cell(row, column).text = text
            continue
        paragraph = document.add_paragraph()
        run = paragraph.add_run(body)
        run.font.size = Pt(10.5)
        if kind == "title":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            run.font.size, run.bold = Pt(22), True
        elif kind == "heading":
            run.bold = True
            run.font.size = Pt(sizes[level] if style.numbering == "looks" else 12)
        elif kind == "sign":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        elif kind == "text":
            paragraph.paragraph_format.first_line_indent = Pt(21)
    document.save(path)


def wanted_sections(style):
    """Return the sections of the outline that a report in this style has."""
    found = ["lessons" if chapter == "experience" else chapter for chapter in style.order]
    if style.is_combined:
        found.append("advice")
    return set(found)
