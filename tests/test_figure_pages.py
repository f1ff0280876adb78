"""Some of the fullest figures in a real browser: no text lies over another or outside the picture (all: the soak)."""

from __future__ import annotations

import pytest
from analysis_factories import make_accounts
from figure_gallery import gallery
from figure_pages import CHROMIUM, browser_page, measure, wrong_figures

import jixiao
from jixiao.analysis import project_money
from jixiao.show import figures
from jixiao.show.figure import empty_figure

QUICK = [
    *("plot_account_changes", "plot_contributions", "plot_density_jumps", "plot_execution_bands", "plot_findings"),
    *("plot_lost_points", "plot_score_changes", "plot_total_distribution", "plot_waterfall"),
]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium")


@pytest.fixture(scope="module")
def page():
    pytest.importorskip("playwright.sync_api")
    with browser_page(640) as opened:
        yield opened


@pytest.fixture(scope="module")
def drawn(small_province):
    return gallery(jixiao.evaluate(small_province), accounts=make_accounts())


def test_every_figure_of_the_package_is_in_the_gallery(drawn):
    assert {name.split()[0] for name in drawn} == {name for name in figures.__all__ if name.startswith("plot_")}
    assert all(figure.alt and "{" not in figure.alt for figure in drawn.values())


def test_no_text_of_a_figure_overlaps_or_leaves_the_picture(page, drawn):
    assert wrong_figures(page, {name: drawn[name] for name in QUICK}) == {}


def test_the_measure_sees_texts_that_overlap_or_leave(page, small_province):
    frame = project_money(jixiao.evaluate(small_province))
    figure = empty_figure("甲", "乙")
    note = {**figure.layout["annotations"][0], "text": "丙丁"}
    figure.layout["annotations"] += [note, {**note, "text": "很长的说明" * 60, "y": 0.1}]
    wrong = measure(page, figure)["wrong"]
    assert any(text.startswith("overlap: 乙") for text in wrong) and any(text.startswith("outside") for text in wrong)
    assert measure(page, figures.plot_project_money(frame))["wrong"] == []
