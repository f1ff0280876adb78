"""What reviewers say of drawn forms (复核): 核查分数 and 评审意见 of each indicator, merged, and what follows.

An opinion is one reviewer's word on one indicator. Opinions are merged whatever their order; where reviewers give other
points nothing is chosen for them: the contradiction is shown until somebody decides it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from jixiao.builds.ledger import book
from jixiao.builds.ledger.collecting import fault_key
from jixiao.builds.ledger.drawing import Draw
from jixiao.builds.ledger.review_rules import review_words
from jixiao.core.errors import RequestError
from jixiao.core.exact import exact_sum
from jixiao.core.frames import typed
from jixiao.core.results import Results
from jixiao.core.writing import points_text

OPINIONS = {
    "draw_id": "str",
    "year": "Int64",
    "project_id": "str",
    "indicator_id": "str",
    "reviewer": "str",
    "review_score": "float64",
    "review_opinion": "str",
    "review_files": "str",
    "is_final": "bool",
}
"""The columns of opinions (评审意见): one row is one reviewer's word on one indicator."""

REVIEWS = {
    "year": "Int64",
    "project_id": "str",
    "evaluation": "str",
    "indicator_id": "str",
    "project": "str",
    "department": "str",
    "category": "str",
    "indicator": "str",
    "weight": "float64",
    "reported_score": "float64",
    "review_score": "float64",
    "review_difference": "float64",
    "review_opinion": "str",
    "review_files": "str",
    "reviewer": "str",
    "review_state": "str",
}
"""The columns of a review (复核), an evaluation of its own kind beside the unit's: one row is one indicator."""

REVIEW_TOTALS = {
    "year": "Int64",
    "project_id": "str",
    "project": "str",
    "department": "str",
    "total_reported": "float64",
    "reported_sum": "float64",
    "review_total": "float64",
    "review_difference": "float64",
    "reviewed_count": "Int64",
    "contradicted_count": "Int64",
    "review_progress": "str",
    "deviation_share": "float64",
    "quality_grade": "str",
}
"""The columns of reviewed totals (复核结果): one row is one form; the differences of its indicators sum to its own."""

KIND = "review"
"""The kind of evaluation that a review is."""
_EVERY = ["year", "project_id", "indicator_id"]


def drawn_rows(results: Results, made: Draw) -> pd.DataFrame:
    """Return the scored indicators of the drawn forms (抽中的指标), in the order of the draw."""
    ranks = dict(zip(made.drawn["project_id"], made.drawn["rank"], strict=True))
    scores = results.scores
    mine = scores[
        (scores["evaluation"] == "self")
        & (scores["year"] == int(made.said["year"]))
        & scores["project_id"].isin(list(ranks))
        & scores["is_counted"]
    ]
    return mine.assign(rank=mine["project_id"].map(ranks)).sort_values(
        ["rank", "indicator_id"], kind="stable", ignore_index=True
    )


def findings_of(results: Results, row: Mapping[str, Any]) -> str:
    """Return what the audit found about an indicator as lines (该指标的问题)."""
    found = results.findings
    mine = found[
        (found["year"] == row["year"])
        & (found["project_id"] == row["project_id"])
        & (found["evaluation"] == row["evaluation"])
        & (found["indicator_id"] == row["indicator_id"])
    ]
    return "\n".join(f"{title}：{message}" for title, message in zip(mine["title"], mine["message"], strict=True))


