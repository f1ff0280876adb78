"""What frames and results show of themselves (自我说明): each frame with its rows, its years and what one row is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from jixiao.core.vocabulary import screen_words


def portrait_rows(frames: Mapping[str, pd.DataFrame | None]) -> list[tuple[str, str, str, str]]:
    """Return for each frame its name with its word, its rows, its years and what one row is (数据表一览).

    Args:
        frames: By name; one that was not read yet is None and is not read for this.

    Example:
        >>> portrait_rows({"projects": pd.DataFrame({"year": [2023, 2024, 2024]})})
        [('projects 项目', '3', '2023－2024', '一个项目的一个年度')]
    """
    words = screen_words("portrait")
    rows = []
    for name, frame in frames.items():
        word, meaning = words["frames"].get(name, ["", ""])
        if frame is None:
            rows.append((f"{name} {word}".strip(), words["unread"], "", meaning))
            continue
        years = sorted({int(year) for year in frame["year"].dropna().unique()}) if "year" in frame else []
        span = "" if not years else str(years[0]) if len(years) == 1 else f"{years[0]}－{years[-1]}"
        rows.append((f"{name} {word}".strip(), f"{len(frame):,}", span, meaning))
    return rows


def portrait_text(frames: Mapping[str, pd.DataFrame | None], *, title: str = "", what: str = "frames") -> str:
    """Return the portrait as lines of text (文字说明)."""
    return "\n".join([*([title] if title else []), *(" | ".join(row) for row in _whole(frames)), _use(what)])


def portrait_html(frames: Mapping[str, pd.DataFrame | None], *, title: str = "", what: str = "frames") -> str:
    """Return the portrait as a table for a notebook (网页说明); every text is escaped."""
    head, *rows = _whole(frames)
    cell = "style='text-align:left'"
    heads = "".join(f"<th {cell}>{escape(text)}</th>" for text in head)
    lines = "".join("<tr>" + "".join(f"<td {cell}>{escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    named = f"<p>{escape(title)}</p>" if title else ""
    return f"{named}<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table><p>{escape(_use(what))}</p>"


def portrait_title(place: Any, as_of: Any, counts: Mapping[str, int]) -> str:
    """Return the line above the portrait of results (结果概要)."""
    shown = f"{as_of.astimezone():%Y-%m-%d %H:%M}"
    return str(screen_words("portrait")["title"].format(place=place, as_of=shown, **counts))


def _whole(frames: Mapping[str, pd.DataFrame | None]) -> Sequence[tuple[str, ...]]:
    head = screen_words("portrait")["head"]
    return [tuple(head[name] for name in ("name", "rows", "years", "row")), *portrait_rows(frames)]


def _use(what: str) -> str:
    template = screen_words("portrait")["use"]
    return str(template.format(what=what, example="frames.projects" if what == "results" else "projects"))
