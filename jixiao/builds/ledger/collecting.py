"""What goes into the ledger (登记问题): findings, problems of reports, opinions of reviewers, last year's list.

A problem is registered once, by the key of its source. One that came back from an earlier year is linked to the issue
of that year: the same project, the same kind of fault, the same indicator.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from jixiao.builds.journal import shown_path
from jixiao.builds.ledger.book import Ledger, new_ids
from jixiao.builds.ledger.moves import ENDED, issue_words
from jixiao.checks import funds, money
from jixiao.core.frames import EVALUATION_KEY
from jixiao.core.hashes import hash_of
from jixiao.core.results import Results
from jixiao.reading.values.values import normalise

_MONEY = {*money.CHECKS, *funds.CHECKS}
"""The checks whose findings without an indicator are about the money of an evaluation."""
_THINGS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("indicators", "indicator", ("actual_text", "reported_score")),
    ("indicators", "indicators", ("actual_text", "reported_score")),
    ("headings", "heading", ("heading_weight", "heading_score", "parts_weight")),
    ("budgets", "budgets", ("initial_budget_wan", "annual_budget_wan", "arrived_wan", "executed_wan")),
    ("evaluations", "evaluation", ("source_file",)),
)
"""What a finding can be about: the frame, the column of its name or its word, of which columns one says something."""
_FIGURES = re.compile(r"[\d.,%，。、；：\s]+")


@dataclass(frozen=True)
class Collected:
    """What a look at the results proposes (待登记): events, and what they are counted by."""

    events: tuple[dict[str, Any], ...]
    raised: int
    linked: int
    settled: int
    gone: tuple[str, ...] = ()


def candidates(
    results: Results, *, years: Sequence[int] = (), severities: Sequence[str] = (), departments: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Return every problem that somebody must answer (应当整改的问题), each as an issue is raised.

    Args:
        results: What was read, scored and audited.
        years: Only these years; all when empty.
        severities: Only findings of these severities; errors and warnings when empty.
        departments: Only departments whose names hold one of these texts; all when empty.

    Returns:
        Findings, then problems that evaluation reports state with the advice beside them; one without a year is none.

    Example:
        >>> import jixiao
        >>> found = candidates(jixiao.evaluate("data/sample"), years=[2024])
        >>> sorted({row["issue_source"] for row in found})
        ['department', 'self']
    """
    found = [*_findings(results, severities or issue_words()["raised_severities"]), *_told(results)]
    return [
        row
        for row in found
        if (not years or row["year"] in years)
        and (not departments or any(part in row["department"] for part in departments))
    ]


def source_of(evaluation: str) -> str:
    """Return the source of what a kind of evaluation gives (问题来源).

    Example:
        >>> source_of("finance"), source_of("whole")
        ('finance', 'self')
    """
    sources = issue_words()["sources"].items()
    return next((name for name, source in sources if evaluation in source["evaluation"]), "self")


def _findings(results: Results, severities: Sequence[str]) -> Iterator[dict[str, Any]]:
    rows = results.findings[results.findings["severity"].isin(list(severities)) & results.findings["year"].notna()]
    units, read = _units(results), read_things(results)
    place = shown_path(results.place)
    for row in rows.to_dict("records"):
        source = source_of(row["evaluation"])
        unit = units.get((int(row["year"]), row["project_id"]), "")
        yield {
            "year": int(row["year"]),
            "issue_source": source,
            "department": row["department"],
            "owner": unit or row["department"] or issue_words()["book"]["no_owner"],
            "project_id": row["project_id"],
            "project": row["project"],
            "indicator": row["indicator"],
            "issue_text": f"{row['title']}：{row['message']}",
            "cause": "",
            "demand": row["resolution"],
            "code": row["code"],
            "fault": fault_key(row["project_id"] or row["department"], row["code"], row["indicator"]),
            "source_key": f"finding:{row['finding_id']}",
            **_about(row, source, read),
            "place": place,
            **{name: row[name] for name in ("source_file", "source_sheet", "source_cell")},
        }


