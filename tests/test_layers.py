"""Modules import downwards only, and nothing heavy before it is used."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from conftest import PACKAGE, ROOT

# From the bottom up; names on one line do not import each other. A new module fails until it is placed here.
LAYERS = [
    ["errors"],
    ["declared"],
    ["clusters", "formulas", "notation", "pictures", "vocabulary"],
    ["moments", "numerals", "quantities"],
    ["ranges"],
    ["values"],
    ["aliases", "comparisons", "framework"],
    ["grids"],
    ["records", "schemas"],
    ["families", "grouping"],
    ["headers"],
    ["pieces"],
    ["blocks"],
    ["accounts", "corrections", "heads", "rows"],
    ["divisions", "indicators", "submissions"],
    ["sources"],
    ["ingest", "intake"],
    ["frames"],
    ["scoring"],
    ["checks"],
    ["claims", "suppressions"],
    ["spread"],
    ["store"],
    ["forms", "parts", "queries"],
    ["province"],
    ["summary", "sheets"],
    ["analysis", "theme"],
    ["tables"],
    ["figures"],
    ["answers", "boards", "exchange", "papers", "webpage"],
    ["server"],
    ["report"],
    ["scenarios", "viewer"],
    ["commands"],
    ["__main__"],
]
ROOMS = {
    "analysis": [
        ["amounts", "choices"],
        ["benchmarks", "execution", "frontier", "losses"],
        ["discretion", "factors", "final_accounts", "robustness", "satisfaction", "unit_costs"],
        ["years"],
        ["__init__"],
    ],
    "boards": [["monitoring", "packing", "scripts"], ["prepared"], ["declared_pages"], ["site"], ["__init__"]],
    "checks": [
        ["findings"],
        ["evidence"],
        ["accounts", "history", "magnitude", "money", "points", "proof", "quality", "standards"],
        ["funds"],
        ["__init__"],
    ],
    "claims": [
        ["grammar"],
        ["quantities"],
        ["text"],
        ["found"],
        ["counts", "dates", "facts", "figures", "growth", "names", "parts", "rates", "scores"],
        ["__init__"],
    ],
    "commands": [["answers", "stored", "usage"], ["makers"], ["__init__"]],
    "figures": [
        ["rows"],
        ["overview", "prints"],
        ["evaluators", "execution", "final_accounts", "points"],
        ["comparisons"],
        ["__init__"],
    ],
    "forms": [
        ["layouts"],
        ["selection", "slots"],
        ["document", "proof", "self_evaluation", "workbook"],
        ["__init__"],
    ],
    "grids": [
        ["limits"],
        ["cells", "shown", "archives", "kinds", "office"],
        ["captions"],
        ["workbooks", "oldbooks", "opendocuments", "documents", "delimited", "hypertext", "pages"],
        ["__init__"],
    ],
    "papers": [
        ["words"],
        ["contents", "documents"],
        ["departments", "scoring_table"],
        ["workbooks"],
        ["__init__"],
    ],
    "province": [
        ["catalogue", "columns"],
        ["population"],
        ["money"],
        ["attainment"],
        ["chunks"],
        ["papers", "review_forms", "self_forms"],
        ["__init__"],
    ],
    "report": [
        ["kernels", "pages"],
        ["notebooks"],
        ["requests"],
        ["formats", "keys", "shares"],
        ["making"],
        ["index", "workers"],
        ["spread"],
        ["batch"],
        ["__init__"],
    ],
    "scenarios": [["declaration"], ["application"], ["comparison"], ["export"], ["panel"], ["__init__"]],
    "scoring": [["choice", "points", "words"], ["explanation", "totals"], ["__init__"]],
    "server": [
        ["settings", "visits", "messages", "journal"],
        ["doors", "passwords"],
        ["pool", "visitors", "launch"],
        ["handlers"],
        ["app"],
        ["__init__"],
    ],
    "store": [
        ["places"],
        ["manifest"],
        ["hands", "partitions", "readings", "versions"],
        ["results"],
        ["handover", "journal"],
        ["diff", "trace", "verify"],
        ["__init__"],
    ],
    "tables": [["overview"], ["analysis"], ["explorer", "official"], ["__init__"]],
}
"""The modules of a room, from the bottom up; only the top is imported from outside."""
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
    "boards",
    "declared",
    "grids",
    "papers",
    "pictures",
    "report",
    "scenarios",
    "server",
    "sources",
    "store",
    "theme",
    "viewer",
    "webpage",
}
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
RANK = {name: number for number, names in enumerate(LAYERS) for name in names}


def module_of(path):
    """Return the name by which a file stands in the layers: its module, or the room it belongs to."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


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


def own_imports(path):
    """Return the modules of the package that a file imports."""
    names = []
    for name, line in imports_of(path):
        parts = name.split(".")
        if parts[0] == "jixiao" and len(parts) > 1:
            names.append(
                (parts[1], line)
                if parts[1] in RANK or parts[1] in {module_of(other) for other in MODULES}
                else ("__init__", line)
            )
    return names


