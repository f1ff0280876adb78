"""Modules import downwards only, and nothing heavy before it is used."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from conftest import PACKAGE, ROOT

LINT = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
NOTEBOOK_LIBRARIES = {"papermill", "nbclient", "nbconvert", "nbformat", "ipykernel", "ipywidgets", "anywidget", "voila"}
DATA_READERS = {
    "python_calamine",
    "openpyxl",
    "docx",
    "zipfile",
    "pyarrow",
    "xlrd",
    "csv",
    "duckdb",
    "sqlite3",
    "lxml",
    "defusedxml",
    "pdfplumber",
    "pdfminer",
}
DATA_CALLS = {
    "read_excel",
    "read_csv",
    "read_parquet",
    "read_table",
    "read_json",
    "read_feather",
    "read_sql",
    "ExcelFile",
    "load_workbook",
}
FILE_CALLS = {"read_text", "read_bytes", "open"}
ABLE_TO_OPEN = {
    "builds",
    "core",
    "publish.boards",
    "publish.findings",
    "publish.papers",
    "publish.reports",
    "publish.server",
    "publish.viewer",
    "reading.files",
    "reading.forms",
    "show.markup",
    "show.pictures",
    "whatif",
}
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
WIDE = {"reading", "show", "publish"}
"""Rooms made of rooms: each of theirs is judged by itself."""


def module_of(path):
    """Return the room a file belongs to: ``core``, ``reading.files``, ``publish.viewer``, or ``__init__``."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:2]) if parts[0] in WIDE else parts[0]


@cache
def imports_of(path):
    """Return every dotted name a file imports, at any level, with its line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno}: relative import"
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "import_module":
            argument = node.args[0]
            if isinstance(argument, ast.Constant):
                found.append((argument.value, node.lineno))
    return found


@cache
def calls_of(path):
    """Return the last name of every call, with its line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        (getattr(node.func, "attr", getattr(node.func, "id", "")), node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    ]


def test_rooms_import_downwards_and_never_in_a_circle():
    """The contracts stand in pyproject.toml; ``lint-imports`` names the line that breaks one."""
    done = subprocess.run([LINT, "pyproject.toml"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout


def test_every_room_is_in_the_contract():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in declared if contract["type"] == "layers")
    listed = {name.strip().removeprefix("jixiao.") for line in layers for name in line.split("|")}
    assert {path.relative_to(PACKAGE).parts[0] for path in MODULES if path.parent != PACKAGE} == listed


def test_the_house_is_small_enough_to_hold_in_the_head():
    entries = {path.relative_to(PACKAGE).parts[0] for path in PACKAGE.rglob("*.*") if "__pycache__" not in path.parts}
    assert len(entries) <= 15, sorted(entries)
    names = Counter(path.stem for path in MODULES if path.stem != "__init__")
    assert [name for name, count in names.items() if count > 1] == []


def test_the_public_package_is_only_used_from_above_the_core():
    """A module that says ``import jixiao`` could reach everything; it may do so for the version and the place alone."""
    users = {module_of(path).split(".")[0] for path in MODULES for name, _ in imports_of(path) if name == "jixiao"}
    assert users <= {"builds", "core", "publish", "whatif", "cli"}


def libraries_of(path):
    return {(name.split(".")[0], line) for name, line in imports_of(path)}


def users_of(libraries):
    return {module_of(path) for path in MODULES for name, _ in libraries_of(path) if name in libraries}


def test_only_the_theme_of_figures_imports_a_plotting_library():
    assert users_of({"plotly", "seaborn", "bokeh", "altair", "kaleido"}) <= {"show.figure"}
    assert users_of({"matplotlib"}) <= {"show.figures"}, "figures draws for print"


def test_only_few_modules_import_notebook_libraries():
    rooms = {f"publish.{name}" for name in ("desk", "lessons", "reports", "rounds", "server", "viewer")}
    assert users_of(NOTEBOOK_LIBRARIES) <= {*rooms, "whatif"}


def test_only_declared_opens_yaml():
    assert {path.stem for path in MODULES for name, _ in libraries_of(path) if name in {"yaml", "ruamel"}} == {
        "declared"
    }


def test_only_grids_and_store_read_data_files():
    assert users_of(DATA_READERS - {"docx", "duckdb", "lxml", "openpyxl", "zipfile"}) <= {"reading.files", "builds"}
    assert users_of({"openpyxl"}) <= {"publish.findings"}, "comments go into the workbook of a unit"
    assert users_of({"duckdb"}) <= {"builds"}
    assert users_of({"docx"}) <= {"publish.forms", "publish.papers"}, "forms and papers write documents"
    assert users_of({"lxml", "zipfile"}) <= {"reading.files", "builds", "publish.papers", "publish.findings"}, (
        "papers fills templates and packs what it wrote, findings looks what a workbook is"
    )
    for path in MODULES:
        if module_of(path) not in {"reading.files", "builds", "publish.findings"}:
            wrong = [f"{path.name}:{line}: {name}" for name, line in calls_of(path) if name in DATA_CALLS]
            assert wrong == []


def test_only_few_modules_open_any_file():
    """core opens rules, reading files and forms, builds its own files, publish its templates and what it wrote."""
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line}: {name}"
        for path in MODULES
        for name, line in calls_of(path)
        if name in FILE_CALLS and module_of(path) not in ABLE_TO_OPEN
    ]
    assert wrong == []


def loaded_after(code):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys\n{code}\nprint(' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))",
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_importing_the_package_imports_nothing_heavy():
    heavy = {"pandas", "numpy", "plotly", "yaml", "pyarrow", "openpyxl", "docx", "typer", *NOTEBOOK_LIBRARIES}
    assert not heavy & loaded_after("import jixiao")


SHOWING = {"plotly", "matplotlib", "great_tables", "itables", "IPython", *NOTEBOOK_LIBRARIES}
"""Libraries that only show something; each is imported when something is shown."""


@pytest.mark.parametrize("module", ["figures", "tables", "analysis", "scenarios", "summary", "builds", "cli.main"])
def test_no_library_that_shows_something_is_imported_before_it_is_used(module):
    assert not SHOWING & loaded_after(f"import jixiao.{module}")


def test_loading_and_scoring_import_no_plotting_and_no_notebooks():
    loaded = loaded_after("import jixiao\nfrom jixiao import audit, score")
    assert not {"plotly", *NOTEBOOK_LIBRARIES} & loaded


def test_figures_import_plotly_only_when_a_chart_is_drawn():
    assert not {"plotly", "matplotlib"} & loaded_after("import jixiao.show.figures")


def test_analyses_import_scipy_only_when_one_needs_it():
    assert not {"scipy", "plotly"} & loaded_after("import jixiao.analysis")


def test_public_names_are_sorted_and_exist():
    import jixiao

    assert jixiao.__all__ == sorted(jixiao.__all__)
    for name in jixiao.__all__:
        assert callable(getattr(jixiao, name)), name
    for room in ("analysis", "figures", "papers", "scenarios", "summary", "tables"):
        assert getattr(jixiao, room) is import_module(f"jixiao.{room}")
    with pytest.raises(AttributeError):
        jixiao.nothing  # noqa: B018


def test_the_styles_of_workbooks_have_one_home():
    homes = {path.name for path in MODULES for name, _ in calls_of(path) if name == "add_format"}
    assert homes == {"workbook.py"}
