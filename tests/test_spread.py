"""Whoever works, and whatever the order of the rows, scores and findings are the same."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster
from typer.testing import CliRunner

from jixiao.builds import cluster
from jixiao.builds.cluster import cut
from jixiao.builds.run import build, evaluate_frames, load
from jixiao.builds.stream import Part, built_parts, score_parts
from jixiao.builds.versions import read_built, write_built
from jixiao.checks.set_aside import load_aliases
from jixiao.cli.main import app
from jixiao.core.errors import JixiaoError, RequestError
from jixiao.core.files import find_place
from jixiao.core.frames import EVALUATION_KEY, Frames
from jixiao.core.results import Results
from jixiao.sample import Wanted, make_province
from jixiao.scoring.frameworks import load_framework

NAMES = ("scores", "totals", "findings", "passed")


@pytest.fixture(scope="module")
def client():
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster, set_as_default=False) as joined,
    ):
        yield joined


@pytest.fixture(scope="module")
def province():
    frames = make_province(Wanted(departments=6, years=(2022, 2023, 2024), projects=120, seed=5))[0]
    return frames, evaluate_frames(frames)


def shuffled(frames, seed=1):
    """Return the frames with every row somewhere else."""
    rng = np.random.default_rng(seed)
    return Frames(
        **{name: frame.take(rng.permutation(len(frame))).reset_index(drop=True) for name, frame in frames.items()}
    )


def test_two_workers_give_what_one_process_gives(client, province):
    frames, alone = province
    for name, mine, theirs in zip(NAMES, alone, evaluate_frames(frames, client=client), strict=True):
        pd.testing.assert_frame_equal(mine, theirs, obj=name)
    assert len(alone[2]) > 100


def test_the_published_forms_give_the_same_on_workers(client):
    frames = load("source")
    aliases = load_aliases(find_place("source").parent / "aliases.yaml")
    alone = evaluate_frames(frames, aliases=aliases)
    for name, mine, theirs in zip(NAMES, alone, evaluate_frames(frames, aliases=aliases, client=client), strict=True):
        pd.testing.assert_frame_equal(mine, theirs, obj=name)


def test_the_order_of_the_rows_makes_no_difference(province):
    frames, alone = province
    mixed = evaluate_frames(shuffled(frames))
    for name, key in {"scores": [*EVALUATION_KEY, "indicator_id"], "totals": EVALUATION_KEY}.items():
        mine, theirs = (found[NAMES.index(name)].sort_values(key, ignore_index=True) for found in (alone, mixed))
        pd.testing.assert_frame_equal(mine, theirs, obj=name)
    pd.testing.assert_frame_equal(alone[2], mixed[2])
    pd.testing.assert_frame_equal(alone[3], mixed[3])


def test_pieces_hold_whole_projects_and_every_row_once(province):
    frames, _ = province
    places, pieces = cut(frames, {}, 5)
    for name in ("projects", "evaluations", "budgets", "indicators", "headings"):
        whole = np.sort(np.concatenate([place[name] for place in places]))
        assert (whole == np.arange(len(getattr(frames, name)))).all(), name
    owners = [set(piece.projects["project_id"]) for piece in pieces]
    assert len(owners) == 5 and sum(map(len, owners)) == len(set.union(*owners))


def test_names_declared_to_be_one_project_stay_together(province):
    frames, _ = province
    first, last = frames.projects["project"].iloc[[0, -1]]
    _, pieces = cut(frames, {str(first): "one", str(last): "one"}, 50)
    assert any({first, last} <= set(piece.projects["project"]) for piece in pieces)


def test_parts_of_parquet_give_the_same_totals(province, tmp_path):
    frames, (_, totals, _, _) = province
    _, pieces = cut(frames, {}, 3)
    parts = []
    for number, piece in enumerate(pieces):
        part = Part(*(tmp_path / f"{name}_{number}.parquet" for name in Part._fields))
        for name, path in part._asdict().items():
            getattr(piece, name).to_parquet(path, index=False)
        parts.append(part)
    found = score_parts(parts, threads=2)
    both = totals.merge(found, on=EVALUATION_KEY, suffixes=("", "_part"), validate="1:1")
    assert len(both) == len(totals) == len(found)
    pd.testing.assert_series_equal(both["total"], both["total_part"], check_names=False)
    assert both["grade"].astype("str").tolist() == both["grade_part"].astype("str").tolist()
    assert (both["framework"] == both["framework_part"]).all() and both["total"].notna().any()
    with pytest.raises(RequestError, match="没有可以计分的数据"):
        score_parts([])


def test_a_built_place_is_scored_from_its_files(province, tmp_path):
    frames, (scores, totals, findings, passed) = province
    forms = tmp_path / "forms"
    forms.mkdir()
    results = Results(frames, scores, totals, findings, forms, datetime.now(UTC), passed)
    write_built(results, tmp_path / "built")
    for years in ([], [2023]):
        found = score_parts(built_parts(tmp_path / "built", years=years), threads=2)
        stored = read_built(tmp_path / "built", years=years, frames=["totals"]).totals
        columns = [*EVALUATION_KEY, "framework", "total", "grade"]
        both = (one[columns].sort_values(EVALUATION_KEY, ignore_index=True) for one in (found, stored))
        pd.testing.assert_frame_equal(*both)
        assert len(found) > 100
    assert built_parts(tmp_path / "built", years=[1999]) == []


def test_a_build_on_a_cluster_writes_the_same_frames(client, tmp_path):
    alone, _ = build("sample", tmp_path / "alone")
    spread, _ = build("sample", tmp_path / "spread", client=client)
    for name in ("scores", "totals", "findings", "passed"):
        pd.testing.assert_frame_equal(getattr(alone, name), getattr(spread, name))
    again = read_built(tmp_path / "spread")
    pd.testing.assert_frame_equal(again.scores, alone.scores)


def test_the_command_builds_on_a_cluster_and_refuses_both_ways_at_once(client, tmp_path):
    runner = CliRunner()
    done = runner.invoke(
        app, ["build", "--place", "sample", "--out", str(tmp_path), "--cluster", client.scheduler.address]
    )
    assert done.exit_code == 0 and "10 份评价" in done.output
    assert len(read_built(tmp_path).totals) == 10
    both = runner.invoke(app, ["build", "--cluster", "tcp://127.0.0.1:1", "--workers", "2"])
    assert isinstance(both.exception, JixiaoError) and "只能用一个" in str(both.exception)


def test_workers_with_other_rules_are_refused(client, tmp_path, monkeypatch):
    monkeypatch.setattr("jixiao.builds.cluster.rules_hash", lambda: "another")
    with pytest.raises(RequestError, match="版本或规则与本机不同"):
        build("sample", tmp_path / "built", client=client)
    assert not (tmp_path / "built").exists()


def test_worker_processes_of_this_machine_are_counted():
    with pytest.raises(RequestError, match="不小于 1"), cluster.local(-1):
        pass


def test_an_error_of_a_worker_is_its_sentence(client, province):
    with pytest.raises(JixiaoError, match="没有名为“nothing”"):
        evaluate_frames(province[0], framework="nothing", client=client)
    assert load_framework("caiyu_2020_10").id == "caiyu_2020_10"
