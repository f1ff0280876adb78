"""Every analysis is drawn and tabulated: words, units, numbers, and a sentence where there is nothing to draw."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from analysis_factories import WITHOUT_FRAME, every_analysis, make_results, money

import jixiao
from jixiao import analysis
from jixiao.show import figures
from jixiao.show.figure import BLUE, GREEN, GREY, ORANGE, PATTERNS, RED, SKY
from jixiao.show.figures.chosen_rows import MOST
from jixiao.show.tables import show_analysis

DRAWN = {
    "account_kinds": figures.plot_account_kinds,
    "account_structure": figures.plot_account_structure,
    "benchmark_peers": lambda frame: figures.plot_benchmark(frame, value="execution_rate"),
    "budget_waterfall": figures.plot_waterfall,
    "carry_overs": figures.plot_carry_overs,
    "contribution_totals": figures.plot_contributions,
    "cost_per_output": figures.plot_unit_costs,
    "density_jumps": figures.plot_density_jumps,
    "department_changes": figures.plot_contributions,
    "department_ranking": figures.plot_department_ranking,
    "discretion_shares": figures.plot_discretion,
    "efficiency_frontier": figures.plot_frontier,
    "evaluator_differences": figures.plot_evaluator_differences,
    "execution_bands": figures.plot_execution_bands,
    "execution_quadrants": figures.plot_quadrants,
    "execution_rates": figures.plot_execution_groups,
    "frontier_slacks": figures.plot_frontier_slacks,
    "leniency": figures.plot_leniency,
    "lost_points": figures.plot_lost_points,
    "project_money": figures.plot_project_money,
    "rank_robustness": figures.plot_robustness,
    "repeated_findings": figures.plot_repeated_findings,
    "satisfaction_evidence": figures.plot_satisfaction_samples,
    "satisfaction_states": figures.plot_satisfaction_states,
    "score_changes": figures.plot_score_changes,
    "score_contributions": figures.plot_contributions,
    "three_public": figures.plot_three_public,
    "total_distribution": figures.plot_total_distribution,
}


@pytest.fixture(scope="module")
def sample():
    return jixiao.evaluate("data/sample")


@pytest.fixture(scope="module")
def frames(sample):
    return every_analysis(sample)


def axes_of(figure):
    return [figure.layout["xaxis"], figure.layout["yaxis"]]


@pytest.mark.parametrize("name", DRAWN)
def test_every_figure_is_valid_and_says_what_it_shows(frames, name):
    figure = DRAWN[name](frames[name])
    json.dumps(figure.to_dict(), allow_nan=False)
    figure.to_plotly()  # plotly itself refuses a key or a value it does not know
    words = [figure.alt, figure.layout["title"]["text"], *(axis["title"].get("text", "") for axis in axes_of(figure))]
    assert words[0] and words[1] and not any("{" in text for text in words)
    assert figure.frame is frames[name] or len(figure.data) == 0


@pytest.mark.parametrize("name", DRAWN)
def test_without_rows_a_figure_says_so(frames, name):
    figure = DRAWN[name](frames[name].iloc[:0])
    assert figure.data == [] and "没有" in figure.alt


@pytest.mark.parametrize("name", sorted(set(analysis.__all__) - WITHOUT_FRAME))
def test_every_frame_has_a_table_in_words(frames, name):
    table = show_analysis(frames[name])
    assert len(table.frame) == len(frames[name]) and table._repr_html_().startswith("<table")
    for header in table.frame.columns:
        assert not header.isascii(), header
    coded = {"execution_band", "size_class", "stage", "quadrant", "presence", "part", "method", "department_kind"}
    texts = set(table.frame.to_numpy().ravel())
    for column in coded & set(frames[name].columns):
        assert not {str(value) for value in frames[name][column].dropna()} & texts, column
    assert not {"nan", "NaN", "None", "<NA>"} & texts


def test_the_source_and_the_date_stand_in_the_corner(sample):
    frame = analysis.execution_rates(sample)
    figure = figures.plot_execution_groups(frame)
    notes = [note["text"] for note in figure.layout["annotations"] if note.get("name") == "source"]
    assert len(notes) == 1 and "data/sample" in notes[0] and f"{sample.as_of:%Y}" in notes[0]
    plain = figures.plot_lost_points(analysis.lost_points(sample.scores))
    assert "annotations" not in plain.layout
    signed = plain.signed("数据来源：甲").signed("数据来源：<b>乙</b>")
    assert [note["text"] for note in signed.layout["annotations"]] == ["数据来源：&lt;b&gt;乙&lt;/b&gt;"]
    assert (
        signed.layout["height"] - plain.layout["height"] == signed.layout["margin"]["b"] - plain.layout["margin"]["b"]
    )


def test_large_money_is_shown_in_yi():
    figure = figures.plot_waterfall(
        analysis.budget_waterfall(make_results([money("甲", 30000, executed=25000, initial=30000, arrived=30000)]))
    )
    assert figure.layout["yaxis"]["title"]["text"] == "亿元" and figure.data[0]["text"] == [
        "3.00",
        "3.00",
        "3.00",
        "2.50",
    ]
    steps = {text for trace in figure.data[1:] for text in trace["text"]}
    assert steps == {"+0.00", "-0.50"}


def test_contributions_beyond_the_largest_are_one_row_that_keeps_the_sum():
    frame = pd.DataFrame({"indicator": [f"指标{n}" for n in range(50)], "completion_effect": np.arange(1, 51) / 10})
    frame = frame.assign(weight_effect=0.0, turnover_effect=0.0, contribution=frame["completion_effect"])
    figure = figures.plot_contributions(frame)
    assert sum(figure.data[0]["x"]) == pytest.approx(frame["contribution"].sum())
    assert figure.layout["yaxis"]["ticktext"][-1] == "其余30项"


def test_more_rows_than_can_be_read_are_not_drawn_but_kept():
    rows = [money(f"项目{n}", 100, executed=n / 2) for n in range(100)]
    frame = analysis.execution_rates(make_results(rows), by="project")
    figure = figures.plot_execution_groups(frame)
    assert len(figure.data[0]["y"]) == MOST and len(figure.frame) == 100
    assert figure.data[0]["x"][0] == 0
    text = figure.layout["annotations"][0]["text"]
    assert text.startswith("图中只画前60项，共100项，其余见表<br>数据来源：")
    assert figure.signed("数据来源：甲").layout["annotations"][0]["text"].endswith("其余见表<br>数据来源：甲")


def test_names_from_data_cannot_be_read_as_markup():
    frame = analysis.execution_rates(make_results([money("<b>甲</b>", 100, executed=50)]), by="project")
    text = json.dumps(figures.plot_execution_groups(frame).to_dict(), ensure_ascii=False)
    assert "<b>" not in text and "&lt;b&gt;" in text


def grey(colour):
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_colours_that_look_alike_in_grey_are_hatched_differently():
    colours = [BLUE, ORANGE, GREEN, RED, SKY, GREY]
    for number, one in enumerate(colours):
        for other in colours[number + 1 :]:
            assert abs(grey(one) - grey(other)) > 25 or PATTERNS[one] != PATTERNS[other], (one, other)
