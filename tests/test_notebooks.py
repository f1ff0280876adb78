"""The notebooks stay thin, carry their parameters and hold no outputs that nobody checks; they run on real data too."""

import ast
import os
import re
from pathlib import Path

import nbclient
import nbformat
import papermill
import pytest
from conftest import ROOT
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

import jixiao
from jixiao.builds.run import build
from jixiao.publish.reports import run_notebook
from jixiao.show.figures.chosen_rows import MOST

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
IDS = [path.stem for path in NOTEBOOKS]
REAL = {
    "10_source_check": {},
    "20_project_scores": {"year": 2021, "project": "办公大厅运行维护费项目", "evaluation": "finance"},
    "30_findings": {},
    "40_department_report": {"year": 2021, "department": "南昌市政务服务数据管理局"},
    "50_dashboard": {},
    "70_what_if": {},
}
"""Run as the reports are, each in a kernel of its own; below every notebook runs, all in one kernel."""
PUBLISHED = {**REAL, "21_project_in_depth": {"project": "党政信息网络建设"}}
NEXT = "接下来看什么"
WITHOUT_NEXT = {"50_dashboard"}


def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def tags(cell):
    return cell.metadata.get("tags", [])


def run_together(parameters, folder):
    """Run every notebook in one kernel, its names forgotten before the next; return the executed cells of each.

    A kernel for each would take two seconds each; nbval and the reports give every notebook its own.
    """
    cells, places = [nbformat.v4.new_code_cell("")], {}
    for path in NOTEBOOKS:
        own = load_notebook_node(str(path))
        known = papermill.inspect_notebook(str(path))
        given = {name: value for name, value in parameters.get(path.stem, {}).items() if name in known}
        own = parameterize_notebook(own, {**given, "place": str(folder)})
        cells.append(nbformat.v4.new_code_cell("%reset -f"))
        places[path.stem] = slice(len(cells), len(cells) + len(own.cells))
        cells += own.cells
    for number, cell in enumerate(cells):
        cell.id = f"c{number}"
    whole = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(
        whole, timeout=300, allow_errors=True, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    ).execute()
    return {stem: whole.cells[place] for stem, place in places.items()}


def outputs(cells):
    return [output for cell in cells for output in cell.get("outputs", [])]


def drawn(cells):
    found = [output.get("data", {}).get("application/vnd.plotly.v1+json") for output in outputs(cells)]
    return [figure for figure in found if figure]


def check_run(cells):
    wrong = [f"{output.ename}: {output.evalue}" for output in outputs(cells) if output.output_type == "error"]
    assert wrong == []
    assert not any("jixiao-failure" in str(output.get("data", {}).get("text/html")) for output in outputs(cells))
    for figure in drawn(cells):
        layout = figure["layout"]
        notes = [note["text"] for note in layout.get("annotations", []) if note.get("name") == "source"]
        assert not figure["data"] or (len(notes) == 1 and "读取于" in notes[0]), layout["title"]
        if len(layout["yaxis"].get("ticktext", [])) == MOST:
            assert "图中只画前" in notes[0], layout["title"]


@pytest.fixture(scope="module")
def on_published_data(built):
    return run_together(PUBLISHED, built)


@pytest.fixture(scope="module")
def on_a_province(small_province):
    totals = jixiao.evaluate(small_province).totals
    one = totals[totals["year"] == totals["year"].max()].iloc[0]
    chosen = {name: one[name] for name in ("project", "evaluation", "department")} | {"year": int(one["year"])}
    named = {"20_project_scores", "21_project_in_depth", "40_department_report"}
    return run_together(dict.fromkeys(named, chosen), small_province)


@pytest.mark.parametrize("stem", IDS)
def test_every_notebook_runs_on_the_published_data(stem, on_published_data):
    check_run(on_published_data[stem])


