"""Compare what was read of a layout with what it was made from (对照): right, wrong, missed, invented values."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any
from unicodedata import normalize

from jixiao.core.errors import JixiaoError
from jixiao.reading.forms.sources import read_file
from jixiao.reading.tidy.make_frames import make_frames
from layouts.generator import Layout


def plain(value: Any) -> str:
    """Return a text as it is compared."""
    if value is None or value != value:
        return ""
    text = f"{value:.10g}" if isinstance(value, float | int) else str(value)
    text = re.sub(r"\s", "", normalize("NFKC", text)).replace(">=", "≥").replace("<=", "≤")
    return "" if text in {"<NA>", "—", "-", "/"} else text


class Judgement:
    """The counts over layouts, and a line for each difference."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.lines: list[str] = []

    def say(self, kind: str, layout: Layout, text: str) -> None:
        self.counts[kind] += 1
        self.lines.append(f"{layout.seed} {kind}: {text}")

    def judge(self, layout: Layout, path: Path) -> None:
        """Read a file and compare it."""
        expected = layout.expected
        size = len(expected["indicators"]) * max(len(expected["indicators"][0]) - 2, 1)
        self.counts["forms"] += 1
        try:
            frames = make_frames(read_file(path))
        except JixiaoError as error:
            self.counts["missed"] += size
            self.say("refused", layout, f"{layout.choices} {error}")
            return
        rows = frames.indicators if layout.kind != "plan" else frames.plans
        head = frames.projects
        self.counts["read"] += 1
        if len(head) != 1:
            self.say("invented", layout, f"{len(head)} projects")
            return
        first = head.iloc[0]
        told = {str(text) for text in frames.guesses["text"]} | {str(text) for text in frames.skipped["text"]}
        for name in ("year", "department", "unit", "project"):
            if name in expected:
                self.compare(layout, name, expected[name], first[name], told)
        if "total" in expected and len(frames.evaluations):
            self.compare(layout, "total", expected["total"], frames.evaluations.iloc[0]["total_reported"], told)
        money = frames.budgets[frames.budgets["fund"] == "total"]
        for name, value in expected["money"].items():
            column = name if name in {"weight", "reported_score"} else f"{name}_wan"
            self.compare(layout, f"money {name}", value, money.iloc[0][column] if len(money) else None, told)
        found = [row for _, row in rows.iterrows() if not (row["category"] == row["indicator"] == "预算执行率")]
        for want in expected["indicators"]:
            row = next((one for one in found if plain(one["indicator"]) == plain(want["indicator"])), None)
            if row is None:
                self.counts["missed"] += len(want)
                self.lines.append(f"{layout.seed} missed row {want['indicator']} {layout.choices}")
                continue
            found = [one for one in found if one is not row]
            for name, value in want.items():
                got = row[name]
                if name in {"category", "subcategory"} and layout.choices["levels"] == "two":
                    got = plain(row["category"]) + plain(row["subcategory"]) if name == "category" else ""
                self.compare(layout, f"{want['indicator']} {name}", value, got, told)
        for row in found:
            self.say("invented", layout, f"row {row['category']} {row['indicator']}")

    def compare(self, layout: Layout, what: str, want: Any, got: Any, told: set[str]) -> None:
        """Compare one value."""
        if plain(want) == plain(got):
            self.counts["right"] += 1
        elif plain(got) == "":
            self.say("missed", layout, f"{what}: want {want!r} {layout.choices}")
        else:
            self.say("wrong", layout, f"{what}: want {want!r} got {got!r} {layout.choices}")
