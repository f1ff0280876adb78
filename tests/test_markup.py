"""Pages come from templates that escape; no text put together in Python is a tag."""

from __future__ import annotations

import ast
import re

import pytest
from conftest import PACKAGE
from markupsafe import Markup

from jixiao.show.markup import element, fill

TAG = re.compile(r"</?[a-z][a-z0-9:]*(?:[\s>]|/>|$)")
ALLOWED = {
    "cli/usage.py",  # the signs of arguments in the help
    "core/portrait.py",  # stands below the templates
    "publish/forms/filled_workbook.py",  # asks whether a text looks like the markup of a library
    "publish/papers/filled_templates.py",  # the XML of Word
    "show/markup.py",  # the end of a script inside a script
    "show/pictures.py",  # asks for the pictures in a page that a browser made
}
"""What writes or reads something else than pages; what reads files looks for their tags."""


def literals(path):
    """The texts of a module that are no docstrings and no patterns."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    ]


def test_no_text_in_python_is_a_tag():
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name in ALLOWED or name.startswith("reading/"):
            continue
        found += [
            f"{name}:{line}: {text[:40]}"
            for line, text in literals(path)
            if TAG.search(re.sub(r"</?(?:br|b|extra)>|\(\?P<\w+>", "", text))
        ]
    assert found == []


def test_every_text_is_escaped_and_a_missing_one_is_an_error(tmp_path):
    (tmp_path / "a.html").write_text("<p title='{{ text }}'>{{ text }}{{ made }}</p>", encoding="utf-8")
    evil = "<script>1</script>'\""
    page = fill(tmp_path, "a.html", text=evil, made=Markup("<b>1</b>"))
    assert page.count("<script") == 0 and page.count("'") == 2 and "<b>1</b>" in page
    with pytest.raises(Exception, match="made"):
        fill(tmp_path, "a.html", text="")
    assert element("a", evil, href=evil).count("<") == 2
