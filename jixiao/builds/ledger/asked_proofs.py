"""Evidence lists (佐证清单): per indicator what proof was asked, what came with its hash, and what is missing.

What was asked and what came are events of the ledger like any other; a file that came stays, whatever comes later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from jixiao.builds.ledger import book
from jixiao.builds.ledger.archive import files_text
from jixiao.builds.ledger.review_rules import review_words
from jixiao.core.frames import typed
from jixiao.core.hashes import hash_of
from jixiao.core.results import Results

ASKED, CAME = "proof_asked", "proof_came"
"""The events: a proof was asked for, a unit answered."""

PROOFS = {
    "proof_key": "str",
    "year": "Int64",
    "owner": "str",
    "department": "str",
    "project_id": "str",
    "project": "str",
    "evaluation": "str",
    "indicator": "str",
    "target_text": "str",
    "actual_text": "str",
    "asked_proof": "str",
    "evidence_files": "str",
    "proof_note": "str",
    "proof_state": "str",
    "request": "str",
    "asked_on": "str",
    "came_on": "str",
}
"""The columns of proofs (佐证): one row is one indicator whose proof was asked for; key proof_key."""

TOLD = (
    *("year", "owner", "department", "project_id", "project", "evaluation", "indicator", "target_text"),
    *("actual_text", "asked_proof", "request"),
)
"""What an event says of the indicator whose proof it asks for."""


def asked_proof(*texts: str) -> str:
    """Return what proof is asked for an indicator (应附佐证): the first kind one of whose words stands in its texts.

    Args:
        texts: Its name, subcategory and category.

    Basis: our own list, ``rules/review.yaml``.

    Example:
        >>> asked_proof("乘客满意度", "服务对象满意度指标")
        '问卷样表、发放和收回份数、统计汇总表'
        >>> asked_proof("其他")
        '能证明完成值的材料'
    """
    rule, whole = review_words()["proofs"], " ".join(texts)
    fitting = (kind["asked"] for kind in rule["kinds"] if any(word in whole for word in kind["words"]))
    return str(next(fitting, rule["otherwise"]))


def candidates(results: Results) -> Iterator[dict[str, Any]]:
    """Yield the indicators of the units' own evaluations with the proof each needs (应附佐证的指标).

    The key follows from the name and the categories of an indicator, so that it survives a corrected form whose rows
    moved; indicators of one name are told apart by their order.
    """
    rule = review_words()["proofs"]
    scores = results.scores
    mine = scores[scores["evaluation"].isin(rule["evaluations"]) & scores["is_counted"] & scores["year"].notna()]
    names = ("category", "subcategory", "indicator")
    seen: dict[tuple[str, ...], int] = {}
    for row in mine.sort_values(["year", "project_id", "evaluation", "indicator_id"], kind="stable").to_dict("records"):
        of = (str(row["year"]), row["project_id"], row["evaluation"], *(row[name] for name in names))
        seen[of] = seen.get(of, 0) + 1
        mark = hash_of([*(row[name] for name in names), seen[of]])[:8]
        kept = {name: str(row[name] or "") for name in TOLD if name in row}
        yield {
            **kept,
            "year": int(row["year"]),
            "owner": row["unit"] or row["department"],
            "asked_proof": asked_proof(row["indicator"], row["subcategory"], row["category"]),
            "proof_key": rule["key"].format(**{**kept, "year": int(row["year"]), "mark": mark}),
            "indicator_id": row["indicator_id"],
        }


def proofs_of(ledger: book.Ledger) -> dict[str, dict[str, Any]]:
    """Return every indicator whose proof was asked for, by its key (佐证现状); ``files`` beside the columns."""
    found: dict[str, dict[str, Any]] = {}
    for entry in ledger.entries:
        about, said, day = entry["about"], entry["said"], str(entry["when"])[:10]
        if entry["what"] == ASKED:
            before = found.get(about, {"proof_key": about, "files": [], "proof_note": "", "asked_on": day})
            found[about] = {**before, **{name: said[name] for name in TOLD}}
        elif entry["what"] == CAME and about in found:
            row = found[about]
            row |= {"files": joined(row["files"], said["files"]), "proof_note": said["proof_note"], "came_on": day}
    return found


def joined(before: list[dict[str, str]], now: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the files of an indicator after another list came (合并佐证): what came stays, names alone are replaced.

    Example:
        >>> first = [{"name": "a", "sha256": "1"}, {"name": "b", "sha256": ""}]
        >>> [one["name"] for one in joined(first, [{"name": "a", "sha256": ""}, {"name": "c", "sha256": "2"}])]
        ['a', 'c']
    """
    kept = {one["name"]: one for one in before if one["sha256"]}
    for one in now:
        if one["sha256"] or one["name"] not in kept:
            kept[one["name"]] = one
    return list(kept.values())


def state_of(files: list[dict[str, str]]) -> str:
    """Return how much has come (佐证情况).

    Example:
        >>> [state_of([{"sha256": one} for one in came]) for came in ([], [""], ["1", ""], ["1"])]
        ['missing', 'named', 'part', 'came']
    """
    came = [bool(one["sha256"]) for one in files]
    return "missing" if not came else "came" if all(came) else "part" if any(came) else "named"


def proof_frame(ledger: book.Ledger) -> pd.DataFrame:
    """Return what was asked, what came and what is missing (佐证), columns ``PROOFS``; the states are codes."""
    rows = [shown_proof(row) for row in proofs_of(ledger).values()]
    return typed(rows, PROOFS)


def shown_proof(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one of :func:`proofs_of` with its files as a text and its state."""
    listed = files_text(row["files"], review_words()["joint"])
    return {**row, "evidence_files": listed, "proof_state": state_of(row["files"])}
