"""Score and audit beside each other (并行计分与核查): whole projects in pieces, on worker processes or a cluster.

A dask.distributed cluster (集群) is started by somebody else, or for one run on this machine. A piece holds all years
and evaluations of its projects, those under a declared other name included. Checks of indicators, weights and points
look at one project at a time and run where its rows are scored; checks that compare projects, lists or accounts run
once over everything, and so does the last check. The results are those of one process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import jixiao
from jixiao.checks import LAST, Looks, conclude, history, load_checks, look, magnitude, proof, quality, standards, sums
from jixiao.checks.evidence import Evidence, gather
from jixiao.core.errors import RequestError
from jixiao.core.frames import SCHEMAS, Frames, typed
from jixiao.core.hashes import rules_hash
from jixiao.scoring import score

if TYPE_CHECKING:
    from distributed import Client

WAIT_SECONDS = 20
BY_PROJECT = frozenset(
    code
    for room in (sums, standards, magnitude, proof, quality, history)
    for code in room.CHECKS
    if code not in {LAST, "project_names"}
)
"""The checks that look at one project at a time."""
PIECES = 4
"""Pieces for each worker, so that none waits long for the last one."""

Evaluated = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]
"""Scores, totals, findings, and what the checks counted."""


def evaluate_pieces(frames: Frames, client: Client, *, framework: str, aliases: Mapping[str, str]) -> Evaluated:
    """Score and audit frames on the workers of a cluster (集群计分与核查).

    Args:
        frames: From :func:`jixiao.load`.
        client: Whose workers do the work.
        framework: The framework of the self-evaluations instead of the default one.
        aliases: The declared name of a project by each of its other names.

    Returns:
        What :func:`jixiao.builds.run.evaluate_frames` gives in one process.

    Raises:
        RequestError: The workers lack a library.
    """
    codes = [code for code in load_checks() if code != LAST]
    places, pieces = cut(frames, aliases, PIECES * len(client.scheduler_info(n_workers=-1)["workers"]))
    with _same_libraries():
        done = client.gather(client.map(work, pieces, framework=framework, aliases=dict(aliases), pure=False))
    added = _restored([one[0] for one in done], [place["indicators"] for place in places])
    scores = pd.concat([frames.indicators.reset_index(drop=True), added], axis=1)
    totals = _restored([one[1] for one in done], [place["evaluations"] for place in places])
    evidence = gather(frames, scores, totals, aliases)
    together = look(evidence, [code for code in codes if code not in BY_PROJECT])
    for code in BY_PROJECT:
        parts = [one[2][code] for one in done]
        rows = pd.concat([part[0] for part in parts], ignore_index=True)
        together[code] = rows, sum(part[1] for part in parts)
    return scores, totals, *conclude(evidence, {code: together[code] for code in codes})


def cut(frames: Frames, aliases: Mapping[str, str], count: int) -> tuple[list[dict[str, np.ndarray]], list[Frames]]:
    """Cut frames into pieces of whole projects (按项目分片).

    Returns:
        For each piece, the places of its rows in each frame, and the piece; frames without projects are empty in it.
    """
    nothing = typed([], SCHEMAS["evaluations"])
    evidence = Evidence(frames, nothing, nothing, aliases)
    keyed = [name for name, schema in SCHEMAS.items() if "project_id" in schema]
    number = {name: np.maximum(evidence.project(name), 0) for name in keyed}
    size = max(int(numbers.max(initial=0)) + 1 for numbers in number.values())
    count = max(min(count, size), 1)
    places, pieces = [], []
    for piece in range(count):
        low, high = size * piece // count, size * (piece + 1) // count
        place = {name: np.flatnonzero((numbers >= low) & (numbers < high)) for name, numbers in number.items()}
        parts = {
            name: frame.take(place[name]).reset_index(drop=True) if name in place else typed([], SCHEMAS[name])
            for name, frame in frames.items()
        }
        places.append(place)
        pieces.append(Frames(**parts))
    return places, pieces


def work(piece: Frames, *, framework: str, aliases: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame, Looks]:
    """Score one piece and run the checks of projects over it (处理一个分片).

    Returns:
        What scoring adds to the indicators, the totals, and by check its findings and where it looked.
    """
    scores, totals = score(piece, framework=framework)
    looks = look(gather(piece, scores, totals, aliases), BY_PROJECT)
    return scores.drop(columns=list(SCHEMAS["indicators"])), totals, looks


def _restored(parts: list[pd.DataFrame], places: list[np.ndarray]) -> pd.DataFrame:
    """Join what pieces gave, in the order of the rows they were cut from."""
    order = np.argsort(np.concatenate(places), kind="stable")
    return pd.concat(parts, ignore_index=True).take(order).reset_index(drop=True)


def forget_preloads() -> None:
    """Take out of the settings of dask (dask 配置) what runs code of another's choice here or in a worker of ours."""
    import dask

    found: dict[str, list[str]] = {f"distributed.{who}.preload{what}": [] for who in _WHO for what in ("", "-argv")}
    dask.config.set({**found, "distributed.nanny.environ": {}})


_WHO = ("client", "worker", "nanny", "scheduler")


@contextmanager
def reach(address: str) -> Iterator[Client]:
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

    forget_preloads()
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
def local(workers: int) -> Iterator[Client]:
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

    forget_preloads()
    if workers < 1:
        raise RequestError(f"工作进程数应不小于 1，实际为 {workers}")
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def check_workers(client: Client) -> None:
    """Refuse workers that would score by another version or by other rules."""
    mine = _versions()
    with _same_libraries():
        known = client.run(_versions)
    others = [address for address, version in known.items() if version != mine]
    if others:
        raise RequestError(
            f"集群的工作进程 {'、'.join(others)} 的 jixiao 版本或规则与本机不同，请安装同一版本、同步规则后重新运行"
        )


def _versions() -> str:
    return f"{jixiao.__version__} {rules_hash()}"


@contextmanager
def _same_libraries() -> Iterator[None]:
    """Say in one sentence that workers lack a library."""
    try:
        yield
    except ImportError as error:
        raise RequestError(
            f"集群的工作进程缺少“{error.name}”，请在各台机器上安装同一版本的 jixiao 后重新运行"
        ) from error
