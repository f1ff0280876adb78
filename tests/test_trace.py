"""Two builds are compared, and every score, amount and finding is traced to where it comes from."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import custody_desk
import pytest
from conftest import PACKAGE
from custody_desk import run, write_form

from jixiao.builds.diff import compare, find_build
from jixiao.builds.manifest import read_manifest, source_hashes
from jixiao.builds.run import build, evaluate
from jixiao.builds.trace import trace
from jixiao.builds.verify import verify
from jixiao.builds.versions import read_built
from jixiao.core.errors import RequestError
from jixiao.core.hashes import rule_hashes

desk = custody_desk.desk
CORRECTION = """corrections:
  - file: 2023/甲项目.xlsx
    sheet: 项目支出绩效自评表
    cell: F8
    printed: 50公里
    corrected: 80公里
    reason: 抄错一位
    evidence: 验收单
    status: applied
"""
SUPPRESSION = """suppressions:
  - code: {code}
    file: 2023/甲项目.xlsx
    reason: 已核对
    who: 绩效科
    expires: 2099-12-31
"""


# diff


def changes(found):
    rows = found.changes.to_dict("records")
    return {(row["what"], row["indicator"]): (row["before"], row["after"], row["causes"]) for row in rows}


def test_a_correction_is_the_cause(desk):
    built = desk / "data" / "built"
    build("source")
    (desk / "data" / "corrections.yaml").write_text(CORRECTION, encoding="utf-8")
    build("source")
    found = compare(find_build("previous", built), find_build("current", built))
    cause = ("correction", "2023/甲项目.xlsx 项目支出绩效自评表!F8")
    assert found.inputs == [cause]
    text = ("text", "完成值 50公里 → 80公里")
    assert changes(found)["score", "通车里程"] == ("45", "72", [cause, text])
    assert changes(found)["total", ""] == ("55", "82", [cause, ("scores", "通车里程")])
    assert changes(found)["grade", ""][:2] == ("poor", "good")
    assert all(causes == [cause] for (what, _), (*_, causes) in changes(found).items() if what == "finding")
    shown = run("diff").stdout
    assert "等级 2023 甲项目 单位自评：差 → 良" in shown and "更正 2023/甲项目.xlsx" in shown
    assert json.loads(run("diff", "--format", "json").stdout)["changes"][0]["before"] == "45"


def test_a_file_that_was_sent_again_a_new_one_and_a_suppression(desk):
    built = desk / "data" / "built"
    build("source")
    write_form(desk, "80公里")
    write_form(desk, "100公里", "乙项目")
    build("source")
    found = compare(find_build("previous", built), find_build("current", built))
    own = ("source", "2023/甲项目.xlsx")
    assert found.count()["score"] == 3
    rows = found.changes[found.changes["project"] == "甲项目"]
    assert rows.iloc[0]["causes"] == [own, ("text", "完成值 50公里 → 80公里")]
    new = found.changes[(found.changes["project"] == "乙项目") & (found.changes["what"] == "score")]
    assert new["before"].tolist() == ["", ""] and new.iloc[0]["causes"] == [("source", "2023/乙项目.xlsx")]
    code = read_built(built).findings["code"].iloc[0]
    (desk / "data" / "suppressions.yaml").write_text(SUPPRESSION.format(code=code), encoding="utf-8")
    build("source")
    found = compare(find_build("previous", built), find_build("current", built))
    assert found.count() == {"score": 0, "total": 0, "grade": 0, "finding": len(found.changes)}
    assert {cause[0][0] for cause in found.changes["causes"]} == {"suppression"}


def test_a_changed_rule_is_the_cause_and_the_rest_cannot_be_told(desk, tmp_path):
    """The second build runs with rules of its own: from 50 on the grade is fair."""
    build("source")
    other = tmp_path / "other"
    shutil.copytree(PACKAGE, other / "jixiao", ignore=shutil.ignore_patterns("__pycache__"))
    rules = other / "jixiao/rules/frameworks/caiyu_2020_10.yaml"
    text = rules.read_text(encoding="utf-8")
    rules.write_text(text.replace("name: 中, from: 60", "name: 中, from: 50"), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(other), "PYTHONSAFEPATH": "1"}
    command = [sys.executable, "-c", "import sys\nfrom jixiao.cli.main import main\nmain()", "build"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=desk)
    assert done.returncode == 0, done.stderr
    built = desk / "data" / "built"
    found = compare(find_build("previous", built), find_build("current", built))
    cause = ("rule", "frameworks/caiyu_2020_10.yaml")
    assert found.inputs == [cause]
    assert changes(found)["grade", ""] == ("poor", "fair", [cause])
    assert found.count()["score"] == found.count()["total"] == 0
    assert [item.kind for item in verify(built) if item.name == cause[1]] == ["rule_changed"]
    chain = trace(evaluate("built"), built, "甲")[0].as_text()
    assert "该规则文件在构建后有改动" in chain


def test_two_inputs_that_changed_at_once_are_not_told_apart(desk, no_checks):
    built = desk / "data" / "built"
    build("source")
    write_form(desk, "60公里")
    (desk / "data" / "corrections.yaml").write_text(CORRECTION.replace("50公里", "60公里"), encoding="utf-8")
    build("source")
    found = compare(find_build("previous", built), find_build("current", built))
    kinds = {kind for kind, _ in changes(found)["score", "通车里程"][2]}
    assert kinds == {"source", "correction", "text"}
    assert "以下之一或几项，清单不能区分：原始文件 2023/甲项目.xlsx、更正" in "\n".join(found.sentences())


def test_equal_builds_and_unknown_versions(desk, no_checks):
    built = desk / "data" / "built"
    build("source")
    same = compare(find_build("current", built), find_build(str(built), built))
    assert same.changes.empty and same.sentences()[-1] == "两次构建的得分、总分、等级和问题完全相同"
    with pytest.raises(RequestError, match="只有一次构建，还没有可比较的上一次"):
        find_build("previous", built)


# trace


def test_a_score_leads_to_its_cell_its_correction_its_rule_and_its_finding(desk):
    (desk / "data" / "corrections.yaml").write_text(CORRECTION, encoding="utf-8")
    run("build")
    (chain,) = json.loads(run("trace", "甲", "通车", "--format", "json").stdout)
    links = {link["step"]: (link["text"], link["place"]) for link in chain["links"]}
    assert chain["value"] == "72"
    assert links["来源文件"][0] == "2023/甲项目.xlsx"
    assert links["文件校验码"][0] == source_hashes(desk / "data/source")["2023/甲项目.xlsx"]
    assert links["完成值"] == ("50公里", "项目支出绩效自评表!F8")
    assert links["更正"][0] == "原表印“50公里”，按登记更正为“80公里”；原因：抄错一位；证据：验收单"
    assert links["读作"][0] == "完成值 已读取 80"
    assert links["规则文件"] == ("frameworks/caiyu_2020_10.yaml", rule_hashes()[links["规则文件"][0]])
    assert links["算式"][0] == "指标值≥100公里，完成值80公里，完成率80.00%；得分＝90×80.00%＝72分。"
    assert "第十六条" in links["依据"][0] and links["依据"][1] == "官方条文"
    assert links["构建版本"][0] == read_manifest(desk / "data/built")["version"]
    assert any(link["step"] == "问题" and "得分与评分标准不符" in link["text"] for link in chain["links"])


def test_totals_amounts_and_findings_have_their_chains(desk):
    build("source")
    results, built = evaluate("built"), desk / "data" / "built"
    (total,) = trace(results, built, "甲项目")
    texts = {link.step: link.text for link in total.links}
    assert total.value == "55 差" and texts["合计"] == "10 + 45 = 55" and texts["原表总分"] == "100"
    (money,) = trace(results, built, "甲项目", "全年执行数")
    assert money.value == "100" and any(link.place.endswith("!F6") for link in money.links)
    code = results.findings["code"].iloc[0]
    for chain in trace(results, built, "甲项目", code):
        steps = [link.step for link in chain.links]
        assert {"来源文件", "核查规则", "规则文件", "依据", "算式"} <= set(steps)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("丙",), "没有项目“丙”，最接近的："),
        (("项目",), "项目“项目”对应多处.*：2023 乙项目 单位自评；2023 甲项目 单位自评"),
        (("甲", "无此项"), "没有指标、金额或问题“无此项”，最接近的："),
        (("甲项目", "程", "--year", "1999"), "没有项目“甲项目”"),
    ],
)
def test_what_does_not_fit_is_answered_with_what_there_is(desk, no_checks, arguments, sentence):
    write_form(desk, "100公里", "乙项目")
    with pytest.raises(RequestError, match=sentence):
        run("trace", *arguments, "--place", "source")
