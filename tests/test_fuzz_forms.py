"""Forms that are damaged at random (变形测试): an error in one sentence, or numbers that their cells print."""

from __future__ import annotations

from random import Random

import pytest
from conftest import TESTS
from form_mutations import MUTATIONS, Page
from form_oracle import Oracle

from jixiao.core.errors import FormError
from jixiao.reading.files import read_grids
from jixiao.reading.forms.sources import recognise
from jixiao.reading.tidy.make_frames import make_frames

FILES = TESTS / "forms" / "files"
BASES = sorted(path for path in FILES.glob("*.xlsx") if "繁体" not in path.name)  # the oracle reads simplified labels
CASES = 40
"""How many damaged forms are made of each form."""


def damaged(pages, random):
    """Return the pages of a file after one to four mutations, and their names."""
    names = []
    for _ in range(random.choice((1, 1, 2, 3, 4))):
        page = random.choice(pages)
        mutation = random.choice(MUTATIONS)
        mutation(page, random)
        names.append(f"{mutation.__name__}({page.sheet})")
    return names


def mistakes(cases):
    """Return what was read wrongly or lost; a form that is refused in one sentence is no mistake.

    Args:
        cases: The grids of each damaged form by the name of its file.
    """
    found = {}
    for number, (name, grids) in enumerate(cases.items()):
        try:
            found[name] = recognise(grids, name)
        except FormError as error:
            assert str(error).endswith("。") and "\n" not in str(error)
        for place, reading in enumerate(found.get(name, [])):
            reading.year = 2000 + 10 * number + place  # one frame holds them all, so each is another year
    frames = make_frames(reading for readings in found.values() for reading in readings)
    wrong = []
    for name, readings in found.items():
        guesses, indicators, budgets = (
            frame[frame["source_file"] == name].to_dict("records")
            for frame in (frames.guesses, frames.indicators, frames.budgets)
        )
        oracle = Oracle(cases[name], readings, guesses)
        told = oracle.wrong_cells() + oracle.lost_cells() + oracle.wrong_points(indicators)
        told += oracle.wrong_money(budgets)
        wrong += [f"{name} {what}" for what in told]
    return wrong


@pytest.mark.parametrize("path", BASES, ids=[path.stem for path in BASES])
def test_a_damaged_form_is_refused_or_read_as_it_is_printed(path):
    pages = read_grids(path, path.name)
    cases, names = {}, {}
    for seed in range(CASES):
        random = Random(f"{path.name}{seed}")
        changed = [Page.of(grid) for grid in pages]
        name = f"2023/{seed}_{path.name}"
        names[name] = damaged(changed, random)
        cases[name] = [page.grid(name) for page in changed]
    assert mistakes(cases) == [], names
