"""Reports: which there are and where, what is still valid, faults that cost one report, pages that load nothing."""

import io
import json
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from conftest import base_form, evaluate
from report_content import report_content

import jixiao
import jixiao.publish
from jixiao.analysis.summary import choose_evaluation, select_rows
from jixiao.builds.handover import unpack_results
from jixiao.core.errors import RequestError
from jixiao.core.files import safe_name
from jixiao.core.results import Results
from jixiao.core.writing import points_text
from jixiao.publish import reports
from jixiao.publish.reports import Manner, choose_formats, list_reports, report_workers, run_reports
from jixiao.publish.reports import batch as batches
from jixiao.publish.reports import making as makings
from jixiao.publish.reports.formats import FORMATS
from jixiao.publish.reports.keys import content_key
from jixiao.publish.reports.report_workers import ORDINARY
from jixiao.publish.reports.requests import name_apart
from jixiao.publish.reports.shares import Shares

ROOT = Path(__file__).parents[1]
EVIL = "=HYPERLINK(\"x\")<script>alert('1')</script>{name}\n../..'\"\\ \U0001f600"
PAGE = Manner(formats=("ipynb", "html"))


@pytest.fixture(scope="module")
def results():
    return jixiao.evaluate("source")


def test_every_evaluation_and_every_department_gets_a_report(results):
    requests = list_reports(results, place="source")
    kinds = [request.each for request in requests]
    assert kinds.count("evaluation") == len(results.totals) == 6
    assert kinds.count("department") == 5  # none for the one that has published only its final account
    assert len({request.folder.casefold() for request in requests}) == len(requests)
    assert {len(request.folder.split("/")) for request in requests} == {3, 4}


def test_reports_can_be_chosen(results):
    chosen = list_reports(results, place="source", years=[2021], projects=["党政"])
    assert [request.kind for request in chosen] == ["self", "department"]
    chosen = list_reports(results, place="source", kinds=["部门汇总"], departments=["宜春"])
    assert [(request.each, request.year) for request in chosen] == [("department", 2022)]


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"years": [1999]}, "年度“1999”不存在，最接近的：2021、2022"),
        ({"projects": ["党政", "不存在"]}, "项目“不存在”不存在"),
        ({"departments": ["某局"]}, "部门“某局”不存在"),
        ({"kinds": ["口头评价"]}, "类别“口头评价”不存在，最接近的："),
        ({"years": [2022], "projects": ["党政"]}, "没有符合条件"),
    ],
)
def test_what_is_not_there_is_named_before_anything_runs(results, wanted, sentence):
    with pytest.raises(RequestError, match=sentence):
        list_reports(results, place="source", **wanted)


def test_formats_are_checked_before_anything_runs(monkeypatch):
    with pytest.raises(RequestError, match="没有报告格式“pptx”"):
        choose_formats(["html", "pptx"])
    monkeypatch.setattr("jixiao.publish.reports.formats.which", lambda program: None)
    with pytest.raises(RequestError, match="本机没有安装"):
        choose_formats([], is_pdf=True)


def test_a_parameter_that_a_notebook_does_not_have_is_refused(tmp_path, results, monkeypatch):
    with pytest.raises(RequestError, match="没有参数“porject”"):
        reports.run_notebook("20_project_scores", {"place": "sample", "porject": "x"}, tmp_path / "x.ipynb")
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr("jixiao.publish.reports.requests.notebook_text", lambda name: home_notebook("pass"))
    with pytest.raises(RequestError, match="没有参数"):
        list_reports(results, place="source")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("../x", "_x"), ("a/b\\c", "a_b_c"), ("", "_"), ("..", "_"), ("“甲”?<b>", "“甲”_b_"), ("x\x00\ny", "x_y")],
)
def test_names_cannot_leave_their_folder(name, expected):
    assert safe_name(name) == expected


def test_names_are_cut_and_kept_apart():
    names = {
        1: "项" * 300,
        2: "项" * 299 + "目",
        3: "A/b",
        4: "a?b",
        5: "..",
        6: "",
        7: "\U0001f600",
        8: "ａ_ｂ",
        9: "汇总",
    }
    apart = name_apart(names, taken=["汇总"])
    assert len({name.casefold() for name in apart.values()}) == len(names)
    assert all(0 < len(name.encode()) <= 120 and "/" not in name and name != ".." for name in apart.values())
    assert apart[7] == "\U0001f600" and apart[9] != "汇总"
    assert name_apart(dict(reversed(names.items())), taken=["汇总"]) == apart


