"""The workers of a cluster (集群的工作进程), which must score by the same version and rules as this machine."""

from __future__ import annotations

from typing import Any

import jixiao
from jixiao.builds.manifest import rules_hash
from jixiao.core.errors import RequestError


def check_workers(client: Any) -> None:
    """Refuse workers that would score by another version or by other rules."""
    mine = _versions()
    try:
        known = client.run(_versions)
    except ImportError as error:
        raise RequestError(
            f"集群的工作进程缺少“{error.name}”，请在各台机器上安装同一版本的 jixiao 后重新运行"
        ) from error
    others = [address for address, version in known.items() if version != mine]
    if others:
        raise RequestError(
            f"集群的工作进程 {'、'.join(others)} 的 jixiao 版本或规则与本机不同，请安装同一版本、同步规则后重新运行"
        )


def _versions() -> str:
    return f"{jixiao.__version__} {rules_hash()}"