def opinions_of(ledger: book.Ledger, draw_id: str = "") -> pd.DataFrame:
    """Return the opinions of a draw (评审意见), of each reviewer the last; columns ``OPINIONS``."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for entry in ledger.about("opinion"):
        said = entry["said"]
        if draw_id in {"", said["draw"]}:
            key = (said["draw"], said["project_id"], said["indicator_id"], said["reviewer"], said["is_final"])
            found[key] = {**said, "draw_id": said["draw"]}
    return typed(list(found.values()), OPINIONS)


def merge_opinions(*parts: pd.DataFrame) -> pd.DataFrame:
    """Merge opinions, whatever their order (合并评审意见): one row per indicator that anybody reviewed.

    Args:
        parts: Frames of opinions, columns ``OPINIONS``; the same opinion twice counts once.

    Returns:
        Key year, project_id, indicator_id: the points all agree on, missing where they do not; every opinion with its
        reviewer; ``review_state`` agreed, single, contradicted or settled.

    Example:
        >>> one = {"year": 2024, "project_id": "p", "indicator_id": "1", "review_opinion": "少"}
        >>> said = [{**one, "reviewer": name, "review_score": points} for name, points in (("甲", 8.0), ("乙", 9.0))]
        >>> made = [typed([row], OPINIONS) for row in said]
        >>> merge_opinions(*made)["review_state"].tolist(), merge_opinions(*made[::-1])["review_score"].isna().tolist()
        (['contradicted'], [True])
    """
    every = [row for part in parts for row in part.to_dict("records")]
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in every:
        groups.setdefault(tuple(row[name] for name in _EVERY), []).append(row)
    merged = []
    for key in sorted(groups):
        mine = sorted(
            {_spoken(row) for row in groups[key]}, key=lambda one: (one[0], -1.0 if one[1] is None else one[1], one[2:])
        )
        decided = [one for one in mine if one[4]] or mine
        points = {one[1] for one in decided}
        is_one = len(points) == 1
        people = list(dict.fromkeys(one[0] for one in decided))
        state = (
            "contradicted" if not is_one else "settled" if decided[0][4] else "agreed" if len(people) > 1 else "single"
        )
        said = [f"{one[0]}（{points_text(one[1])}）：{one[2]}" if len(mine) > 1 else one[2] for one in mine]
        merged.append(
            {
                **dict(zip(_EVERY, key, strict=True)),
                "review_score": next(iter(points)) if is_one else None,
                "review_opinion": "\n".join(text for text in said if text),
                "review_files": review_words()["joint"].join(dict.fromkeys(one[3] for one in mine if one[3])),
                "reviewer": review_words()["people"].join(people),
                "review_state": state,
            }
        )
    columns = {name: kind for name, kind in REVIEWS.items() if name in {*_EVERY, *(merged[0] if merged else ())}}
    return typed(merged, columns or REVIEWS)


def _spoken(row: Mapping[str, Any]) -> tuple[str, float | None, str, str, bool]:
    score = row["review_score"]
    points = None if score is None or score != score else float(score)
    return str(row["reviewer"]), points, str(row["review_opinion"]), str(row["review_files"]), bool(row["is_final"])


def review_frame(rows: pd.DataFrame, opinions: pd.DataFrame) -> pd.DataFrame:
    """Return the review of the drawn forms as an evaluation (复核结果), one row per indicator; columns ``REVIEWS``.

    Args:
        rows: From :func:`drawn_rows`.
        opinions: From :func:`opinions_of`.

    Returns:
        An indicator nobody reviewed has no points of a reviewer and no difference.
    """
    merged = {tuple(row[name] for name in _EVERY): row for row in merge_opinions(opinions).to_dict("records")}
    shown = []
    for row in rows.to_dict("records"):
        said = merged.get((row["year"], row["project_id"], row["indicator_id"]), {"review_state": "open"})
        points, reported = said.get("review_score"), row["reported_score"]
        has_both = points is not None and points == points and reported == reported
        difference = exact_sum([points, -reported]) if has_both else None
        named = {name: row[name] for name in REVIEWS if name in row}
        shown.append({**named, **said, "evaluation": KIND, "review_difference": difference})
    return typed(shown, REVIEWS)


def review_totals(reviews: pd.DataFrame, results: Results) -> pd.DataFrame:
    """Return each form's total beside the reviewers' (复核总分), columns ``REVIEW_TOTALS``.

    The reviewed total is that of the unit's points with the reviewers' in their places, so that the differences of the
    indicators sum to that of the totals; ``quality_grade`` follows the declared table. While reviewers contradict each
    other, or where nobody reviewed, there is no reviewed total: ``review_progress`` says which.

    Basis: our own table, ``rules/review.yaml``.
    """
    printed = {
        (row["year"], row["project_id"]): row["total_reported"]
        for row in results.totals[results.totals["evaluation"] == "self"].to_dict("records")
    }
    totals = []
    for (year, project), mine in reviews.groupby(["year", "project_id"], sort=False):
        given = mine["reported_score"].dropna().tolist()
        apart = mine["review_difference"].dropna().tolist()
        reported, difference = exact_sum(given) or 0.0, exact_sum(apart) or 0.0
        weights = exact_sum(mine["weight"].dropna().tolist()) or 0.0
        share = (exact_sum([abs(one) for one in apart]) or 0.0) / weights if weights else float("nan")
        progress = progress_of(mine["review_state"])
        is_settled = progress in {"part", "done"}
        totals.append(
            {
                "year": year,
                "project_id": project,
                "project": mine["project"].iloc[0],
                "department": mine["department"].iloc[0],
                "total_reported": printed.get((year, project)),
                "reported_sum": reported,
                "review_total": exact_sum([reported, difference]) if is_settled else None,
                "review_difference": difference if is_settled else None,
                "reviewed_count": int((mine["review_state"] != "open").sum()),
                "contradicted_count": int((mine["review_state"] == "contradicted").sum()),
                "review_progress": progress,
                "deviation_share": share if is_settled else None,
                "quality_grade": quality_grade(share) if progress == "done" else "",
            }
        )
    return typed(totals, REVIEW_TOTALS)


def progress_of(states: pd.Series) -> str:
    """Return how far the review of a form is (复核进度), from the states of its indicators.

    Example:
        >>> [progress_of(pd.Series(states)) for states in (["open"], ["single", "open"], ["contradicted"], ["agreed"])]
        ['none', 'part', 'contradicted', 'done']
    """
    if (states == "open").all():
        return "none"
    if (states == "contradicted").any():
        return "contradicted"
    return "part" if (states == "open").any() else "done"


def unread_totals(made: Draw, reviews: pd.DataFrame, opinions: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each drawn form that cannot be read any more (读不出的自评), columns ``REVIEW_TOTALS``.

    What reviewers said of it stands in the ledger as before; there is nothing to compare it with.
    """
    said = opinions.drop_duplicates(["project_id", "indicator_id"]).groupby("project_id").size()
    rows = [
        {
            **{name: row[name] for name in ("year", "project_id", "project", "department")},
            "reviewed_count": int(said.get(row["project_id"], 0)),
            "review_progress": "unread",
            "quality_grade": "",
        }
        for row in made.drawn.to_dict("records")
        if row["project_id"] not in set(reviews["project_id"])
    ]
    return typed(rows, REVIEW_TOTALS)