def test_a_report_is_handed_its_own_rows_and_its_key_follows_them(results):
    requests = {request.title: request for request in list_reports(results, place="source")}
    one = next(request for title, request in requests.items() if "门户网" in title)
    shares = Shares(results)
    taken = unpack_results(shares.pack(shares.rows(one)))
    assert set(taken.scores["project_id"]) == {one.parameters["project"]} and len(taken.totals) == 1
    assert 0 < len(taken.frames.guesses) < len(results.frames.guesses)
    chosen = choose_evaluation(results, one.year, one.parameters["project"], one.kind)
    assert (
        select_rows(taken.findings, chosen)["message"].tolist()
        == select_rows(results.findings, chosen)["message"].tolist()
    )
    changed = results.scores.copy()
    changed.loc[changed["project_id"] == one.parameters["project"], "score_explanation"] += "。"
    other = Shares(replace(results, scores=changed))
    differs = {title for title, request in requests.items() if digest(shares, request) != digest(other, request)}
    # A department that was dissolved says what its successor answers for.
    departments = ("南昌市政务服务数据管理局", "南昌市大数据发展管理局（原）")
    assert differs == {one.title, *(f"2021年度 {name} 绩效评价汇总" for name in departments)}


def digest(shares, request):
    return shares.digest(shares.rows(request))


def test_the_key_follows_everything_but_the_place(results):
    request = list_reports(results, place="source")[0]
    given = {"rows": "r", "notebook": "n", "remark": "", "templates": ""}
    key = content_key(request, **given)
    assert content_key(replace(request, parameters={**request.parameters, "place": "x"}), **given) == key
    others = [content_key(request, **{**given, name: "other"}) for name in given]
    others.append(content_key(replace(request, title="x"), **given))
    assert len({key, *others}) == 6


# One batch with every fault in it.

CELLS = {
    "leaves": "import sys, jixiao, pandas\njixiao.left = sys.left = pandas.left = 1",
    "looks": "import sys, jixiao, pandas\nassert not any(hasattr(one, 'left') for one in (sys, jixiao, pandas))",
    "raises": "1 / 0",
    "dies": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "hangs": "import time\nwhile True:\n    time.sleep(9)",
    "says": "print(project)\nprint(jixiao_value := repr(project))",
    "kills": (
        "import os, pathlib, signal\n"
        "done, server = pathlib.Path('killed'), os.getppid()\n"
        "worker = int(pathlib.Path(f'/proc/{server}/stat').read_text().split()[3])\n"
        "if not done.exists():\n"
        "    done.touch()\n"
        "    os.kill(worker, signal.SIGKILL)\n"
        "    os.kill(os.getpid(), signal.SIGSTOP)"
    ),
}


def home_notebook(code):
    """Return a notebook with one cell after its parameters."""
    parameters = (
        "\n".join(
            f"{name}: {kind} = {value}  # 参数"
            for name, kind, value in [("place", "str", '""'), ("year", "int", 0), ("project", "str", '""')]
        )
        + '\nevaluation: str = ""  # 参数'
    )
    cells = [
        nbformat.v4.new_markdown_cell("# 试验"),
        nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(code),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}))


@pytest.fixture(scope="module")
def evil():
    """Return the results of one evaluation whose project, department and unit have hostile names."""
    form = {**base_form("self"), "project": EVIL, "department": EVIL, "unit": EVIL, "year": 2023}
    form["file"] = "a.xlsx"
    made = evaluate(form)
    return Results(*made, place=Path("none"), as_of=datetime(2026, 11, 21, tzinfo=UTC), remark="示例数据（虚构）")


