"""What a person needs to see after a build (构建之后): counts, what was not read, where to look first and next."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jixiao.core.errors import JixiaoError
from jixiao.core.harmless import Screen, harmless
from jixiao.core.vocabulary import screen_words

if TYPE_CHECKING:
    import pandas as pd

    from jixiao.builds.unchanged import Unchanged
    from jixiao.core.results import Results

PIPE_WIDTH = 180
"""Columns of a table that does not go to a terminal; COLUMNS may ask for more."""


def raw(stream: Any) -> Any:
    """Return the stream below a :class:`Screen`, for what draws on a terminal and cleans its texts itself."""
    return stream.stream if isinstance(stream, Screen) else stream


LONG_TABLE = 400
"""Rows from which a table is printed without lines and folding, one line a row: nobody reads it as one page."""


def print_table(frame: pd.DataFrame) -> None:
    """Print a labelled frame as a table with lines (打印表格), a long one as plain lines."""
    if len(frame) >= LONG_TABLE:
        sys.stdout.writelines(_plain_lines(frame))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(show_lines=False)
    for name in frame:
        table.add_column(str(name), overflow="fold")
    for values in frame.itertuples(index=False, name=None):
        table.add_row(*map(harmless, values))
    width = None if sys.stdout.isatty() else max(PIPE_WIDTH, int(os.environ.get("COLUMNS") or 0))
    Console(file=raw(sys.stdout), soft_wrap=False, width=width, markup=False, highlight=False).print(table)


def _plain_lines(frame: pd.DataFrame) -> Iterator[str]:
    """Yield a frame as lines with columns of one width each, as many signs of a terminal as they take there."""
    from rich.cells import cell_len

    columns = [[str(name), *(" ".join(harmless(text).split()) for text in frame[name])] for name in frame]
    padded = []
    for texts in columns:
        width = max(map(cell_len, texts))
        padded.append([text + " " * (width - cell_len(text)) for text in texts])
    for row in zip(*padded, strict=True):
        yield "  ".join(row).rstrip() + "\n"


def print_build(results: Results, errors: Sequence[JixiaoError], *, out: str, place: str) -> None:
    """Print what a build gave (构建结果): the table, what to look at first and why, what was not read, where to go."""
    from jixiao.analysis.attention import look_first
    from jixiao.core.vocabulary import word
    from jixiao.show import tables

    said, lists = screen_words("build"), screen_words("lists")
    first = look_first(results, lists["first"])
    count = len(results.totals)
    is_small = count <= lists["table"]
    if count:
        chosen = None if is_small else first
        print_table(tables.show_evaluations(results, chosen=chosen).frame)
    if not is_small:
        print(said["more"].format(count=count, shown=len(first)))
    if len(first):
        print(said["first"].format(count=len(first)))
        for number, row in enumerate(tables.with_names(first).to_dict("records"), 1):
            told = word("evaluation", row["evaluation"])
            print("  " + said["first_item"].format(**{**row, "evaluation": told}, number=number, reasons=reasons(row)))
    elif count:
        print(said["nothing_first"])
    counts = read_counts(results)
    for line in _unread_lines(results, counts):
        print(line)
    unread = counts["unread"]
    print(
        said["done"].format(
            files=counts["files"] - unread,
            unread=said["unread"].format(count=unread) if unread else "",
            evaluations=count,
            indicators=len(results.scores),
            findings=len(results.findings),
            by_severity=_by_severity(results.findings),
        )
    )
    print(said["where"].format(out=out))
    if count:
        print(f"{said['next']}：")
        for step in said["steps"]:
            print("  " + step.format(place=f" --place {place}" if place else ""))


def unchanged_line(same: Unchanged, *, out: str) -> str:
    """Say in one line that a build would give what is there (没有改动)."""
    as_of = datetime.fromisoformat(same.as_of).astimezone()
    said = screen_words("build")["unchanged"]
    return str(said.format(files=same.files, evaluations=same.evaluations, as_of=f"{as_of:%Y-%m-%d %H:%M}", out=out))


def reasons(row: dict[str, Any]) -> str:
    """Say why an evaluation is looked at first (先看的原因); ``row`` is one of ``look_first``."""
    from jixiao.core.writing import percent_text, points_text

    said, told = screen_words("reasons"), []
    for name in ("errors", "warnings"):
        if row[name] and (name == "errors" or not row["errors"]):
            told.append(said[name].format(count=row[name], title=row["title"]))
    difference = row["difference"]
    if difference == difference and abs(difference) > 0.005:
        told.append(said["above" if difference > 0 else "below"].format(points=points_text(abs(difference))))
    for name in ("slow", "over"):
        if row[f"is_{name}"]:
            told.append(said[name].format(rate=percent_text(row["execution_rate"])))
    return "；".join(told)


def read_counts(results: Results) -> dict[str, int]:
    """Count the files that arrived by what became of them (读取计数), and the cells guessed and not read."""
    ingest, frames = results.frames.ingest, results.frames
    states = [set(found) for _, found in ingest.groupby("source_file")["state"]]
    return {
        "files": len(states),
        "refused": sum("refused" in found for found in states),
        "conflict": sum("conflict" in found and "read" not in found for found in states),
        "unread": sum(bool(found & {"refused", "conflict"}) and "read" not in found for found in states),
        "guesses": len(frames.guesses.drop_duplicates()),
        "skipped": len(frames.skipped.drop_duplicates()),
    }


def _unread_lines(results: Results, counts: dict[str, int]) -> Iterator[str]:
    said, lists = screen_words("build"), screen_words("lists")
    for name, key in (("guesses", "guessed"), ("skipped", "skipped")):
        rows = getattr(results.frames, name).drop_duplicates()
        if not len(rows):
            continue
        yield said[key].format(count=counts[name])
        files = list(rows.groupby("source_file", sort=False))
        for file, its in sorted(files, key=lambda one: -len(one[1]))[: lists["files"]]:
            cells = list(dict.fromkeys(f"{row.source_sheet}!{row.source_cell}".rstrip("!") for row in its.itertuples()))
            named = "、".join(cells[: lists["cells"]])
            named = said["more_cells"].format(listed=named) if len(cells) > lists["cells"] else named
            yield "  " + said["of_file"].format(file=file, count=len(its), cells=named)
        if len(files) > lists["files"]:
            yield "  " + said["more_files"].format(count=len(files) - lists["files"])


def _by_severity(findings: pd.DataFrame) -> str:
    listed = severity_counts(findings)
    return screen_words("build")["by_severity"].format(listed=listed) if listed else ""


def severity_counts(findings: pd.DataFrame) -> str:
    """Return how many findings there are of each severity, worst first, as one text (按程度计数)."""
    from jixiao.core.frames import SEVERITIES
    from jixiao.core.vocabulary import word

    counts = findings["severity"].value_counts()
    template = screen_words("build")["severity"]
    return "，".join(
        template.format(word=word("severity", name), count=counts[name]) for name in SEVERITIES if counts.get(name)
    )


def build_as_dict(results: Results, errors: Sequence[JixiaoError], *, out: str) -> dict[str, Any]:
    """Return what a build gave in the shape that programs read (``jixiao build --json``)."""
    from jixiao.analysis.attention import look_first

    counts = read_counts(results)
    first = look_first(results, screen_words("lists")["first"])
    named = ["year", "department", "project", "evaluation", "errors", "warnings"]
    ingest = results.frames.ingest
    refused = ingest[ingest["state"].isin(["refused", "conflict"])][["source_file", "state", "note"]]
    where = results.frames.skipped.drop_duplicates().groupby("source_file").size()
    return {
        **counts,
        "errors": [str(error) for error in errors],
        "not_read": refused.drop_duplicates().to_dict("records"),
        "skipped_files": {str(name): int(number) for name, number in where.items()},
        "evaluations": len(results.totals),
        "indicators": len(results.scores),
        "findings": {str(name): int(number) for name, number in results.findings["severity"].value_counts().items()},
        "first": [
            {**{name: _plain(row[name]) for name in named}, "reasons": reasons(row)} for row in first.to_dict("records")
        ],
        "out": out,
    }


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


@contextmanager
def progress(is_shown: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Show how far a long work is on stderr (进度), when that is a terminal; yield what the work is to call."""
    if not is_shown or not sys.stderr.isatty():
        yield lambda stage, done, whole: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    stages = screen_words("stages")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=raw(sys.stderr)), transient=True) as bar:
        task = bar.add_task("", total=None)

        def tell(stage: str, done: int, whole: int) -> None:
            bar.update(task, description=stages[stage], completed=done, total=whole or None)

        yield tell
