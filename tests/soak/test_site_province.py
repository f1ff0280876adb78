"""The static site of a whole province (60 departments, 5 years, 5,000 projects a year): size, time, numbers.

Run with ``pytest -s tests/soak/test_site_province.py``; takes some minutes.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from site_browser import ARGUMENTS, CHROMIUM, Watched, served
from site_numbers import Numbers

from jixiao.builds.run import evaluate
from jixiao.publish.boards.board_rules import boards
from jixiao.publish.boards.site import write_site
from jixiao.sample import Wanted, write_province

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("province")
    write_province(Wanted(departments=60, years=(2020, 2021, 2022, 2023, 2024), projects=5000, seed=1), folder / "data")
    results = evaluate(folder / "data")
    started = time.monotonic()
    size = write_site(results, folder / "site")
    files = list((folder / "site" / "data").iterdir())
    largest = max(files, key=lambda path: path.stat().st_size)
    print(f"\nwritten in {time.monotonic() - started:.1f} s: {size / 1e6:.1f} MB, {len(files)} chunks")
    print(f"largest chunk {largest.name} {largest.stat().st_size / 1e6:.2f} MB")
    with served(folder / "site") as address:
        yield address, results


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_every_page_of_a_province(site: Any, width: int) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    address, results = site
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        watched = Watched(browser, address, width)
        identity = results.totals["project_id"].iloc[-1]
        print(f"\nfirst charts {watched.open('overview'):.2f} s at {width} px, {len(watched.asked)} requests")
        for year in (2020, 2024):
            print(f"another year {watched.choose('year', str(year)):.2f} s")
            assert watched.cards() == Numbers(results, year).cards()
        print(f"another evaluation {watched.choose('evaluation', 'department'):.2f} s")
        assert watched.cards() == Numbers(results, 2024, "department").cards()
        for page in boards()["pages"]:
            taken = watched.open(page, **({"project": identity} if page == "project" else {}))
            print(f"{page} {taken:.2f} s")
            assert watched.fits()
            watched.picture(f"whole_{page}")
        name = results.frames.projects["department"].iloc[0]
        watched.open("findings", year=2024)
        assert "请再选部门" in watched.page.locator("[data-panel='listed']").inner_text()
        watched.choose("department", name)
        assert watched.cards()["findings"] == Numbers(results, 2024, "", name).cards()["findings"]
        assert watched.page.locator("[data-panel='listed'] tbody tr").count() > 0
        assert watched.is_clean()
        browser.close()
