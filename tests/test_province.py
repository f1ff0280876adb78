"""The made-up province: the same for a seed, read like any other place, its slips found, its forms read back equal."""

import json
from decimal import Decimal

import numpy as np
import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

import jixiao
from jixiao import sample as province
from jixiao.builds.manifest import is_stale
from jixiao.builds.versions import read_built
from jixiao.checks import audit
from jixiao.cli.main import app
from jixiao.core.errors import JixiaoError, RequestError
from jixiao.core.frames import KEYS, SCHEMAS
from jixiao.reading.folder import load_frames
from jixiao.reading.values.comparisons import compare_values, direction_of, kind_of
from jixiao.reading.values.values import parse_value, reading_state
from jixiao.sample import Wanted, make_province, parse_years, write_province
from jixiao.sample.catalogue import declared, load_catalogue
from jixiao.sample.population import most_departments
from jixiao.scoring import score
from jixiao.scoring.frameworks import load_framework

SMALL = Wanted(departments=6, years=(2022, 2023, 2024), projects=60, seed=3)
LARGE = Wanted(departments=12, years=(2023, 2024), projects=800, seed=1)
KEY = ["code", "year", "project_id", "evaluation"]


@pytest.fixture(scope="module")
def small():
    return make_province(SMALL)


@pytest.fixture(scope="module")
def large():
    frames, planted = make_province(LARGE)
    scores, totals = score(frames)
    return frames, planted, scores, totals, audit(frames, scores, totals)


def same(first, second):
    for name, frame in first.items():
        pd.testing.assert_frame_equal(frame, getattr(second, name), obj=name)


def test_the_same_seed_makes_the_same_province_and_another_seed_another(small):
    frames, planted = make_province(SMALL)
    same(frames, small[0])
    pd.testing.assert_frame_equal(planted, small[1])
    other, _ = make_province(Wanted(6, (2022, 2023, 2024), 60, seed=4))
    assert not other.indicators["actual_text"].equals(frames.indicators["actual_text"])


def test_two_runs_write_the_same_bytes(tmp_path):
    wanted = Wanted(2, (2023, 2024), 6, seed=5)
    for name in ("a", "b"):
        write_province(wanted, tmp_path / name)
    written = {path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()}
    assert {"indicators", "findings"} <= {path.parent.name for path in written}
    assert {"planted.parquet", "README.md"} < {path.name for path in written}
    for path in written:
        first, second = ((tmp_path / name / path).read_bytes() for name in "ab")
        if path.name == "manifest.json":  # says when, under a seal
            first, second = ({**json.loads(text), "as_of": "", "seal": ""} for text in (first, second))
        assert first == second, path


def test_the_frames_have_exactly_the_declared_columns_types_and_keys(small):
    frames, _ = small
    for name, frame in frames.items():
        assert {column: str(kind) for column, kind in frame.dtypes.items()} == SCHEMAS[name], name
        assert list(frame.columns) == list(SCHEMAS[name])
    for name, key in KEYS.items():
        assert not getattr(frames, name).duplicated(key).any(), name
    assert set(frames.evaluations["evaluation"]) == {"self", "department", "finance"}


def test_every_name_is_evidently_made_up(large):
    frames = large[0]
    for column in ("project", "department", "unit"):
        assert frames.evaluations[column].str.startswith("示例").all()
    label = declared()["label"]
    own = frames.evaluations[frames.evaluations["evaluation"] == "self"]
    assert own["objective"].str.startswith(label).all() and own["objective_achieved"].str.startswith(label).all()