@pytest.mark.parametrize("stem", IDS)
def test_every_notebook_runs_on_a_made_up_province(stem, on_a_province):
    check_run(on_a_province[stem])
    notes = [note["text"] for figure in drawn(on_a_province[stem]) for note in figure["layout"].get("annotations", [])]
    assert all("示例数据（虚构）" in text for text in notes if "数据来源" in text)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_a_notebook_asks_one_question_and_ends_in_what_to_look_at_next(path):
    cells = nbformat.read(path, as_version=4).cells
    title, question = cells[0].source.split("\n\n")[:2]
    assert title.startswith("# ") and question
    if path.stem not in WITHOUT_NEXT:
        assert cells[-1].cell_type == "markdown" and cells[-1].source.startswith(f"## {NEXT}\n")
        for name in re.findall(r"`(\d\d_\w+)`", cells[-1].source):
            assert name in {*IDS, "70_what_if"}, name


def test_the_first_notebook_names_all_others():
    cells = nbformat.read(NOTEBOOKS[0], as_version=4).cells
    questions = next(cell.source for cell in cells if cell.source.startswith("## 想知道什么"))
    assert cells.index(next(cell for cell in cells if cell.source == questions)) == 3, "the questions come first"
    listed = set(re.findall(r"\[`(\d\d_\w+)`\]\(\1\.ipynb\)", questions))
    assert NOTEBOOKS[0].stem == "00_start" and set(IDS[1:]) <= listed <= {*IDS, "70_what_if"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_notebook_is_thin(path):
    cells = code_cells(path)
    source = "\n".join(cell.source for cell in cells)
    assert len(source.splitlines()) < 60
    forbidden = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Lambda, ast.ListComp)
    for node in ast.walk(ast.parse(source)):
        assert not isinstance(node, forbidden), ast.dump(node)[:80]
        assert not (isinstance(node, ast.Attribute) and node.attr in {"groupby", "merge", "read_parquet"})
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert "/" not in node.value


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_parameters_are_in_the_second_cell_and_survive_the_inspector(path):
    notebook = nbformat.read(path, as_version=4)
    cell = notebook.cells[1]
    assert notebook.cells[0].cell_type == "markdown" and tags(cell) == ["parameters"]
    names = [line.split(":")[0] for line in cell.source.splitlines() if line.strip()]
    inspected = papermill.inspect_notebook(str(path))
    assert list(inspected) == names
    for name, found in inspected.items():
        assert found["inferred_type_name"] in {"str", "int", "float", "bool", "list"}, name
        assert found["help"], f"{path.stem}：参数 {name} 没有说明"


def keep_checked_outputs(path):
    """Run a notebook on its defaults and keep the outputs of its checked cells alone (``make golden``)."""
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=120, store_widget_state=False, resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            kept = "keep_output" in tags(cell)
            cell.outputs = cell.outputs if kept else []
            cell.execution_count = cell.execution_count if kept else None
    nbformat.write(notebook, path)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_only_checked_cells_keep_their_output(path):
    if os.environ.get("JIXIAO_GOLDEN") == "write":
        keep_checked_outputs(path)
    assert "widgets" not in nbformat.read(path, as_version=4).metadata
    for cell in code_cells(path):
        kept = "keep_output" in tags(cell)
        assert kept == ("nbval-check-output" in tags(cell))
        assert bool(cell.outputs) == kept, cell.source
        assert (cell.execution_count is not None) == kept


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    build("source", folder)
    return folder


@pytest.mark.parametrize("stem", REAL)
def test_notebook_runs_as_a_report_on_the_published_data(stem, built, tmp_path):
    target = tmp_path / f"{stem}.ipynb"
    run_notebook(stem, {"place": str(built), **REAL[stem]}, target)
    done = nbformat.read(target, as_version=4)
    assert done.metadata.papermill.end_time and not done.metadata.papermill.exception
    assert all(output.output_type != "error" for cell in done.cells for output in cell.get("outputs", []))