def refuse_agreed(review: Mapping[str, Any]) -> None:
    """Refuse to decide an indicator on which reviewers do not contradict each other (不必裁定).

    Args:
        review: One row of :func:`review_frame`.

    Raises:
        RequestError: Nobody reviewed it, one did, or all give the same points.
    """
    if review["review_state"] not in {"contradicted", "settled"}:
        state = review_words()["states"][review["review_state"]]
        raise RequestError(
            f"“{review['project']}”的“{review['indicator']}”现为“{state}”，没有不同的意见，不必裁定；没有记入台账"
        )


def quality_grade(share: float) -> str:
    """Return the grade of a unit's own evaluation by how far the reviewers are from it (自评质量等级).

    Example:
        >>> [quality_grade(share) for share in (0.0, 0.01, 0.011, 0.05, 0.1, 0.2)]
        ['excellent', 'excellent', 'good', 'good', 'fair', 'poor']
    """
    bands = review_words()["quality"]["bands"]
    return next((str(band["grade"]) for band in bands if share <= float(band["to"])), str(bands[-1]["grade"]))


def review_problems(ledger: book.Ledger, results: Results) -> Iterator[dict[str, Any]]:
    """Yield what reviewers found as problems to answer (核查发现的问题): indicators whose points they changed."""
    from jixiao.builds.ledger.drawing import draws

    for made in draws(ledger):
        reviews = review_frame(drawn_rows(results, made), opinions_of(ledger, made.draw_id))
        units = {row["project_id"]: row["unit"] for row in results.frames.projects.to_dict("records")}
        changed = reviews[(reviews["review_difference"].fillna(0.0) != 0.0)]
        for row in changed.to_dict("records"):
            told = {"points": points_text(row["review_score"]), "reported": points_text(row["reported_score"])}
            said = review_words()["said"]["reviewed"].format(**told, opinion=row["review_opinion"])
            yield {
                "year": int(row["year"]),
                "issue_source": KIND,
                "department": row["department"],
                "owner": units.get(row["project_id"]) or row["department"],
                "project_id": row["project_id"],
                "project": row["project"],
                "indicator": row["indicator"],
                "issue_text": said,
                "cause": "",
                "demand": review_words()["said"]["demand"],
                "code": KIND,
                "fault": fault_key(row["project_id"], KIND, row["indicator"]),
                "source_key": f"review:{made.draw_id}/{row['project_id']}/{row['indicator_id']}",
                "place": "",
                "source_file": "",
                "source_sheet": "",
                "source_cell": "",
            }


def keep_opinions(draw_id: str, opinions: Sequence[Mapping[str, Any]], *, by: str = "") -> int:
    """Enter opinions into the ledger (登记评审意见); those that say what already stands there are left out.

    Args:
        draw_id: The draw they are about.
        opinions: Rows with the columns ``OPINIONS``.
        by: Who enters them; the reviewer of the first when empty.

    Returns:
        How many were new.
    """
    with book.writing(by or (str(opinions[0]["reviewer"]) if opinions else "")) as writer:
        known = {tuple(sorted(_plain(row).items())) for row in opinions_of(writer.ledger, draw_id).to_dict("records")}
        fresh = [
            row
            for row in (_plain({**one, "draw_id": draw_id}) for one in opinions)
            if tuple(sorted(row.items())) not in known
        ]
        writer.write(
            [
                {
                    "what": "opinion",
                    "about": f"{draw_id}/{row['project_id']}/{row['indicator_id']}",
                    "said": {**row, "draw": draw_id},
                }
                for row in fresh
            ]
        )
    return len(fresh)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: row.get(name) for name in OPINIONS}
    return {
        **{name: str(value or "") for name, value in kept.items()},
        "year": int(kept["year"] or 0),
        "review_score": float(kept["review_score"] or 0.0),
        "is_final": bool(kept["is_final"]),
    }
