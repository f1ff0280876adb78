"""The notebooks stay thin, carry their parameters and hold no outputs that nobody checks; they run on real data too."""

import ast
import os
from pathlib import Path

import nbclient
import nbformat
import papermill
import pytest

from jixiao.report import run_notebook
from jixiao.store import build

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


def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def tags(cell):
    return cell.metadata.get("tags", [])


def test_every_notebook_is_run_on_real_data():
    assert set(REAL) == set(IDS)


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


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_notebook_runs_on_the_published_data(path, built, tmp_path):
    target = tmp_path / path.name
    run_notebook(path.stem, {"place": str(built), **REAL[path.stem]}, target)
    done = nbformat.read(target, as_version=4)
    assert done.metadata.papermill.end_time and not done.metadata.papermill.exception
    assert all(output.output_type != "error" for cell in done.cells for output in cell.get("outputs", []))
