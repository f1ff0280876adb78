"""Builds the lists of README and docs/reference from what the rules, the notebooks and the Makefile declare."""

import re
import sys
from pathlib import Path

import nbformat

from jixiao.checks import load_checks
from jixiao.checks.texts import load_claims
from jixiao.core.frames import KEYS, SCHEMAS
from jixiao.core.vocabulary import columns, label, word
from jixiao.core.writing import points_text
from jixiao.scoring.frameworks import load_frameworks, methods, rates

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "audit"))

import measure  # noqa: E402


def table(head, rows):
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def make_methods():
    rows = []
    for code, method in sorted(methods().items()):
        sentences = [f"{CASES[case]}：{text}" for case, text in method.explain.items()]
        rows.append((f"`{code}`", method.name, cell("；".join(text.rstrip("。") for text in sentences))))
    return table(["方法", "说明", "计分说明怎么写"], rows)


def cell(text):
    """Write a text into one cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")


def based(text, mark):
    return cell(f"{text}【{word('basis_mark', mark)}】")


def make_rates():
    rows = [(f"`{code}`", rate.name, rate.over, rate.under) for code, rate in rates().items()]
    return table(["比率", "名称", "分子", "分母"], rows)


def make_rules():
    parts = []
    for framework in sorted(load_frameworks(), key=lambda framework: framework.id):
        kinds = "、".join(word("evaluation", kind) for kind in framework.evaluations)
        weights = [f"{group.names[0]} {points_text(group.weight)}" for group in framework.categories if group.weight]
        bands = [f"{band.name} {points_text(band.start)}分起" for band in framework.grades]
        lines = [
            f"### `{framework.id}` {framework.name}",
            "",
            f"用于{kinds}，{framework.effective_from}年度起。"
            f"依据：{based(framework.basis.text, framework.basis.mark)}。",
            f"满分{points_text(framework.full_score)}；一级指标分值：{'、'.join(weights) or '由评价方定'}；"
            f"等级：{'、'.join(bands)}，依据：{based(framework.grades_basis.text, framework.grades_basis.mark)}。",
            "",
        ]
        rows = []
        for number, rule in enumerate(framework.rules, 1):
            when = "；".join(
                f"{label(RULE_KEYS.get(key, key))}：{'、'.join(VALUES.get(name, name) for name in names)}"
                for key, names in rule.match
            )
            rows.append(
                (str(number), cell(when) or "其余", f"`{rule.method}`", based(rule.basis.text, rule.basis.mark))
            )
        parts += [*lines, table(["序", "适用于", "方法", "依据"], rows), ""]
    return "\n".join(parts).strip()


def make_columns():
    parts = []
    for name, schema in SCHEMAS.items():
        key = "、".join(f"`{column}`" for column in KEYS.get(name, ()))
        known = [(column, columns()[column]) for column in schema]
        rows = [(f"`{column}`", one["label"], TYPES[one["type"]], cell(one["meaning"])) for column, one in known]
        head = ["列", "中文", "类型", "含义"]
        parts += [f"### `{name}`", "", *([f"主键：{key}", ""] if key else []), table(head, rows), ""]
    return "\n".join(parts).strip()


CASES = {
    "full": "得满分", "part": "部分得分", "zero": "不得分", "person": "由人认定", "capped": "封顶",
    "refused": "不予采用", "nobody": "无法计分", "undated": "没有日期",
}  # fmt: skip
VALUES = {
    "quantitative": "定量", "qualitative": "定性", "date": "日期", "period": "期间", "several": "多个值",
    "range": "范围", "rate": "比率", "number": "数", "money": "金额", "text": "文字",
}  # fmt: skip
RULE_KEYS = {"relation": "target_relation"}
TYPES = {
    "text": "文字", "integer": "整数", "number": "数", "points": "分", "money": "万元", "rate": "比率（小数）",
    "boolean": "是否", "date": "日期",
}  # fmt: skip


def precision_of(code):
    """What a check did on its labelled cases: recall and precision, with the numbers of cases."""
    row = next(row for row in measure.measure() if row.code == code)
    problems, right = row.found + row.missed, row.false_alarms + row.silent
    return f"{row.recall:.0%}（{problems}）", f"{row.precision:.0%}（{right}）"


HEAD = ["代码", "问题", "严重程度", "依据（性质）", "处理建议", "查全率（标注矛盾数）", "查准率（标注近似例数）"]


def check_row(check):
    basis = based(check.basis, check.basis_mark) if check.basis_mark else "随评分标准"
    severity = word("severity", check.severity)
    return f"`{check.code}`", check.title, severity, basis, cell(check.resolution), *precision_of(check.code)


def make_checks():
    return table(HEAD, [check_row(check) for check in load_checks().values()])


def make_claims():
    return table(HEAD, [check_row(claim) for claim in load_claims().values()])


def make_frameworks():
    rows = [
        (f"`{framework.id}`", framework.name, "、".join(word("evaluation", kind) for kind in framework.evaluations),
         str(framework.effective_from), str(len(framework.rules)))
        for framework in sorted(load_frameworks(), key=lambda framework: framework.id)
    ]  # fmt: skip
    return table(["编号", "名称", "评价类型", "起用年度", "规则数"], rows)


def make_notebooks():
    rows = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        title, _, question = nbformat.read(path, as_version=4).cells[0].source.partition("\n")
        rows.append((f"`{path.stem}`", title.lstrip("# "), question.strip().splitlines()[0]))
    return table(["笔记本", "标题", "回答的问题"], rows)


def make_targets():
    found = re.findall(r"^([a-z]+):.*?## (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    return table(["命令", "作用"], [(f"`make {name}`", text) for name, text in found])


PARTS = {
    "notebooks": ("README.md", make_notebooks),
    "targets": ("README.md", make_targets),
    "frameworks": ("docs/reference/rules.md", make_frameworks),
    "rules": ("docs/reference/rules.md", make_rules),
    "methods": ("docs/reference/rules.md", make_methods),
    "rates": ("docs/reference/rules.md", make_rates),
    "checks": ("docs/reference/checks.md", make_checks),
    "claims": ("docs/reference/checks.md", make_claims),
    "columns": ("docs/reference/columns.md", make_columns),
}
"""Name of a generated part -> the page it stands in, and what builds it."""