def test_projects_go_on_over_the_years_and_some_end(small):
    frames, planted = small
    own = frames.evaluations[frames.evaluations["evaluation"] == "self"]
    assert own.groupby("year").size().tolist() == [60, 60, 60]
    assert own["department"].nunique() == 6
    years = own.groupby("project_id")["year"].agg(["min", "max", "size"])
    assert (years["size"] == years["max"] - years["min"] + 1).all(), "no project pauses"
    assert 10 < (years["max"] < 2024).sum() < 40 and (years["size"] == 3).sum() > 25
    rows = frames.indicators[frames.indicators["evaluation"] == "self"]
    rows = rows.merge(planted[planted["code"] == "total_weight"][KEY[1:]].assign(shifted=True), how="left")
    kept = rows[rows["shifted"].isna()].groupby(["project_id", "indicator_id"])[["indicator", "weight"]].nunique()
    assert (kept == 1).all().all(), "indicators and weights stay with the project"
    money = frames.budgets[(frames.budgets["fund"] == "total") & (frames.budgets["evaluation"] == "self")]
    parts = frames.budgets[(frames.budgets["fund"] == "carry_over") & (frames.budgets["evaluation"] == "self")]
    carried = parts.set_index(["project_id", "year"])["annual_budget_wan"]
    left = money.assign(year=money["year"] + 1).set_index(["project_id", "year"])
    left = (left["annual_budget_wan"] - left["executed_wan"]).clip(lower=0)
    both = pd.concat([carried, left], axis=1, keys=["carried", "left"]).dropna()
    assert (both["carried"] <= both["left"] + 0.001).all() and (both["carried"] > 0).sum() > 5, "what was left"
    growth = money.sort_values("year").groupby("project_id")["initial_budget_wan"].pct_change().dropna()
    assert growth.abs().median() < 0.15 and growth.nunique() > 20


def test_the_observed_numbers_are_counted_in_the_published_forms(published):
    observed, scores = declared()["observed"], published.scores
    counted = scores[scores["is_counted"]]
    money = published.frames.budgets[published.frames.budgets["fund"] == "total"]
    rates = (money["executed_wan"] / money["annual_budget_wan"].where(money["annual_budget_wan"] > 0)).dropna()
    assert sorted(round(rate, 4) for rate in rates) == sorted(float(rate) for rate in observed["execution_rates"])
    own = counted[counted["evaluation"] == "self"]
    sizes = own.groupby(["project_id", "subcategory"]).size().unstack()
    for name, (low, high) in observed["rows"].items():
        assert (sizes[name].min(), sizes[name].max()) == (low, high), name
    numbers = counted[counted["is_comparable"] & (counted["target_value"] > 0)]
    ratio = (numbers["actual_value"] / numbers["target_value"]).round(9)
    slipped = ratio == 0.1
    assert slipped.sum() == observed["slips"]["magnitude"][0]
    more = ratio[(numbers["direction"] == "positive") & ~slipped]
    bands = {"short": more < 1, "exact": more == 1, "near": (more > 1) & (more <= 1.2), "far": more > 1.2}
    assert {name: int(band.sum()) for name, band in bands.items()} == observed["positive"]
    less = ratio[numbers["direction"] == "negative"]
    bands = {"over": less > 1, "exact": less == 1, "under": (less < 1) & (less > 0), "zero": less == 0}
    assert {name: int(band.sum()) for name, band in bands.items()} == observed["negative"]
    costs = own[own["target_kind"] == "money"]
    assert [int((costs["actual_kind"] == "word").sum()), len(costs)] == observed["cost_in_words"]
    judged = counted[counted["decided_by"] == "person"]
    assert [int((judged["reported_score"] < judged["weight"]).sum()), len(judged)] == observed["judged_deducted"]
    pleased = counted[counted["indicator"].str.contains("满意度") & (counted["target_kind"] == "rate")]
    targets = (pleased["target_value"] * 100).round().astype(int).value_counts().to_dict()
    assert targets == observed["satisfaction_targets"]


