"""Every figure of the package, drawn by a real browser from real and from made-up data, measured and kept to be seen.

The pictures go to ``tests/artefacts/figures``; look at them after a change of a figure.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))

from analysis_factories import make_accounts  # noqa: E402
from figure_gallery import gallery  # noqa: E402
from figure_pages import browser_page, wrong_figures  # noqa: E402

import jixiao  # noqa: E402
from jixiao.sample import Wanted, write_province  # noqa: E402

WIDTHS = (900, 640)


@pytest.fixture(scope="module")
def galleries(tmp_path_factory):
    large = tmp_path_factory.mktemp("province") / "large"
    write_province(Wanted(departments=60, years=tuple(range(2020, 2025)), projects=5000, seed=1), large)
    results = {name: jixiao.evaluate(name) for name in ("data/source", "data/sample", str(large))}
    return {
        Path(name).name: gallery(found, accounts=make_accounts() if found.frames.accounts.empty else None)
        for name, found in results.items()
    }


@pytest.mark.parametrize("width", WIDTHS)
def test_no_text_overlaps_or_leaves_the_picture(galleries, width):
    found = {}
    with browser_page(width) as page:
        for place, drawn in galleries.items():
            folder = TESTS / "artefacts" / "figures" / f"{place}_{width}"
            folder.mkdir(parents=True, exist_ok=True)
            found |= {f"{place} {name}": wrong for name, wrong in wrong_figures(page, drawn, folder).items()}
    assert found == {}
