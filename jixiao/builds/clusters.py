"""Reach a dask.distributed cluster (集群) that somebody else started; jixiao has no scheduler of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jixiao.core.errors import RequestError

WAIT_SECONDS = 20


@contextmanager
def reach(address: str) -> Iterator[Any]:
    """Yield a ``distributed.Client`` of the scheduler at an address (连接集群), and close it afterwards.

    Args:
        address: Where the scheduler listens, such as ``tcp://10.0.0.5:8786``.

    Raises:
        RequestError: The address is none, nobody answers there, or no worker has joined.

    Example:
        >>> with reach("here"):
        ...     pass
        Traceback (most recent call last):
        jixiao.core.errors.RequestError: 集群地址“here”不能用，应写成 tcp://主机:端口 或 tls://主机:端口，如 tcp://10.0.0.5:8786
    """
    from distributed import Client

    if not address.startswith(("tcp://", "tls://")):
        raise RequestError(
            f"集群地址“{address}”不能用，应写成 tcp://主机:端口 或 tls://主机:端口，如 tcp://10.0.0.5:8786"
        )
    try:
        client = Client(address, timeout=WAIT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise RequestError(f"集群 {address} 没有应答，请确认调度器已启动、地址和端口无误，再重新运行") from error
    with client:
        if not client.scheduler_info(n_workers=-1)["workers"]:
            raise RequestError(f"集群 {address} 还没有工作进程，请先在各台机器上启动 dask worker {address}，再重新运行")
        yield client


@contextmanager
def local(workers: int) -> Iterator[Any]:
    """Yield a ``distributed.Client`` of worker processes on this machine (本机并行), ended afterwards.

    Args:
        workers: How many processes, at least one.

    Raises:
        RequestError: The number is none.

    Example:
        >>> with local(0):
        ...     pass
        Traceback (most recent call last):
        jixiao.core.errors.RequestError: 工作进程数应不小于 1，实际为 0
    """
    from distributed import Client, LocalCluster

    if workers < 1:
        raise RequestError(f"工作进程数应不小于 1，实际为 {workers}")
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client