def test_the_observed_slips_are_counted_in_the_published_forms(published):
    observed, scores = declared()["observed"]["slips"], published.scores
    ruled = scores[scores["is_counted"] & (scores["decided_by"] == "rule")]
    met = ruled["score"] == ruled["weight"]
    full, wrong = ruled["reported_score"] == ruled["weight"], (ruled["reported_score"] - ruled["score"]).abs() > 0.005
    own = scores[scores["is_counted"] & (scores["evaluation"] == "self")]
    lost = own[own["reported_score"] < own["weight"]]
    sizes = scores[
        scores["is_comparable"]
        & scores["target_kind"].isin(["count", "number", "money"])
        & (scores["target_value"] > 0)
        & (scores["actual_value"] > 0)
    ]
    printed = published.frames.budgets["execution_rate_text"].str.contains("%")
    found = published.findings["code"].value_counts()
    counted = {
        "magnitude": [int(found["magnitude"]), len(sizes)],
        "met_but_deducted": [int((met & ~full).sum()), int(met.sum())],
        "missed_but_full": [int((~met & full).sum()), int((~met).sum())],
        "score_against_standard": [int((~met & ~full & wrong).sum()), int((~met).sum())],
        "missing_reason": [int((lost["deviation_reason"] == "").sum()), len(lost)],
        "execution_rate": [int(found["execution_rate"]), int(printed.sum())],
    }
    assert counted == observed


def test_the_distributions_are_near_the_declared_ones(large):
    frames, planted, scores, totals, _ = large
    observed, assumed = declared()["observed"], declared()["assumed"]
    own = scores[scores["evaluation"] == "self"]
    rates = totals.loc[totals["evaluation"] == "self", "execution_rate"].round(6)
    full = [float(rate) == 1 for rate in observed["execution_rates"]]
    assert (rates == 1).mean() == pytest.approx(np.mean(full), abs=0.05)
    sizes = own.groupby(["year", "project_id", "subcategory"]).size()
    for name, (low, high) in observed["rows"].items():
        these = sizes.xs(name, level="subcategory")
        assert low <= these.min() and these.max() <= high + (name in assumed["extra_rows"]), name
    hidden = planted[planted["code"] == "magnitude"][[*KEY[1:], "indicator_id"]].assign(slipped=True)
    counts = own[(own["target_kind"] == "count") & own["is_comparable"]].merge(hidden, how="left")
    counts = counts[counts["slipped"].isna() & (counts["target_value"] >= 30)]  # of small targets every step is large
    more = counts.loc[counts["direction"] == "positive", "completion_rate"]
    bands = {"short": more < 1, "near": (more >= 1) & (more <= 1.21), "far": more > 1.21}
    whole = sum(observed["positive"].values())
    wanted = {**observed["positive"], "near": observed["positive"]["near"] + observed["positive"]["exact"]}
    for name, band in bands.items():
        assert band.mean() == pytest.approx(wanted[name] / whole, abs=0.04), name
    laid_down = {name: part.weight for part in load_framework("caiyu_2020_10").categories for name in part.names}
    weights = own.groupby(["year", "project_id", "category"])["weight"].sum().reset_index()
    usual = weights["weight"] == weights["category"].map(laid_down).astype(float)
    assert usual.mean() > 0.9
    ends = 1 - assumed["ending"]
    both = frames.projects.groupby("project_id").size()
    assert (both == 2).sum() / LARGE.projects == pytest.approx(float(ends), abs=0.03)
    satisfaction = own[own["subcategory"] == "服务对象满意度指标"]["target_value"]
    assert set(satisfaction.round(2)) == {target / 100 for target in observed["satisfaction_targets"]}


def test_every_kind_of_slip_is_planted_and_found_by_the_check_meant_for_it(large):
    _, planted, _, _, findings = large
    sample = declared()
    assert set(planted["code"]) == {*sample["observed"]["slips"], *sample["assumed"]["slips"]}
    found = set(findings[[*KEY, "indicator_id"]].itertuples(index=False, name=None))
    forms = {row[:4] for row in found}
    missed = [
        row
        for row in planted.itertuples(index=False, name=None)
        if (tuple(row) not in found if row[4] else tuple(row[:4]) not in forms)
    ]
    assert missed == []