def calls_of(path):
    """Return the last name of every call, with its line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        (getattr(node.func, "attr", getattr(node.func, "id", "")), node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    ]


def test_every_module_is_placed_once():
    placed = [name for names in LAYERS for name in names]
    assert len(placed) == len(set(placed))
    assert {module_of(path) for path in MODULES} == {*placed, "__init__"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path):
    name = module_of(path)
    wrong = []
    for other, line in own_imports(path):
        if other == "__init__" or (name == other and path.parent != PACKAGE):
            continue
        if name == "__init__" or RANK[other] >= RANK[name]:
            wrong.append(f"{path.name}:{line}: {name} imports {other}")
    assert wrong == []


@pytest.mark.parametrize("room", ROOMS)
def test_the_modules_of_a_room_import_downwards(room):
    rank = {name: number for number, names in enumerate(ROOMS[room]) for name in names}
    files = sorted((PACKAGE / room).glob("*.py"))
    assert {path.stem for path in files} == set(rank)
    for path in files:
        for name, line in imports_of(path):
            parts = name.split(".")
            if parts[:2] == ["jixiao", room]:
                other = parts[2] if parts[2] in rank else "__init__"
                assert rank[other] < rank[path.stem], f"{path.name}:{line}"


def test_every_room_is_listed():
    assert {path.parent.name for path in MODULES if path.parent != PACKAGE} == set(ROOMS)


def test_the_modules_of_the_grids_are_only_used_inside_their_room():
    for path in MODULES:
        wrong = [name for name, _ in imports_of(path) if name.startswith("jixiao.grids.") and name.count(".") > 2]
        assert wrong == [] or path.parent.name == "grids", path


def test_the_public_package_is_only_used_from_above_the_core():
    """A module that says ``import jixiao`` could reach everything, so the core never does."""
    users = {module_of(path) for path in MODULES for name, _ in imports_of(path) if name == "jixiao"}
    assert users <= {"store", "report", "scenarios", "webpage", "boards", "__main__"}


def libraries_of(path):
    return {(name.split(".")[0], line) for name, line in imports_of(path)}


def users_of(libraries):
    return {module_of(path) for path in MODULES for name, _ in libraries_of(path) if name in libraries}


def test_only_the_theme_of_figures_imports_a_plotting_library():
    assert users_of({"plotly", "seaborn", "bokeh", "altair", "kaleido"}) <= {"theme"}  # the room under figures
    assert users_of({"matplotlib"}) <= {"figures"}, "figures draws for print"


def test_only_few_modules_import_notebook_libraries():
    assert users_of(NOTEBOOK_LIBRARIES) <= {"report", "scenarios", "server", "viewer"}


def test_only_declared_opens_yaml():
    assert users_of({"yaml", "ruamel"}) == {"declared"}


def test_only_grids_and_store_read_data_files():
    assert users_of(DATA_READERS - {"docx", "duckdb", "lxml", "zipfile"}) <= {"grids", "parts", "store"}
    assert users_of({"duckdb"}) <= {"queries"}, "queries asks the files of store"
    assert users_of({"docx"}) <= {"forms", "papers"}, "forms and papers write documents"
    assert users_of({"lxml", "zipfile"}) <= {"grids", "store", "papers"}, (
        "papers fills templates and packs what it wrote"
    )
    for path in MODULES:
        if module_of(path) not in {"grids", "queries", "store"}:
            wrong = [f"{path.name}:{line}: {name}" for name, line in calls_of(path) if name in DATA_CALLS]
            assert wrong == []


def test_only_few_modules_open_any_file():
    """declared opens rules, grids and sources forms, store its own files, theme and papers their templates."""
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


@pytest.mark.parametrize("module", ["figures", "tables", "analysis", "scenarios", "summary", "store", "__main__"])
def test_no_library_that_shows_something_is_imported_before_it_is_used(module):
    assert not SHOWING & loaded_after(f"import jixiao.{module}")


def test_loading_and_scoring_import_no_plotting_and_no_notebooks():
    loaded = loaded_after("import jixiao\nfrom jixiao import audit, score")
    assert not {"plotly", *NOTEBOOK_LIBRARIES} & loaded


def test_figures_import_plotly_only_when_a_chart_is_drawn():
    assert not {"plotly", "matplotlib"} & loaded_after("import jixiao.figures")


def test_analyses_import_scipy_only_when_one_needs_it():
    assert not {"scipy", "plotly"} & loaded_after("import jixiao.analysis")


def test_public_names_are_sorted_and_exist():
    import jixiao

    assert jixiao.__all__ == sorted(jixiao.__all__)
    for name in jixiao.__all__:
        assert callable(getattr(jixiao, name)), name
    for room in ("analysis", "figures", "scenarios", "summary", "tables"):
        assert getattr(jixiao, room).__name__ == f"jixiao.{room}"
    with pytest.raises(AttributeError):
        jixiao.nothing  # noqa: B018
