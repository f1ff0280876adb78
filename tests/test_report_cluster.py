"""The same batch on a cluster: workers write whole reports to the shared folder, and another jixiao is refused."""

from dataclasses import replace

import pytest
from distributed import LocalCluster
from report_content import report_content

import jixiao
from jixiao.errors import RequestError
from jixiao.report import Manner, list_reports, run_reports, spread


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
        monkeypatch.setattr(spread, "code_hash", lambda: "another")
        with pytest.raises(RequestError, match="上的 jixiao 与本机不同"):
            run_reports(requests, results, tmp_path / "other", manner=there)
        assert not list((tmp_path / "other").rglob("report.json"))
    here = {
        outcome.request: outcome.folder for outcome in run_reports(requests, results, tmp_path / "here", manner=manner)
    }
    for outcome in outcomes:
        assert report_content(outcome.folder) == report_content(here[outcome.request])