def _told(results: Results) -> Iterator[dict[str, Any]]:
    """Yield the problems that evaluation reports state, with their causes and the advice that answers them."""
    units, names, advice = _units(results), _names(results), _advice(results)
    place = shown_path(results.place)
    for row in results.frames.problems.to_dict("records"):
        if pd.isna(row["year"]) or not (row["item_title"] or row["text"]):
            continue
        key = (int(row["year"]), row["project_id"])
        said = row["text"] if row["text"] not in {"", row["item_title"]} else ""
        title = row["item_title"]
        yield {
            "year": key[0],
            "issue_source": source_of(row["evaluation"]),
            "department": row["department"],
            "owner": units.get(key, "") or row["department"] or issue_words()["book"]["no_owner"],
            "project_id": row["project_id"],
            "project": names.get(key, ""),
            "indicator": row["indicator"],
            "issue_text": "：".join(text for text in (title, said) if text),
            "cause": row["cause"] if row["cause"] != said else "",
            "demand": advice.get((row["source_file"], row["portion"], row["number"]), ""),
            "code": "",
            "fault": fault_key(row["project_id"] or row["department"], plain_words(title or said), row["indicator"]),
            "source_key": f"told:{hash_of([row['source_file'], plain_words(title), plain_words(said)])[:16]}",
            "place": place,
            **{name: row[name] for name in ("source_file", "source_sheet", "source_cell")},
        }


def _advice(results: Results) -> dict[tuple[str, int, int], str]:
    found: dict[tuple[str, int, int], list[str]] = {}
    for row in results.frames.advice.dropna(subset=["problem_number"]).to_dict("records"):
        key = (row["source_file"], row["portion"], row["problem_number"])
        found.setdefault(key, []).append(row["text"] or row["item_title"])
    return {key: issue_words()["joint"].join(texts) for key, texts in found.items()}


def _units(results: Results) -> dict[tuple[int, str], str]:
    rows = results.frames.projects.dropna(subset=["year"]).to_dict("records")
    return {(int(row["year"]), row["project_id"]): row["unit"] for row in rows}


def _names(results: Results) -> dict[tuple[int, str], str]:
    rows = results.frames.projects.dropna(subset=["year"]).to_dict("records")
    return {(int(row["year"]), row["project_id"]): row["project"] for row in rows}


def plain_words(text: str) -> str:
    """Return a text as it is compared over the years (比较用文字): without figures, signs and spaces.

    Example:
        >>> plain_words("合计95分，应为100分。")
        '合计分应为分'
    """
    return _FIGURES.sub("", normalise(text))


def fault_key(about: str, kind: str, indicator: str) -> str:
    """Return by what a fault is known over the years (同一毛病): whose it is, its kind, its indicator.

    Example:
        >>> fault_key("P1", "grade", "培训 人数") == fault_key("P1", "grade", "培训人数")
        True
    """
    return hash_of([about, kind, re.sub(r"\s+", "", normalise(indicator))])[:16]


def collect(ledger: Ledger, found: Sequence[Mapping[str, Any]], results: Results | None = None) -> Collected:
    """Compare what was found with the ledger (登记比对): what is new, what came back, what is no longer there.

    Args:
        ledger: What it holds.
        found: From :func:`candidates`, or rows of another source in the same shape.
        results: When given, findings that its forms no longer show are settled, those put aside withdrawn; where what
            a finding was about is no longer read its issue stays open and says so (``gone``).

    Returns:
        The events to write, in their order.
    """
    known = {row["source_key"] for row in ledger.rows.values()}
    fresh = list({row["source_key"]: dict(row) for row in found if row["source_key"] not in known}.values())
    ids = new_ids(ledger, fresh)
    _link(ledger, list(zip(ids, fresh, strict=True)))
    raised = [{"what": "raise", "about": issue_id, "said": row} for issue_id, row in zip(ids, fresh, strict=True)]
    ended = [*_ended(ledger, results)] if results is not None else []
    linked = sum(bool(row["previous_id"]) for row in fresh)
    gone = tuple(event["about"] for event in ended if event["what"] == "gone")
    return Collected((*raised, *ended), len(raised), linked, len(ended) - len(gone), gone)


