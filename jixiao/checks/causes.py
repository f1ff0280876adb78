"""One fault, one finding (一处毛病，一条问题): ids that stay, and findings of one cause as one with its places.

A check looks at one cell after the other, so one wrong weight shows at its heading, in the sum and in the total. What
belongs together is declared (``causes`` in ``rules/checks.yaml``): findings of those checks that agree in some columns
have one key. The key names the fault and never where it stands: the check or the cause, the year, the project, the
evaluation, the indicator or the fact. The id is its hash, so it survives another build, a new version of the form, a
renamed file and a moved cell.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from jixiao.checks.evidence import Evidence
from jixiao.checks.findings import TOLERANCE
from jixiao.core.frames import EVALUATION_KEY, FINDINGS, SEVERITIES
from jixiao.core.models import Model, Natural, Text
from jixiao.core.vocabulary import category_group
from jixiao.reading.values.values import normalise

LOOKED = {**FINDINGS, "level": "str", "fact": "str"}
"""The columns of what checks found before it has its key: the level-1 heading, and what tells findings of one check
apart beside the indicator."""


class Cause(Model):
    """What several findings are one fault of (同一原因)."""

    checks: tuple[Text, ...]
    one_per: tuple[Literal["code", "year", "project", "department", "evaluation", "level", "indicator", "fact"], ...]
    severity: Literal["error", "warning", "rounding", "question", ""] = ""
    totals: tuple[Text, ...] = ()
    says: Text
    most: Natural = 5


def with_ids(found: pd.DataFrame, evidence: Evidence, causes: Mapping[str, Cause]) -> pd.DataFrame:
    """Give each place its id (问题编号): those of one fault have one.

    Args:
        found: What the checks found, columns ``LOOKED``.
        evidence: What they looked at; says which of several indicators of one name is meant.
        causes: The declared causes by code.

    Returns:
        The findings, columns ``FINDINGS``; places of one fault share their ``finding_id``.
    """
    if found.empty:
        return found.reindex(columns=list(FINDINGS)).astype(FINDINGS)
    parts = {
        "code": found["code"],
        "year": found["year"].astype("str"),
        "project": found["project_id"].where(found["project_id"] != "", found["department"] + "|" + found["project"]),
        "department": found["department"],
        "evaluation": found["evaluation"],
        "level": _mapped(found["level"], lambda text: category_group(normalise(text))),
        "indicator": _mapped(found["indicator"], normalise) + _which(found, evidence),
        "fact": _mapped(found["fact"], normalise),
    }
    key = _joined([parts[name] for name in ("code", "year", "project", "evaluation", "indicator", "fact")])
    key = key + _again(key, found)
    for code, cause in causes.items():
        mine = found["code"].isin(cause.checks)
        if cause.severity:
            mine = mine & (found["severity"] == cause.severity)
        if mine.any():
            one = [parts[name][mine] for name in cause.one_per]
            key[mine] = f"{code}|" + _joined(one)
            _explain_totals(found, key, mine, cause)
    return found.assign(finding_id=_mapped(key, _hashed))[list(FINDINGS)].astype(FINDINGS)


def one_per_cause(places: pd.DataFrame, causes: Mapping[str, Cause]) -> pd.DataFrame:
    """Make one finding of the places of each fault (一处毛病，一条问题).

    Args:
        places: From :func:`with_ids`, in their order.
        causes: The declared causes by code.

    Returns:
        One row per ``finding_id``, worst first: the place that is worst, of the check declared first. Where there are
        several, ``place_count`` says how many, ``places`` lists each with its message in a line of its own, and the
        message says what else the fault shows in.
    """
    again = places["finding_id"].duplicated(keep=False)
    if not again.any():
        return places.assign(place_count=1, places="").astype(FINDINGS)
    of_check = {check: (cause, number) for cause in causes.values() for number, check in enumerate(cause.checks)}
    joined, at = [], []
    for _, rows in places[again].groupby("finding_id", sort=False):
        ranks = [(SEVERITIES.index(row.severity), of_check[row.code][1], _natural(row)) for row in rows.itertuples()]
        rows = rows.iloc[sorted(range(len(rows)), key=ranks.__getitem__)]
        joined.append(_told(rows, of_check[rows["code"].iloc[0]][0]))
        at.append(rows.index.min())
    alone = places[~again].assign(place_count=1, places="")
    made = pd.concat([alone, pd.DataFrame(joined, index=at)]).sort_index()
    made = made.assign(rank=made["severity"].map(SEVERITIES.index)).sort_values("rank", kind="stable")
    return made[list(FINDINGS)].reset_index(drop=True).astype(FINDINGS)


def _told(rows: pd.DataFrame, cause: Cause) -> dict[str, Any]:
    """Return the finding that speaks for several places, the worst of them first."""
    first, rest = rows.iloc[0], rows.iloc[1:]
    named = [
        f"{row.indicator if row.code == first['code'] and row.indicator else row.title}（{row.source_cell}）"
        for row in rest.itertuples()
    ]
    others = "、".join(named[: cause.most]) + ("…" if len(named) > cause.most else "")
    listed = [
        f"{row.source_file}｜{row.source_sheet}!{row.source_cell}｜{row.title}：{row.message}"
        for row in rows.itertuples()
    ]
    message = cause.says.format(message=first["message"], count=len(rows), more=len(rest), others=others)
    return {**first.to_dict(), "message": message, "place_count": len(rows), "places": "\n".join(listed)}


def list_places(finding: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the finding once for each of its places, with the sheet, cell, title and message of that place (各处).

    Example:
        >>> told = "a.xlsx｜表!B1｜分值不符：相差2分\\na.xlsx｜表!B2｜合计不符：相差2分"
        >>> [(one["source_cell"], one["title"]) for one in list_places({"code": "x", "places": told})]
        [('B1', '分值不符'), ('B2', '合计不符')]
        >>> list_places({"code": "x", "places": ""})
        [{'code': 'x', 'places': ''}]
    """
    found = []
    for line in str(finding["places"]).splitlines():
        _, place, told = [*line.split("｜", 2), "", ""][:3]
        sheet, _, cell = place.rpartition("!")
        title, _, message = told.partition("：")
        if cell and message:
            found.append(
                {
                    **finding,
                    "source_sheet": sheet,
                    "source_cell": cell,
                    "title": title,
                    "message": message,
                    "places": "",
                }
            )
    return found or [dict(finding)]


