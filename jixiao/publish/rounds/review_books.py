"""Review sheets (复核表): one workbook per reviewer with the drawn indicators, and how it is read again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pandas as pd

from jixiao.builds.ledger import book, ledger_place
from jixiao.builds.ledger.archive import files_text, keep_file
from jixiao.builds.ledger.drawing import Draw, find_draw
from jixiao.builds.ledger.review_rules import review_words
from jixiao.builds.ledger.reviewing import (
    REVIEW_TOTALS,
    drawn_rows,
    findings_of,
    keep_opinions,
    opinions_of,
    review_frame,
    review_totals,
    unread_totals,
)
from jixiao.core.errors import JixiaoError
from jixiao.core.files import explained, safe_name
from jixiao.core.frames import typed
from jixiao.core.results import Results
from jixiao.core.vocabulary import label
from jixiao.core.writing import points_text
from jixiao.publish.rounds.sent_books import Book, Returned, Row, read_book, write_book
from jixiao.publish.rounds.sorted_rows import attached, tell_files
from jixiao.show.workbook import write_sheets

_COLUMNS = ("review_key", "review_score", "review_opinion", "review_files", "weight", "reported_score")
_NEEDED = ("review_key", "review_score")


@dataclass
class Opinions:
    """What a review sheet gave (收到的复核表): its opinions, and a sentence for everything that was not read."""

    file: str
    draw: str = ""
    reviewer: str = ""
    rows: list[dict[str, Any]] = field(default_factory=list)
    new: int = 0
    sentences: list[str] = field(default_factory=list)


def write_review_sheet(results: Results, made: Draw, reviewer: str, out: Path) -> Path:
    """Write the sheet of one reviewer (写出复核表): each indicator beside what the unit said and what was found.

    Args:
        results: What was read, scored and audited.
        made: The draw.
        reviewer: Whose sheet it is.
        out: The folder.

    Returns:
        The file.
    """
    words = review_words()["sheets"]
    rows = drawn_rows(results, made)
    own = opinions_of(book.load_ledger(), made.draw_id)
    own = own[own["reviewer"] == reviewer]
    said = {(row["project_id"], row["indicator_id"]): row for row in own.to_dict("records")}
    shown = [
        {
            **row,
            "number": number,
            "finding_text": findings_of(results, row),
            "review_key": f"{row['project_id']}/{row['indicator_id']}",
            **{
                name: said.get((row["project_id"], row["indicator_id"]), {}).get(name, "")
                for name in ("review_score", "review_opinion", "review_files")
            },
        }
        for number, row in enumerate(rows.to_dict("records"), 1)
    ]
    head = words["head"].format(
        draw=made.draw_id,
        reviewer=reviewer,
        projects=rows["project_id"].nunique(),
        count=len(rows),
        today=ledger_place.today().isoformat(),
    )
    look = Book(
        sheet=words["sheet"],
        title=words["title"].format(year=made.said["year"]),
        head=head,
        note=words["note"],
        widths={name: words["widths"][name] for name in words["columns"]},
        answered=words["answered"],
        numbers=words["numbers"],
    )
    with explained(out):
        out.mkdir(parents=True, exist_ok=True)
        path = out / f"{safe_name(words['file'].format(draw=made.draw_id, reviewer=reviewer))}.xlsx"
        write_book(path, look, shown)
    return path


def read_review_sheet(path: Path, results: Results, ledger: book.Ledger) -> Opinions:
    """Read one review sheet (读回复核表); what is wrong is told and left out, the rest is read.

    Args:
        path: The file.
        results: What was reviewed.
        ledger: Holds the draw.
    """
    words = review_words()["said"]
    came = Opinions(path.name)
    try:
        returned = read_book(path, _COLUMNS, _NEEDED)
    except JixiaoError as error:
        came.sentences.append(str(error))
        return came
    named = re.search(review_words()["sheets"]["pattern"], returned.above)
    if not returned.rows or not named:
        kind = "no_draw" if returned.rows else "no_columns"
        columns = review_words()["joint"].join(label(name) for name in _NEEDED)
        came.sentences.append(words[kind].format(file=came.file, columns=columns))
        return came
    came.draw, came.reviewer = named[1], named[2]
    if came.draw not in {entry["about"] for entry in ledger.about("draw")}:
        came.sentences.append(words["strange_draw"].format(file=came.file, draw=came.draw))
        return came
    made = find_draw(ledger, came.draw)
    known = {f"{row['project_id']}/{row['indicator_id']}": row for row in drawn_rows(results, made).to_dict("records")}
    _take(returned, known, came, path)
    return came


def _take(returned: Returned, known: Mapping[str, Mapping[str, Any]], came: Opinions, path: Path) -> None:
    words, seen, blank = review_words()["said"], set(), 0
    for row in returned.rows:
        key = row.texts["review_key"]
        told = {"file": came.file, "place": row.cells["review_score"], "key": key}
        if not row.texts["review_score"] and not row.texts.get("review_opinion"):
            blank += bool(key in known)
            continue
        if key not in known or "review_key" in row.shared:
            came.sentences.append(words["strange_key"].format(**told))
            continue
        if key in seen:
            came.sentences.append(words["twice"].format(**told))
            continue
        seen.add(key)
        points = _points(row.texts["review_score"])
        wrong = _wrong(points, row, known[key])
        if wrong:
            shown = {"points": points_text(float(points)) if points is not None else ""}
            shown |= {name: points_text(known[key][column]) for name, column in _SHOWN.items()}
            came.sentences.append(words[wrong].format(**told, **shown, text=row.texts["review_score"][:30]))
            continue
        came.rows.append(
            {
                "draw_id": came.draw,
                "reviewer": came.reviewer,
                **{name: known[key][name] for name in ("year", "project_id", "indicator_id")},
                "review_score": float(points or 0),
                "review_opinion": row.texts.get("review_opinion", ""),
                "review_files": _files(row, path, came),
                "is_final": False,
            }
        )
    if blank:
        came.sentences.append(words["blank"].format(file=came.file, count=blank))


_SHOWN = {"weight": "weight", "reported": "reported_score"}


def _points(text: str) -> Decimal | None:
    try:
        points = Decimal(text.strip())
    except InvalidOperation:
        return None
    return points if points.is_finite() else None


def _wrong(points: Decimal | None, row: Row, known: Mapping[str, Any]) -> str:
    """Say what is wrong with the points of a row, by the name of its sentence; empty when nothing is."""
    if points is None:
        return "no_number"
    if points < 0:
        return "below"
    if known["weight"] == known["weight"] and float(points) > float(known["weight"]):
        return "above"
    differs = known["reported_score"] == known["reported_score"] and float(points) != float(known["reported_score"])
    return "no_opinion" if differs and not row.texts.get("review_opinion") else ""


def _files(row: Row, path: Path, came: Opinions) -> str:
    """Return the files a reviewer names, with the beginning of the hash of what came along."""
    files = attached(row.texts.get("review_files", ""), path.parent)
    words = review_words()["said"]

    def tell(kind: str, **told: Any) -> None:
        came.sentences.append(words[kind].format(file=came.file, place=row.cells.get("review_files", ""), **told))

    tell_files(files, tell)
    return files_text(files, review_words()["joint"])


def receive_reviews(paths: Sequence[Path], results: Results, *, by: str = "") -> list[Opinions]:
    """Read review sheets and enter their opinions into the ledger (收取复核表)."""
    done = []
    for path in paths:
        if path.is_file():
            keep_file(path)
        came = read_review_sheet(path, results, book.load_ledger())
        if came.rows:
            came.new = keep_opinions(came.draw, came.rows, by=by or came.reviewer)
        if came.new < len(came.rows):
            count = len(came.rows) - came.new
            came.sentences.append(review_words()["said"]["same"].format(file=came.file, count=count))
        done.append(came)
    return done


def review_of(results: Results, made: Draw) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the review of a draw and its totals (复核结果), as the ledger has them."""
    opinions = opinions_of(book.load_ledger(), made.draw_id)
    reviews = review_frame(drawn_rows(results, made), opinions)
    totals = [review_totals(reviews, results), unread_totals(made, reviews, opinions)]
    return reviews, typed([row for part in totals for row in part.to_dict("records")], REVIEW_TOTALS)


