"""Reports: names, parameters, failures, and pages that load nothing and show what the frames hold."""

import json
import re

import pytest

import jixiao
from jixiao import report
from jixiao.errors import RequestError
from jixiao.report import ReportRequest, list_reports, run_reports, safe_name
from jixiao.scoring import points_text
from jixiao.summary import choose_evaluation, select_rows


@pytest.fixture(scope="module")
def results():
    return jixiao.evaluate("source")


def test_every_evaluation_and_every_department_gets_a_report(results):
    requests = list_reports(results, place="source")
    kinds = [request.each for request in requests]
    assert kinds.count("evaluation") == len(results.totals) == 6
    assert kinds.count("department") == 6  # one of them has published only its final account
    assert len({(request.year, request.name) for request in requests}) == len(requests)


def test_reports_can_be_chosen_and_nothing_chosen_is_an_error(results):
    chosen = list_reports(results, place="source", years=[2021], projects=["党政"])
    assert [request.parameters["evaluation"] for request in chosen] == ["self", "department"]
    with pytest.raises(RequestError, match="没有符合条件"):
        list_reports(results, place="source", years=[1999])


@pytest.mark.parametrize(
    ("name", "expected"),
    [("../x", "_x"), ("a/b\\c", "a_b_c"), ("", "_"), ("..", "_"), ("“甲”?<b>", "“甲”_b_"), ("x\x00\ny", "x_y")],
)
def test_names_cannot_leave_their_folder(name, expected):
    assert safe_name(name) == expected


def test_long_names_are_cut():
    assert len(safe_name("项" * 300).encode()) <= 180


def test_unknown_parameter_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(RequestError, match="没有参数“porject”"):
        report.run_notebook("20_project_scores", {"place": "sample", "porject": "x"}, tmp_path / "x.ipynb")
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def made(results, tmp_path_factory):
    out = tmp_path_factory.mktemp("reports")
    good = list_reports(results, place="source", projects=["门户网"])
    bad = ReportRequest(
        "20_project_scores", "evaluation", 2021, "没有这个项目", "坏", {"place": "source", "project": "不存在"}
    )
    told = []
    outcomes = run_reports([bad, *good], out, as_of="2026-11-21", tell=told.append)
    assert told == outcomes
    return out, outcomes


def test_a_failed_report_is_listed_and_the_others_finish(made):
    out, outcomes = made
    assert [outcome.page is None for outcome in outcomes] == [True, False]
    assert "有0份" in outcomes[0].error and "不存在" in outcomes[0].error
    assert "Traceback" not in outcomes[0].error
    index = (out / "index.html").read_text(encoding="utf-8")
    assert "生成失败" in index and outcomes[1].page.name in index
    assert len(json.loads((out / "index.json").read_text(encoding="utf-8"))) == 2
    assert not list(out.rglob(".*"))


def test_the_page_loads_nothing_and_shows_every_row(made, results):
    _, outcomes = made
    html = outcomes[1].page.read_text(encoding="utf-8")
    head, _, body = html.rpartition("</script>\n</head>")
    assert head and "Plotly" in head
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?:https?:)?//""", body)
    assert not re.search(r"""<(?:script|link)[^>]+(?:src|href)=["']""", head.partition("<script>")[0] + body)
    chosen = choose_evaluation(results, 2021, "中国南昌政务门户网运行维护费", "self")
    for row in select_rows(results.scores, chosen).itertuples():
        assert row.indicator in body and row.score_explanation.replace(">", "&gt;").replace("<", "&lt;") in body
        assert f"{row.source_sheet}：分值{row.weight_cell}、得分{row.score_cell}" in body
    assert points_text(chosen["total"]) in body and "Traceback" not in body


def test_hostile_names_show_as_text(made):
    import pandas as pd

    from jixiao.figures import plot_execution_rates
    from jixiao.tables import Table

    evil = "<script>alert(1)</script>"
    assert "<script>" not in Table(pd.DataFrame({"项目": [evil]}, dtype="str"))._repr_html_()
    frame = pd.DataFrame(
        {"project": [evil], "year": [2021], "execution_rate": [0.5], "executed_wan": [1.0], "annual_budget_wan": [2.0]}
    )
    html = plot_execution_rates(frame).to_html()
    assert "<script>alert" not in html and html.count("</script>") == 1
