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


def test_every_decision_has_a_number_of_its_own_and_one_line_in_the_list():
    folder = ROOT / "docs" / "decisions"
    pages = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    headings = [path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ") for path in pages]
    assert [heading.split()[0] for heading in headings] == [path.name.split("-")[0] for path in pages]
    assert len({path.name.split("-")[0] for path in pages}) == len(pages)
    listed = re.findall(r"^- \[(.+)\]\((.+)\)$", (folder / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert listed == [(heading, path.name) for heading, path in zip(headings, pages, strict=True)]