def _explain_totals(found: pd.DataFrame, key: pd.Series, mine: pd.Series, cause: Cause) -> None:
    """Give a total that is wrong the key of the level that is wrong by as much; else it stays a fault of its own."""
    for at in np.flatnonzero(mine & found["code"].isin(cause.totals)):
        total, same = found.iloc[at], mine.copy()
        for name in EVALUATION_KEY:
            same &= found[name] == total[name]
        parts = found[same & ~found["code"].isin(cause.totals)]
        if parts.empty:
            continue
        gaps = parts["difference"].abs().groupby(key[parts.index]).max()
        fits = gaps[(gaps - abs(total["difference"])).abs() <= TOLERANCE]
        if len(fits):
            key.iloc[at] = fits.index[0]
        elif abs(gaps.sum() - abs(total["difference"])) <= TOLERANCE:
            key.iloc[at] = gaps.index[0]


def _which(found: pd.DataFrame, evidence: Evidence) -> pd.Series:
    """Return for findings of an indicator which of those of its name in its form it is, empty for the first.

    The form is counted, not the findings, so that a finding that is settled renames no other.
    """
    nothing = pd.Series("", index=found.index, dtype="str")
    place, name = evidence.position("scores").astype(np.int64), evidence.name().astype(np.int64)
    both = place * (name.max(initial=0) + 2) + name
    both[(place < 0) | (name < 0)] = -1
    _, number, count = np.unique(both, return_inverse=True, return_counts=True)
    rows = np.flatnonzero((count[number] > 1) & (both >= 0)) if len(both) else both
    if not len(rows):
        return nothing
    alike = evidence.scores.iloc[rows][[*EVALUATION_KEY, "indicator_id"]]
    alike = alike.assign(of=both[rows]).sort_values("indicator_id")
    alike["number"] = alike.groupby("of").cumcount() + 1
    listed = alike[alike["number"] > 1].drop(columns="of").drop_duplicates([*EVALUATION_KEY, "indicator_id"])
    columns = [*EVALUATION_KEY, "indicator_id"]
    numbers = found[columns].merge(listed, how="left", on=columns, validate="m:1")["number"]
    return pd.Series([f"#{int(one)}" if one == one else "" for one in numbers], index=found.index, dtype="str")


def _again(key: pd.Series, found: pd.DataFrame) -> pd.Series:
    """Return the ordinal of findings that nothing but their place tells apart, empty for the first."""
    ordinal = pd.Series("", index=key.index, dtype="str")
    same = key[key.duplicated(keep=False)]
    for _, group in same.groupby(same):
        rows = found.loc[group.index]
        ordered = sorted(rows.itertuples(), key=_natural)
        for number, row in enumerate(ordered[1:], 2):
            ordinal[row.Index] = f"|{number}"
    return ordinal


def _natural(row: Any) -> tuple[str, str, str]:
    """Return where a finding stands, B9 before B10."""
    cell = re.sub(r"\d+", lambda found: found[0].zfill(7), row.source_cell)
    return row.source_file, row.source_sheet, cell


def _joined(parts: Sequence[pd.Series]) -> pd.Series:
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + "|" + part
    return whole


def _mapped(texts: pd.Series, read: Callable[[str], str]) -> pd.Series:
    """Read each distinct text once."""
    return texts.map({text: read(text) for text in texts.unique()}).astype("str")


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:10]