@pytest.fixture(scope="module")
def faults(evil, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    real = list_reports(evil, place="none")
    one = next(request for request in real if request.each == "evaluation")
    extra = [
        replace(
            one,
            notebook=name,
            title=name,
            folder=f"{name}/a",
            name=name,
            parameters={**one.parameters, "project": EVIL},
        )
        for name in CELLS
    ]
    out = tmp_path_factory.mktemp("reports")
    told = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JIXIAO_HOME", str(home))
        own = batches.notebook_text
        patch.setattr(batches, "notebook_text", lambda name: home_notebook(CELLS[name]) if name in CELLS else own(name))
        outcomes = run_reports(
            [*extra, *real], evil, out, manner=replace(PAGE, time_limit=6, workers=1), tell=told.append
        )
    assert told == outcomes
    return out, {outcome.request.title: outcome for outcome in outcomes}, real


def test_every_fault_costs_one_report_and_says_where(faults):
    out, outcomes, real = faults
    failed = {title: outcome.error for title, outcome in outcomes.items() if outcome.error}
    assert set(failed) == {"raises", "dies", "hangs"}
    assert "“raises”第3个代码单元格出错：ZeroDivisionError" in failed["raises"]
    assert "“dies”的内核在第3个代码单元格意外退出" in failed["dies"]
    assert "“hangs”到第3个代码单元格时超过时限6秒" in failed["hangs"]
    assert len(outcomes) == len(CELLS) + len(real)
    assert not any((out / name).exists() for name in failed) and not (out / makings.MAKING).exists()
    log = (out / batches.LOG).read_text(encoding="utf-8").splitlines()
    assert sum("失败\t" in line and "\traises\t" in line for line in log) == 1
    assert "失败3份" in log[-1] and "Traceback" not in "".join(log)


def test_nothing_of_one_report_is_seen_by_the_next(faults):
    assert faults[1]["leaves"].folder and faults[1]["looks"].folder


def test_a_report_over_which_its_worker_died_is_made_by_another(faults):
    assert report_content(faults[1]["kills"].folder)["record"]["title"] == "kills"


def test_a_parameter_with_quotes_and_line_breaks_arrives_as_it_is(faults):
    (said,) = faults[1]["says"].folder.glob("*.ipynb")
    output = nbformat.read(said, as_version=4).cells[-1].outputs[0].text
    assert output == f"{EVIL}\n{EVIL!r}\n"


def test_hostile_names_are_text_everywhere(faults):
    out, outcomes, real = faults
    for request in real:
        folder = outcomes[request.title].folder
        assert out in folder.parents and folder.name in {"单位自评", "部门汇总"}
        (page,) = folder.glob("*.html")
        html = page.read_text(encoding="utf-8")
        assert "<script>alert" not in html and "&lt;script&gt;alert" in html
        assert "示例数据（虚构）" in html
    index = (out / "index.html").read_text(encoding="utf-8")
    assert "<script>alert" not in index and "\\u003cscript>alert" in index


def test_a_second_run_does_nothing_and_a_change_redoes_its_reports_alone(faults, evil):
    out, outcomes, real = faults
    kept, missing = batches._divide(real, evil, out, PAGE)
    assert len(kept) == len(real) and missing == []
    assert len(batches._divide(real, evil, out, replace(PAGE, is_single=True))[1]) == len(real)
    scores = evil.scores.assign(score_explanation="改")
    assert batches._divide(real, replace(evil, scores=scores), out, PAGE)[0] == []
    page = next(outcomes[real[0].title].folder.glob("*.html"))
    whole = page.read_bytes()
    page.write_bytes(whole[:-1])
    assert [one.keywords or one.args[4] for one in batches._divide(real, evil, out, PAGE)[1]] == [real[0]]
    page.write_bytes(whole)


def test_two_batches_do_not_write_one_folder(faults, evil):
    from filelock import FileLock

    out, _, real = faults
    with FileLock(out / ".lock"), pytest.raises(RequestError, match="另一批报告正在写入"):
        run_reports(real, evil, out, manner=PAGE)


def test_a_full_disk_leaves_the_old_report_and_stops_the_batch(faults, evil, monkeypatch):
    out, outcomes, real = faults
    folder = outcomes[real[0].title].folder
    before = report_content(folder)
    (task,) = (one() for one in batches._divide(real[:1], evil, out, replace(PAGE, is_single=True))[1])
    notebook = nbformat.read(next(folder.glob("*.ipynb")), as_version=4)

    def record(name, parameters, target, **_):
        nbformat.write(notebook, target)
        return notebook

    monkeypatch.setattr(makings, "run_notebook", record)
    monkeypatch.setitem(FORMATS, "html", lambda content, target: Path("/dev/full").write_text("x" * 9999))
    with pytest.raises(makings.DiskFullError, match="磁盘已满"):
        makings.make_report(task)
    assert report_content(folder) == before and not list((out / makings.MAKING).iterdir())
    monkeypatch.setattr(
        batches, "make_here", lambda tasks, workers: ((task, makings.DiskFullError("满")) for task in tasks)
    )
    with pytest.raises(makings.DiskFullError):
        run_reports(real, evil, out, manner=replace(PAGE, is_single=True))
    assert report_content(folder) == before


def test_documents_are_asked_for_by_year_project_and_kind(faults, evil, monkeypatch):
    """The documents have their own tests; here is only what is handed to them."""
    import types

    called = []

    def write(name):
        def writer(results, target, **what):
            called.append((name, len(results.totals), what))
            target.write_bytes(b"x")

        return writer

    names = ("write_report", "write_workbook", "write_department", "write_review")
    told = {name: lambda results, **what: [] for name in ("told_in", "told_in_summary")}
    papers = types.SimpleNamespace(**{name: write(name) for name in names}, **told)
    monkeypatch.setitem(sys.modules, "jixiao.publish.papers", papers)
    monkeypatch.setattr(jixiao.publish, "papers", papers, raising=False)
    out, outcomes, real = faults
    manner = replace(PAGE, formats=("ipynb", "html", "docx", "xlsx", "review"))
    tasks = [one() for one in batches._divide(real, evil, out, manner)[1]]
    notebook = nbformat.read(next(outcomes[real[0].title].folder.glob("*.ipynb")), as_version=4)
    monkeypatch.setattr(
        makings, "run_notebook", lambda name, parameters, target, **_: target.write_text("") or notebook
    )
    for task in tasks:
        assert set(makings.make_report(replace(task, out=str(out / "other")))["files"]) == set(task.formats)
    project = {"year": 2023, "project": real[0].parameters["project"], "evaluation": "self"}
    assert called == [
        ("write_report", 1, project),
        ("write_workbook", 1, project),
        ("write_review", 1, project),
        ("write_department", 1, {"year": 2023, "department": EVIL}),
    ]


@pytest.fixture(scope="module")
def sample():
    return jixiao.evaluate("sample")


def test_ordinary_kernels_make_the_same_report(sample, tmp_path, monkeypatch):
    """The forked kernel sees only the rows of its report, the ordinary one reads the whole place."""
    one = list_reports(sample, place="sample", projects=["校园网络"], kinds=["self"])[:1]
    (forked,) = run_reports(one, sample, tmp_path / "forked", manner=PAGE)
    monkeypatch.setenv(ORDINARY, "1")
    (ordinary,) = run_reports(one, sample, tmp_path / "ordinary", manner=PAGE)
    assert report_content(forked.folder) == report_content(ordinary.folder)


@pytest.fixture(scope="module")
def made(results, tmp_path_factory):
    out = tmp_path_factory.mktemp("made")
    requests = list_reports(results, place="source", projects=["门户网"])
    (outcome,) = run_reports(requests, results, out, manner=replace(PAGE, is_single=True))
    assert not outcome.error
    return outcome.folder


def test_the_page_loads_nothing_and_shows_every_row(made, results):
    (page,) = made.glob("*.html")
    html = page.read_text(encoding="utf-8")
    head, _, body = html.rpartition("</script>\n</head>")
    assert head and "Plotly" in head
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?:https?:)?//""", body)
    assert not re.search(r"""<(?:script|link)[^>]+(?:src|href)=["']""", head.partition("<script>")[0] + body)
    chosen = choose_evaluation(results, 2021, "中国南昌政务门户网运行维护费", "self")
    for row in select_rows(results.scores, chosen).itertuples():
        assert row.indicator in body and row.score_explanation.replace(">", "&gt;").replace("<", "&lt;") in body
        assert f"{row.source_sheet}：分值{row.weight_cell}、得分{row.score_cell}" in body
    assert points_text(chosen["total"]) in body and "Traceback" not in body