def _link(ledger: Ledger, fresh: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Say of each new issue which issue of an earlier year it repeats, and for how many years (上年同一问题)."""
    known: dict[str, list[tuple[int, str, int]]] = {}
    for row in ledger.rows.values():
        known.setdefault(str(row["fault"]), []).append(
            (int(row["year"]), row["issue_id"], int(row["repeat_years"] or 1))
        )
    for issue_id, row in sorted(fresh, key=lambda pair: (pair[1]["year"], pair[0])):
        before = [one for one in known.get(row["fault"], []) if one[0] < row["year"]]
        last = max(before, default=(0, "", 0))
        row |= {"previous_id": last[1], "repeat_years": last[2] + 1}
        known.setdefault(row["fault"], []).append((row["year"], issue_id, row["repeat_years"]))


def _ended(ledger: Ledger, results: Results) -> Iterator[dict[str, Any]]:
    """Yield the end of every open issue whose finding is no longer there, though what it was about is still read.

    One whose indicator, money or form cannot be read any more says so and stays open: nobody corrected anything.
    """
    words, place = issue_words(), shown_path(results.place)
    there = set(results.findings["finding_id"])
    aside = dict(zip(results.suppressed["finding_id"], results.suppressed["reason"], strict=True))
    keys = results.frames.evaluations[EVALUATION_KEY].dropna()
    alive = {(int(year), project) for year, project in zip(keys["year"], keys["project_id"], strict=True)}
    read = read_things(results)
    version = results.as_of.astimezone().strftime("%Y-%m-%d %H:%M")
    for issue in ledger.rows.values():
        kind, _, finding = str(issue["source_key"]).partition(":")
        if kind != "finding" or finding in there or issue["issue_state"] in ENDED or issue["place"] != place:
            continue
        if (int(issue["year"]), issue["project_id"]) not in alive:
            continue
        lost = "" if finding in aside else _lost(issue, read)
        if lost:
            note = words["gone"].format(file=issue["source_file"], about=lost)
            if note != issue.get("issue_note"):
                yield {"what": "gone", "about": issue["issue_id"], "said": {"reason": note}}
            continue
        move = "withdraw" if finding in aside or issue["issue_state"] == "pending" else "settle"
        reason = words["aside"].format(reason=aside[finding]) if finding in aside else ""
        reason = reason or words["vanished"].format(file=issue["source_file"], version=version)
        yield {"what": move, "about": issue["issue_id"], "said": {"reason": reason}}


Thing = tuple[int, str, str, str]
"""What a finding can be about: year, project, source, and the name of an indicator or one of the words below."""


def read_things(results: Results) -> Counter[Thing]:
    """Count what was read of each evaluation that a finding can be about (读到的内容).

    An indicator or a heading counts by its name as it is compared, once for each row of it that says something; what
    stands in no single row counts as ``indicators``, ``budgets`` or ``evaluation``.
    """
    found: Counter[Thing] = Counter()
    for frame, name, values in _THINGS:
        rows = getattr(results.frames, frame)
        said = rows[list(values)]
        rows = rows[rows["year"].notna() & (said.notna() & (said != "")).any(axis=1)]
        things = rows[name].map(normalise) if name in rows else [name] * len(rows)
        for year, project, kind, thing in zip(
            rows["year"], rows["project_id"], rows["evaluation"], things, strict=True
        ):
            found[(int(year), project, source_of(kind), thing)] += 1
    return found


def _about(row: Mapping[str, Any], source: str, read: Counter[Thing]) -> dict[str, Any]:
    """Return what a finding is about among what was read, and how many rows of that name there were (问题所指)."""
    of = (int(row["year"]), row["project_id"], source)
    wanted = [normalise(row["indicator"]), *(["budgets"] if row["code"] in _MONEY else []), "indicators"]
    thing = next((one for one in wanted if one and read[(*of, one)]), "evaluation")
    return {"thing": thing, "alike_count": read[(*of, thing)] if thing == wanted[0] else 1}


def _lost(issue: Mapping[str, Any], read: Counter[Thing]) -> str:
    """Return what an issue is about that was not read any more, in a reader's words; empty when it is there."""
    thing = issue.get("thing") or normalise(issue["indicator"]) or "evaluation"
    count = read[(int(issue["year"]), issue["project_id"], issue["issue_source"], thing)]
    if count >= (issue.get("alike_count") or 1):
        return ""
    return str(issue_words()["gone_about"].get(thing, issue["indicator"]))
