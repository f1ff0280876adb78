"""The lists in README and docs are what the rules, notebooks and Makefile declare; `make golden` rewrites them."""

import os
import re

import pytest
from generated_parts import PARTS, ROOT

PAGES = sorted(
    {page for page, _ in PARTS.values()} | {str(path.relative_to(ROOT)) for path in ROOT.glob("docs/**/*.md")}
)


@pytest.mark.parametrize("name", PARTS)
def test_generated_part_is_current(name):
    page, make = PARTS[name]
    path = ROOT / page
    text = path.read_text(encoding="utf-8")
    pattern = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    assert len(pattern.findall(text)) == 1
    current = pattern.sub(lambda found: f"{found[1]}\n{make()}\n\n{found[2]}", text)
    if os.environ.get("JIXIAO_GOLDEN") == "write":
        path.write_text(current, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == current


@pytest.mark.parametrize("page", PAGES)
def test_pictures_and_links_exist(page):
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