def test_the_record_says_what_the_report_is_made_of(made, results):
    (path,) = made.glob("*.ipynb")
    notebook = nbformat.read(path, as_version=4)
    about = notebook.metadata.jixiao
    files = results.frames.ingest.set_index("source_file")["checksum"]
    assert about.sources == {name: files[name] for name in about.sources} and len(about.sources) >= 1
    assert (
        about.versions.jixiao == jixiao.__version__
        and about.key == json.loads((made / "report.json").read_text())["key"]
    )
    kinds = [set(output.data) for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    assert all(not {"text/html", "application/vnd.plotly.v1+json"} <= found for found in kinds)  # nothing twice


def test_a_worker_notices_that_half_a_task_is_the_end():
    whole = io.BytesIO()
    report_workers._send(whole, {"title": "甲"}, b"rows")
    for cut in (1, 3):
        with pytest.raises(EOFError):
            report_workers._receive(io.BytesIO(whole.getvalue()[:-cut]))
    assert report_workers._receive(io.BytesIO(whole.getvalue())) == ({"title": "甲"}, b"rows")


def run_command(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "jixiao", "report", *map(str, arguments)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # in the background it may be ignored
    )  # fmt: skip


def test_an_interrupted_batch_is_resumed_as_it_was_typed(tmp_path):
    arguments = ("--place", "sample", "--all", "--format", "html", "--workers", "1", "--out", tmp_path)
    first = run_command(*arguments)
    while not list(tmp_path.glob("*/*/*/*/report.json")):
        assert first.poll() is None
        time.sleep(0.05)
    first.send_signal(signal.SIGINT)
    said = first.communicate(timeout=60)
    assert first.returncode == 130 and "--resume" in said[1] and "Traceback" not in said[1]
    done = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("report.json")}
    assert done and not (tmp_path / makings.MAKING).exists()
    second = run_command("--resume", "--out", tmp_path)
    said = second.communicate(timeout=120)
    assert second.returncode == 0, said[1]
    assert f"{len(done)} 份仍有效，0 份失败" in said[0].replace("\n", "")
    records = list(tmp_path.rglob("report.json"))
    assert len(records) == len(list_reports(jixiao.evaluate("sample"), place="")) > len(done)
    assert all(path.stat().st_mtime_ns == when for path, when in done.items())