def written_totals(totals: pd.DataFrame) -> pd.DataFrame:
    """Return totals with the words of their progress (复核结果，代码译为文字)."""
    return totals.assign(review_progress=totals["review_progress"].map(review_words()["progress"]).astype("str"))


def unread_sentences(totals: pd.DataFrame) -> list[str]:
    """Return a sentence for each drawn form that cannot be read any more (读不出的自评)."""
    rows = totals[totals["review_progress"] == "unread"].to_dict("records")
    said = review_words()["said"]["unread_form"]
    return [said.format(project=row["project"], count=row["reviewed_count"]) for row in rows]


def written_reviews(reviews: pd.DataFrame) -> pd.DataFrame:
    """Return reviews with the words of their states (复核结果，代码译为文字)."""
    return reviews.assign(review_state=reviews["review_state"].map(review_words()["states"]).astype("str"))


SHOWN_REVIEWS = [
    *("project", "category", "indicator", "weight", "reported_score", "review_score", "review_difference"),
    *("review_opinion", "review_files", "reviewer", "review_state"),
]
SHOWN_TOTALS = [
    *("year", "department", "project", "total_reported", "reported_sum", "review_total", "review_difference"),
    *("reviewed_count", "contradicted_count", "review_progress", "deviation_share", "quality_grade"),
]
SHOWN_DRAWN = ["rank", "department", "project", "draw_reason", "chance", "draw_note"]


def write_review(results: Results, made: Draw, path: Path) -> None:
    """Write everything reviewed as one workbook a second person can open (写出复核结果): draw, totals, opinions."""
    words = review_words()
    reviews, totals = review_of(results, made)
    names = words["export"]
    drawn = made.drawn.assign(draw_reason=made.drawn["draw_reason"].map(words["draw"]["reasons"]).astype("str"))
    notes = [
        made.said["rule"],
        names["proof"].format(draw=made.draw_id, **made.said),
        words["quality"]["text"],
        *unread_sentences(totals),
    ]
    sheets = {
        names["totals"]: written_totals(totals)[SHOWN_TOTALS],
        names["reviews"]: written_reviews(reviews)[SHOWN_REVIEWS],
        names["drawn"]: drawn[SHOWN_DRAWN],
    }
    write_sheets(path, sheets, notes=notes)