def test_without_slips_no_check_finds_one(monkeypatch):
    sample = declared()
    quiet = {**sample["assumed"], "slip_scale": Decimal(0), "slips": dict.fromkeys(sample["assumed"]["slips"], 0)}
    quiet["habits"] = {**quiet["habits"], "one_decimal": 0}
    quiet["unusual_weights"] = 0
    for module in ("attainment", "budgets", "population", "chunks", "catalogue", "self_forms", "review_forms"):
        monkeypatch.setattr(f"jixiao.sample.{module}.declared", lambda: {**sample, "assumed": quiet})
    frames, planted = make_province(Wanted(4, (2024,), 300, seed=2))
    findings = audit(frames, *score(frames))
    assert planted.empty
    assert set(findings["severity"]) == {"question"}, "what follows from the figures is never an error"
    slips = {*sample["observed"]["slips"], *sample["assumed"]["slips"]}
    assert set(findings["code"]) & slips <= {"magnitude"}, "1 of 10 is a power of ten apart"
    assert "over_completion" in set(findings["code"])


def test_every_row_is_what_the_grammar_reads_in_its_texts(small):
    frames, _ = small
    assert len(frames.indicators) > 3000
    for row in frames.indicators.itertuples(index=False):
        year = int(row.year)
        target = parse_value(row.target_text, year=year)
        actual = parse_value(row.actual_text, year=year, wanted_unit=target.measure_unit)
        compared = compare_values(target, actual)
        done = compared.actual.value
        read = [
            *(target.kind, target.relation, target.measure_unit, reading_state(target)),
            *(actual.kind, actual.relation, reading_state(actual, guesses=compared.guesses)),
            *(compared.is_comparable, compared.word_met),
            *(direction_of(target, row.indicator), kind_of(target)),
            *(None if target.value is None else float(target.value), None if done is None else float(done)),
            *(target.end, actual.end),
        ]
        made = [
            *(row.target_kind, row.target_relation, row.measure_unit, row.target_state),
            *(row.actual_kind, row.actual_relation, row.actual_state),
            *(row.is_comparable, row.word_met),
            *(row.direction, row.kind),
            *(None if value != value else value for value in (row.target_value, row.actual_value)),
            *(None if day is pd.NaT else day.date() for day in (row.target_date, row.actual_date)),
        ]
        assert made == read, (row.target_text, row.actual_text)


def test_the_forms_read_back_equal_to_the_frames(tmp_path):
    counts = write_province(Wanted(2, (2023, 2024), 12, seed=22), tmp_path / "place", with_forms=True)
    built = read_built(tmp_path / "place")
    assert {"self", "department", "finance"} == set(built.frames.evaluations["evaluation"])
    frames, errors = load_frames(tmp_path / "place" / "forms")
    assert errors == [] and frames.skipped.empty
    assert counts["files"] == len(frames.evaluations) == counts["evaluations"]
    same(frames, built.frames)
    assert not is_stale(tmp_path / "place")
    for file in frames.evaluations["source_file"]:
        book = openpyxl.load_workbook(tmp_path / "place" / "forms" / file, read_only=False)
        texts = [cell for sheet in book for line in sheet.iter_rows(values_only=True) for cell in line]
        assert any(declared()["label"] in str(text) for text in texts), file


def test_what_was_written_is_what_one_piece_gives(tmp_path, small):
    counts = write_province(SMALL, tmp_path / "place")
    built = read_built(tmp_path / "place")
    frames, planted = small
    same(frames, built.frames)
    scores, totals = score(frames)
    findings = audit(frames, scores, totals)
    pd.testing.assert_frame_equal(scores, built.scores)
    pd.testing.assert_frame_equal(totals, built.totals)
    pd.testing.assert_frame_equal(findings, built.findings)
    assert counts == {
        "evaluations": len(totals),
        "indicators": len(scores),
        "findings": len(findings),
        "planted": len(planted),
        "files": 0,
    }
    assert jixiao.evaluate(tmp_path / "place").remark == declared()["remark"]
    assert len(jixiao.load(tmp_path / "place").projects) == len(frames.projects)


def test_a_large_province_is_written_in_batches(tmp_path, monkeypatch, small):
    monkeypatch.setattr(province, "HELD", 1)
    write_province(SMALL, tmp_path / "place")
    built = read_built(tmp_path / "place")
    same(small[0], built.frames)
    scores, totals = score(small[0])
    pd.testing.assert_frame_equal(scores, built.scores)
    pd.testing.assert_frame_equal(totals, built.totals)
    rank = built.findings["severity"].map({"error": 0, "warning": 1, "rounding": 2, "question": 3})
    assert rank.is_monotonic_increasing and built.findings.groupby("severity")["year"].nunique().max() == 3


