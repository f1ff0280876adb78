"""Keep the last result of a campaign in ``docs/soak.md``: one section per campaign, with its date and its counts."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "soak.md"
HEAD = (
    "# 长测试的最近结果\n\n由 `make soak` 写成，不要手改。每次的随机种子不同，次数和时间有上限；"
    "任何一项不符即判失败，不会写入。\n"
)


def keep(campaign: str, figures: Mapping[str, object]) -> None:
    """Replace the section of a campaign by what it found."""
    text = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else HEAD
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    rows = "".join(f"| {name} | {value} |\n" for name, value in figures.items())
    section = f"\n## {campaign}\n\n{date.today()} · {machine}\n\n| 项目 | 数 |\n|---|---|\n{rows}"
    pattern = re.compile(rf"\n## {re.escape(campaign)}\n.*?(?=\n## |\Z)", re.DOTALL)
    text = pattern.sub(lambda _: section, text) if pattern.search(text) else text + section
    DOCUMENT.write_text(text, encoding="utf-8")
