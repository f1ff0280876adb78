"""The lists in the README are what the rules, notebooks and Makefile declare; `make golden` rewrites them."""

import os
import re
import sys
from pathlib import Path

import nbformat
import pytest

from jixiao.checks import load_checks
from jixiao.claims import load_claims
from jixiao.framework import load_frameworks, methods
from jixiao.vocabulary import word

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "audit"))

import measure  # noqa: E402

README = ROOT / "README.md"


def table(head, rows):
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def make_methods():
    return table(["方法", "说明"], [(f"`{code}`", method["name"]) for code, method in sorted(methods().items())])


def precision_of(code):
    """What a check did on its labelled cases: recall and precision, with the numbers of cases."""
    row = next(row for row in measure.measure() if row.code == code)
    problems, right = row.found + row.missed, row.false_alarms + row.silent
    return f"{row.recall:.0%}（{problems}）", f"{row.precision:.0%}（{right}）"


HEAD = ["代码", "问题", "严重程度", "依据性质", "查全率（标注矛盾数）", "查准率（标注近似例数）"]


def make_checks():
    rows = []
    for check in load_checks().values():
        mark = word("basis_mark", check.basis_mark) or "随评分标准"
        rows.append((f"`{check.code}`", check.title, word("severity", check.severity), mark, *precision_of(check.code)))
    return table(HEAD, rows)


def make_claims():
    rows = []
    for claim in load_claims().values():
        mark = word("basis_mark", claim.basis_mark)
        rows.append((f"`{claim.code}`", claim.title, word("severity", claim.severity), mark, *precision_of(claim.code)))
    return table(HEAD, rows)


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
    "methods": make_methods,
    "checks": make_checks,
    "claims": make_claims,
    "frameworks": make_frameworks,
    "notebooks": make_notebooks,
    "targets": make_targets,
}


@pytest.mark.parametrize("name", PARTS)
def test_generated_part_is_current(name):
    text = README.read_text(encoding="utf-8")
    pattern = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    current = pattern.sub(lambda found: f"{found[1]}\n{PARTS[name]()}\n\n{found[2]}", text)
    if os.environ.get("JIXIAO_GOLDEN") == "write":
        README.write_text(current, encoding="utf-8")
    assert README.read_text(encoding="utf-8") == current


def test_pictures_and_links_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README.read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target
