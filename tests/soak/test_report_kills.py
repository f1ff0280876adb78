"""Hundreds of reports of a made-up province with workers killed in the middle: each is there once, whole, the same.

Run by ``make soak``; JIXIAO_SOAK_REPORTS says how many reports.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from figures import keep
from killing import children_of, wait_for_end
from report_content import report_content

import jixiao
from jixiao.publish.reports import Manner, choose_formats, list_reports, run_reports
from jixiao.publish.reports.making import MAKING, RECORD
from jixiao.sample import Wanted, write_province

ROOT = Path(__file__).parents[2]
NUMBER = int(os.environ.get("JIXIAO_SOAK_REPORTS", "500"))
MANNER = Manner(formats=choose_formats([]), workers=2)


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    out = tmp_path_factory.mktemp("province")
    departments = max(2, NUMBER // 50)
    write_province(Wanted(departments, (2023, 2024), max(4, NUMBER // 2), 7), out)
    return out


@pytest.fixture(scope="module")
def whole(province, tmp_path_factory):
    """Return what every report says that was made without a kill, and the command's choice of them."""
    results = jixiao.evaluate(province)
    requests = list_reports(results, place=str(province))[:NUMBER]
    assert len(requests) == NUMBER
    out = tmp_path_factory.mktemp("whole")
    begun = time.monotonic()
    outcomes = run_reports(requests, results, out, manner=MANNER)
    print(f"\n{NUMBER} reports in {time.monotonic() - begun:.0f} s, {outcomes[0].folder}")
    assert not [outcome.error for outcome in outcomes if outcome.error]
    return requests, results, said(out)


def said(out):
    """Return what every report in a folder says; nothing half made is left beside them."""
    assert not (out / MAKING).exists()
    return {str(path.parent.relative_to(out)): report_content(path.parent) for path in out.rglob(RECORD)}


def wait_for(out, number, is_running=lambda: True):
    while len(list(out.rglob(RECORD))) < number:
        assert is_running()
        time.sleep(0.2)


CODE = """
import sys
from pathlib import Path
import jixiao
from jixiao.publish.reports import Manner, choose_formats, list_reports, run_reports
place, out, number = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
results = jixiao.evaluate(place)
outcomes = run_reports(list_reports(results, place=place)[:number], results, out,
                       manner=Manner(formats=choose_formats([]), workers=2))
sys.exit(any(outcome.error for outcome in outcomes))
"""


def test_killed_workers_and_a_killed_batch_lose_nothing(province, whole, tmp_path):
    command = [sys.executable, "-c", CODE, str(province), str(tmp_path), str(NUMBER)]
    batch = subprocess.Popen(command, cwd=ROOT)
    wait_for(tmp_path, NUMBER // 5, lambda: batch.poll() is None)
    workers = children_of(batch.pid)
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    wait_for(tmp_path, NUMBER // 2, lambda: batch.poll() is None)
    last = children_of(batch.pid)
    batch.kill()
    batch.wait()
    wait_for_end(last)
    done = {path: path.stat().st_mtime_ns for path in tmp_path.rglob(RECORD)}
    assert NUMBER // 2 <= len(done) < NUMBER
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    assert all(path.stat().st_mtime_ns == when for path, when in done.items())
    assert said(tmp_path) == whole[2]
    counts = {"reports, in every format": NUMBER, "done when the batch was killed, kept as they were": len(done)}
    keep("kill -9：一批报告", {**counts, "there once, whole, as without a kill": len(whole[2])})


def test_a_killed_worker_of_a_cluster_is_replaced(whole, tmp_path):
    from distributed import LocalCluster

    requests, results, expected = whole
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        victim = cluster.workers[0].process.pid

        def kill():
            wait_for(tmp_path, NUMBER // 3)
            killed.append(len(list(tmp_path.rglob(RECORD))))
            os.kill(victim, signal.SIGKILL)

        killed: list[int] = []
        killer = threading.Thread(target=kill)
        killer.start()
        manner = Manner(formats=MANNER.formats, cluster=cluster.scheduler_address)
        outcomes = run_reports(requests, results, tmp_path, manner=manner)
        killer.join()
    assert not [outcome.error for outcome in outcomes if outcome.error]
    assert said(tmp_path) == expected
    counts = {"reports, in every format": NUMBER, "done when a machine was killed": killed[0]}
    keep("kill -9：集群中的一个工作进程", {**counts, "there once, whole, as without a kill": len(expected)})
