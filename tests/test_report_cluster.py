"""The same batch on a cluster: workers write whole reports to the shared folder, and another jixiao is refused."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from distributed import LocalCluster
from report_content import report_content

import jixiao
from jixiao.builds.handover import pack_results, unpack_results
from jixiao.core.errors import RequestError
from jixiao.core.results import results_frames
from jixiao.publish.reports import Manner, batch, distribution, list_reports, run_reports
from jixiao.publish.reports.making import Task
from jixiao.publish.reports.report_workers import packed, send_task


def test_what_goes_to_a_cluster_and_comes_back_is_json_and_arrow(monkeypatch):
    results = jixiao.evaluate("sample")
    request = list_reports(results, place="sample")[0]
    task = Task(request, "key", "rows", pack_results(results), "{}", ("ipynb",), False, "out", 1.0, {"a.xlsx": "0"})
    taken = []
    monkeypatch.setattr(
        distribution, "_pool", lambda: SimpleNamespace(make=lambda given: taken.append(given) or {"key": "1"})
    )
    answer = distribution._make_one(packed(send_task, task))
    assert isinstance(answer, bytes) and json.loads(answer) == {"record": {"key": "1"}, "size": 0}
    assert taken == [task]
    for name, frame in results_frames(results).items():
        pd.testing.assert_frame_equal(results_frames(unpack_results(taken[0].packed))[name], frame)


def test_a_cluster_makes_the_reports_that_this_machine_makes(tmp_path, monkeypatch):
    results = jixiao.evaluate("sample")
    requests = list_reports(results, place="sample", projects=["校园网络"], years=[2023])
    manner = Manner(formats=("ipynb", "html"), workers=2)  # kernels beside each other must not meet
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        there = replace(manner, cluster=cluster.scheduler_address)
        outcomes = run_reports(requests, results, tmp_path / "there", manner=there)
        assert [outcome.error for outcome in outcomes] == [""] * len(requests)
        again = run_reports(requests, results, tmp_path / "there", manner=there)
        assert all(outcome.is_kept for outcome in again)
        monkeypatch.setattr(distribution, "program_hash", lambda: "another")
        with pytest.raises(RequestError, match="上的 jixiao 与本机不同"):
            run_reports(requests, results, tmp_path / "other", manner=there)
        assert not list((tmp_path / "other").rglob("report.json"))
    here = {
        outcome.request: outcome.folder for outcome in run_reports(requests, results, tmp_path / "here", manner=manner)
    }
    for outcome in outcomes:
        assert report_content(outcome.folder) == report_content(here[outcome.request])


def test_a_report_that_a_worker_only_says_it_has_written_is_not_counted(tmp_path, monkeypatch):
    results = jixiao.evaluate("sample")
    requests = list_reports(results, place="sample")[:2]
    monkeypatch.setattr(batch, "make_there", lambda tasks, address, out: ((task, {"key": task.key}) for task in tasks))
    outcomes = run_reports(requests, results, tmp_path, manner=Manner(formats=("html",), cluster="tcp://x:1"))
    assert [one.folder for one in outcomes] == [None, None]
    assert all("没有完整的报告" in one.error for one in outcomes)