def test_the_place_and_the_dashboard_say_that_it_is_made_up(tmp_path):
    write_province(Wanted(1, (2024,), 2), tmp_path / "place")
    label = declared()["label"]
    for folder in ("place", "place/forms"):
        assert label in (tmp_path / folder / "README.md").read_text(encoding="utf-8")
    assert label in (tmp_path / "place" / "manifest.json").read_text(encoding="utf-8")
    from jixiao.publish.viewer import keep_pages

    assert label in (keep_pages(tmp_path / "place") / "data" / "pages.js").read_text(encoding="utf-8")


def test_a_failed_run_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(province, "run_checks", fail)
    with pytest.raises(OSError, match="disk full"):
        write_province(Wanted(1, (2024,), 2), tmp_path / "place")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--years", "2024:2020"], "起始年度 2024 晚于结束年度 2020，请改为 2020:2024"),
        (["--years", "2019:2020"], "应在 2020 至 2100 之间"),
        (["--years", "今年"], "应写成“起始年度:结束年度”"),
        (["--departments", "0"], "--departments 应在 1 至 3144 之间，实际为 0"),
        (["--departments", "4000", "--projects", "5000"], "实际为 4000"),
        (["--departments", "9", "--projects", "8"], "--projects（8）不能少于 --departments（9）"),
        (["--seed", "-1"], "--seed 应为不小于 0 的整数"),
    ],
)
def test_a_request_that_cannot_be_met_is_one_sentence(options, sentence, tmp_path):
    outcome = CliRunner().invoke(app, ["sample", "--out", str(tmp_path / "place"), *options])
    assert isinstance(outcome.exception, JixiaoError) and sentence in str(outcome.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_holds_something_or_real_data_is_refused(tmp_path, monkeypatch):
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / "自评表.xlsx").write_bytes(b"x")
    with pytest.raises(RequestError, match="已存在且不是空目录"):
        write_province(Wanted(1, (2024,), 1), tmp_path / "place")
    (tmp_path / "data" / "source").mkdir(parents=True)
    monkeypatch.setenv("JIXIAO_HOME", str(tmp_path))
    for place in ("source", "source/2024", "built", "sample/../source"):
        with pytest.raises(RequestError, match="示例数据不能写入 data/"):
            write_province(Wanted(1, (2024,), 1), tmp_path / "data" / place)
    assert list((tmp_path / "data" / "source").iterdir()) == []
    with pytest.raises(JixiaoError, match="请用 --out"):
        CliRunner().invoke(app, ["sample"], catch_exceptions=False)


def test_the_command_writes_a_place(tmp_path):
    options = ["--departments", "1", "--projects", "2", "--years", "2024", "--out", str(tmp_path / "place")]
    outcome = CliRunner().invoke(app, ["sample", *options], catch_exceptions=False)
    assert "已生成示例数据（虚构）：2 份评价" in outcome.output
    assert parse_years("2024") == (2024,)


def test_the_folder_one_stands_in_can_be_the_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ["--departments", "1", "--projects", "2", "--years", "2024", "--out", "."]
    outcome = CliRunner().invoke(app, ["sample", *options], catch_exceptions=False)
    assert "已生成示例数据（虚构）：2 份评价" in outcome.output
    assert len(jixiao.evaluate(tmp_path).totals) == 2 and not [*tmp_path.parent.glob(f".*.{tmp_path.name}")]


def test_no_topic_and_no_indicator_of_a_project_comes_twice():
    catalogue = load_catalogue()
    names = [topic["name"] for topic in catalogue.topics]
    assert len(set(names)) == len(names)
    for start, end in zip(catalogue.starts[:-1], catalogue.starts[1:], strict=True):
        listed = [pattern.name for pattern in catalogue.patterns[start:end]]
        assert len(set(listed)) == len(listed)
    assert most_departments() == 3144
