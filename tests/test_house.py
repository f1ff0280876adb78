"""The rules of the house that a machine can check."""

from __future__ import annotations

import ast
import re
import tomllib

import pytest
from conftest import CASES, PACKAGE, ROOT

from jixiao.checks import CHECKS, load_checks
from jixiao.checks.texts import SCHEMA as CLAIMS
from jixiao.checks.texts import load_claims
from jixiao.core.declared import RULES, load_yaml
from jixiao.core.frames import SCHEMAS
from jixiao.core.vocabulary import columns, label, value_labels
from jixiao.publish.boards.board_rules import boards
from jixiao.scoring import formulas
from jixiao.scoring.frameworks import load_frameworks, methods, rates

MODULES = sorted(PACKAGE.rglob("*.py"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
TYPES = {"text", "integer", "number", "points", "money", "rate", "boolean", "date"}


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def error_sentences(tree):
    """The literals inside an error, a note on a declaration, or a helper that only words one (see docs/decisions)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name.endswith("Error") or name in {"note", "_take", "refuse_value"}:
                yield from (id(part) for part in ast.walk(node))


def test_chinese_literals_stand_only_in_error_sentences_and_the_command_line():
    """Docstrings and comments may give the term; any other Chinese text belongs to rules/*.yaml."""
    found = []
    for path in MODULES:
        if path.name in {"errors.py", "models.py"} or path.parent.name == "cli":
            continue
        tree = tree_of(path)
        allowed = set(error_sentences(tree)) | {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        found += [
            f"{path.relative_to(PACKAGE)}:{node.lineno}: {node.value.strip()[:30]}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in allowed
            and CHINESE.search(node.value)
        ]
    assert found == [], "\n" + "\n".join(found)


def test_no_folder_of_leftovers():
    for path in PACKAGE.rglob("*"):
        assert path.stem not in {"utils", "util", "helpers", "common", "misc"}, path


def test_declared_methods_are_implemented_both_ways():
    assert set(methods()) == set(formulas.METHODS)
    for name, declared in methods().items():
        assert declared.name, name
        assert set(declared.parameters) <= {
            "rate",
            "bands",
            "elements",
            "line",
            "band",
            "per_step",
            "limit",
            "met_from",
        }
        assert {"nobody"} <= set(declared.explain) <= set(formulas.CASES), name


def test_declared_rates_name_known_columns():
    for name, rate in rates().items():
        for side in ("numerator", "denominator"):
            assert getattr(rate, side) in {*SCHEMAS["budgets"], *SCHEMAS["indicators"], ""}, name


def test_declared_checks_are_implemented_both_ways():
    assert set(load_checks()) == set(CHECKS)
    assert {name: function.__name__ for name, function in CHECKS.items()} == {name: name for name in CHECKS}
    assert {path.stem.removeprefix("check_") for path in CASES.glob("check_*.yaml")} == set(CHECKS)


def test_every_parameter_of_a_rule_is_used():
    used = {rule.method for framework in load_frameworks() for rule in framework.rules}
    assert used <= set(methods())


@pytest.fixture(scope="module")
def every_frame(published):
    return {
        **{name: list(schema) for name, schema in SCHEMAS.items()},
        **{name: list(getattr(published, name).columns) for name in ("scores", "totals", "findings")},
        "claims": list(CLAIMS),
    }


def test_every_column_of_every_frame_is_in_the_vocabulary(every_frame):
    unknown = {f"{name}.{column}" for name, names in every_frame.items() for column in names if column not in columns()}
    assert unknown == set()


def values_of(panel):
    """The columns a query of a page works out by itself."""
    return panel.get("query", {}).get("values", {})


def test_every_word_of_the_vocabulary_is_used(every_frame):
    written = {
        node.value
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    } | {node.arg for path in MODULES for node in ast.walk(tree_of(path)) if isinstance(node, ast.keyword) and node.arg}
    counted = {f"{name}_rows" for name in SCHEMAS}
    asked = {name for page in boards()["pages"].values() for panel in page["panels"] for name in values_of(panel)}
    used = asked | {column for names in every_frame.values() for column in names} | written | counted
    assert set(columns()) - used == set()


def test_the_vocabulary_is_complete_and_each_word_means_one_thing():
    for name, entry in columns().items():
        assert set(entry) == {"label", "type", "meaning"}, name
        assert entry["type"] in TYPES, name
        assert CHINESE.search(entry["label"]) and CHINESE.search(entry["meaning"]), name
        assert entry["meaning"].endswith("。") and len(entry["meaning"]) <= 50, name
        assert label(name)
    meanings: dict[str, set[str]] = {}
    for entry in columns().values():
        meanings.setdefault(entry["label"], set()).add(entry["meaning"])
    assert {text for text, meant in meanings.items() if len(meant) > 1} == set()


def test_every_claim_names_its_basis_and_is_found_by_some_module():
    used = {
        node.value
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for code, kind in load_claims().items():
        assert kind.basis and kind.basis_mark and kind.message and kind.resolution, code
    assert set(load_claims()) == {word for word in used if word.startswith("claim_")} - {"claim_findings"}


def test_columns_keep_the_habits_of_their_names():
    for name, entry in columns().items():
        if name.endswith("_wan"):
            assert entry["type"] == "money", name
        if name.startswith(("is_", "has_")):
            assert entry["type"] == "boolean", name
        if entry["type"] == "boolean":
            assert name.startswith(("is_", "has_")), name
        if name.endswith("_rate"):
            assert entry["type"] == "rate", name


def test_coded_values_have_words():
    words = value_labels()
    assert set(words["grade"]) == {"excellent", "good", "fair", "poor"}
    assert set(words["severity"]) == {"error", "warning", "rounding", "question"}
    assert set(words["evaluation"]) >= {"self", "department", "finance"}


def test_the_two_dependency_lists_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {
        *project["dependencies"],
        *(name for names in project["optional-dependencies"].values() for name in names),
    }
    environment, mistakes = load_yaml(ROOT / "environment.yml")
    assert mistakes == []
    listed = []
    for entry in environment["dependencies"]:
        listed += entry["pip"] if isinstance(entry, dict) else [entry]

    def plain(entry):
        name, version = re.fullmatch(r"([A-Za-z0-9_.-]+?)(?:\[.*\])?\s*((?:[<>=!~].*)?)", entry.strip()).groups()
        return name.lower().replace("_", "-"), version.replace(" ", "")

    found = {plain(entry) for entry in listed if not entry.startswith("-e")}
    python = {version for name, version in found if name == "python"}
    assert python == {project["requires-python"]}
    assert {entry for entry in found if entry[0] not in {"python", "pip"}} == {plain(entry) for entry in wanted}


def test_rules_hold_yaml_only():
    assert {path.suffix for path in RULES.rglob("*") if path.is_file()} == {".yaml"}


def test_every_rule_names_its_document():
    for framework in load_frameworks():
        for rule in framework.rules:
            assert len(rule.basis.text) > 5, framework.id
    for code, check in load_checks().items():
        assert check.basis or check.basis_mark == "", code
        assert check.title and check.message and check.resolution, code


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_public_functions_are_typed_and_described(path):
    wrong = []
    tree = tree_of(path)
    assert ast.get_docstring(tree), path.name
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node):
            wrong.append(f"{node.name}: no docstring")
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node):
            wrong.append(f"{node.name}: no docstring")
        arguments = [*node.args.args, *node.args.kwonlyargs]
        if node.returns is None or any(argument.annotation is None for argument in arguments):
            wrong.append(f"{node.name}: not typed")
    assert wrong == []
