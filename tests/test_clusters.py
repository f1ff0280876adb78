"""A cluster that somebody else started is reached, or one sentence says why not."""

import socket

import pytest
from distributed import LocalCluster

from jixiao.builds import cluster
from jixiao.core.errors import RequestError


def test_work_is_handed_to_a_cluster():
    with LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as local:
        address = local.scheduler_address
        with pytest.raises(RequestError, match="应写成 tcp://"), cluster.reach(address):
            pass  # in-process clusters have no address that another machine could use
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as local,
        cluster.reach(local.scheduler_address) as client,
    ):
        assert client.submit(sum, [1, 2, 3]).result() == 6


def test_a_cluster_without_workers_is_named():
    with (
        LocalCluster(n_workers=0, dashboard_address=None) as local,
        pytest.raises(RequestError, match="还没有工作进程"),
        cluster.reach(local.scheduler_address),
    ):
        pass


def test_nobody_at_the_address_is_named(monkeypatch):
    monkeypatch.setattr(cluster, "WAIT_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(RequestError, match="没有应答"), cluster.reach(f"tcp://127.0.0.1:{port}"):
        pass
