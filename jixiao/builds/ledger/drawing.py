"""Draw self-evaluations to be reviewed (抽查): by money and risk, provable by anybody, never redrawn in silence.

Every form gets a number that follows from the seed, the population and its own name alone; the number, divided by its
chance, decides. The population is kept as a file, the draw as an event, so that a second person can work it out again.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from jixiao.builds.ledger import book, ledger_place
from jixiao.builds.ledger.review_rules import review_words
from jixiao.core.errors import RequestError, brief, say_nearest
from jixiao.core.files import explained, write_safely
from jixiao.core.frames import typed
from jixiao.core.hashes import hash_of
from jixiao.core.results import Results

POPULATION = {
    "project_id": "str",
    "project": "str",
    "department": "str",
    "annual_budget_wan": "float64",
    "errors": "Int64",
    "warnings": "Int64",
    "checksum": "str",
}
"""What is known of each form before the draw (抽查总体): one row is one self-evaluation; key project_id."""

DRAWN = {
    "year": "Int64",
    "rank": "Int64",
    "project_id": "str",
    "project": "str",
    "department": "str",
    "draw_reason": "str",
    "chance": "float64",
    "draw_note": "str",
}
"""The drawn forms (抽中的自评), each with its place in the order, its reason and its chance."""


def rule_text(seed: str, number: int) -> str:
    """Say how forms are drawn (抽取规则).

    Example:
        >>> "种子“7”" in rule_text("7", 3)
        True
    """
    rule = review_words()["draw"]
    told = {**rule, "money": rule["money"], "risk": 1 - rule["money"], "seed": seed, "number": number}
    return str(rule["text"].format(**told))


def population_of(results: Results, year: int, departments: Sequence[str] = ()) -> pd.DataFrame:
    """Return the self-evaluations of a year that can be drawn (抽查总体), columns ``POPULATION``, in the order of keys.

    Args:
        results: What was read, scored and audited.
        year: The evaluated year.
        departments: Only departments whose names hold one of these texts; all when empty.

    Raises:
        RequestError: There is none.
    """
    totals = results.totals[results.totals["evaluation"] == "self"]
    mine = totals[totals["year"] == year]
    if departments:
        mine = mine[mine["department"].map(lambda name: any(part in name for part in departments)).astype(bool)]
    if mine.empty:
        years = sorted({int(one) for one in totals["year"].dropna()})
        raise RequestError(f"{year}年度没有可以抽查的单位自评，{say_nearest(year, years)}")
    funds = results.frames.budgets
    funds = funds[(funds["fund"] == "total") & (funds["evaluation"] == "self") & (funds["year"] == year)]
    money = dict(zip(funds["project_id"], funds["annual_budget_wan"], strict=True))
    found = results.findings[(results.findings["year"] == year) & (results.findings["evaluation"] == "self")]
    counts = found.groupby(["project_id", "severity"]).size()
    sums = dict(zip(results.frames.ingest["source_file"], results.frames.ingest["checksum"], strict=True))
    rows = [
        {
            **{name: row[name] for name in ("project_id", "project", "department")},
            "annual_budget_wan": money.get(row["project_id"]),
            "errors": int(counts.get((row["project_id"], "error"), 0)),
            "warnings": int(counts.get((row["project_id"], "warning"), 0)),
            "checksum": sums.get(row["source_file"], ""),
        }
        for row in mine.to_dict("records")
    ]
    return typed(rows, POPULATION).sort_values("project_id", ignore_index=True)


def chances(population: pd.DataFrame) -> list[float]:
    """Return the chance of each form (抽取机会): they sum to 1; missing money counts as none.

    Basis: our own rule, ``rules/review.yaml``.
    """
    rule = {name: float(review_words()["draw"][name]) for name in ("money", "base", "error", "warning")}
    money = [value if value == value and value > 0 else 0.0 for value in population["annual_budget_wan"].astype(float)]
    risk = [
        rule["base"] + rule["error"] * int(errors) + rule["warning"] * int(warnings)
        for errors, warnings in zip(population["errors"], population["warnings"], strict=True)
    ]
    whole, share = math.fsum(money), rule["money"] if any(money) else 0.0
    return [
        (share * amount / whole if whole else 0.0) + (1 - share) * danger / math.fsum(risk)
        for amount, danger in zip(money, risk, strict=True)
    ]


def population_hash(population: pd.DataFrame) -> str:
    """Return the hash of a population (总体指纹)."""
    return hash_of(_plain(population))


def draw(
    population: pd.DataFrame, *, year: int, number: int, seed: str, by_hand: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Draw forms (抽取): the same population, seed and number always give the same.

    Args:
        population: From :func:`population_of`.
        year: The evaluated year.
        number: How many are drawn at random.
        seed: Any text.
        by_hand: Projects a person chose, by names or ids, each with its reason; they come beside the others.

    Returns:
        The drawn forms, columns ``DRAWN``, in the order of the draw.

    Raises:
        RequestError: No seed, no such number, no reason, or a project that is not in the population.
    """
    if not seed.strip():
        raise RequestError("请用 --seed 写明抽取种子（任意数字或文字），以便他人复算")
    if not 0 <= number <= len(population) or (number == 0 and not by_hand):
        raise RequestError(f"抽取数量应在 1 至 {len(population)} 之间，实际为 {number}")
    whole, weights, ids = population_hash(population), chances(population), population["project_id"].tolist()
    keys = [
        -math.log(_uniform(f"{seed}|{whole}|{year}|{one}")) / weight for one, weight in zip(ids, weights, strict=True)
    ]
    order = sorted(range(len(ids)), key=lambda place: (keys[place], ids[place]))
    chosen = dict.fromkeys(order[:number], ("random", ""))
    for wanted, reason in (by_hand or {}).items():
        if not reason.strip():
            raise RequestError(f"人工选取“{brief(wanted)}”须写明原因，写作 --add “项目名称=原因”")
        place = _place_of(population, wanted)
        chosen[place] = ("both" if place in order[:number] else "hand", reason)
    rows = [
        {
            "year": year,
            "rank": rank,
            **{name: population[name].iloc[place] for name in ("project_id", "project", "department")},
            "draw_reason": chosen[place][0],
            "chance": round(weights[place], 6),
            "draw_note": chosen[place][1],
        }
        for rank, place in enumerate(order, 1)
        if place in chosen
    ]
    return typed(rows, DRAWN)


def _uniform(text: str) -> float:
    """Return a number above 0 and at most 1 that follows from a text alone."""
    return (int(hashlib.sha256(text.encode()).hexdigest()[:13], 16) + 1) / 2**52


def _place_of(population: pd.DataFrame, wanted: str) -> int:
    names, ids = population["project"].tolist(), population["project_id"].tolist()
    found = [place for place, name in enumerate(names) if wanted in name or wanted == ids[place]]
    if len(found) != 1:
        raise RequestError(
            f"人工选取的“{brief(wanted)}”对应 {len(found)} 个项目，请写全名称；{say_nearest(wanted, names)}"
        )
    return found[0]


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", force_ascii=False))
    return rows


@dataclass(frozen=True)
class Draw:
    """A draw that stands in the ledger (登记的抽查): its number and what was entered."""

    draw_id: str
    said: Mapping[str, Any]

    @property
    def drawn(self) -> pd.DataFrame:
        """The drawn forms, columns ``DRAWN``."""
        return typed(list(self.said["drawn"]), DRAWN)

    @property
    def file(self) -> Path:
        """Where the population is kept."""
        return ledger_place.ledger_path().parent / "draws" / f"{self.draw_id}_{self.said['population'][:16]}.json"


def keep_draw(
    population: pd.DataFrame,
    *,
    year: int,
    number: int,
    seed: str,
    by_hand: Mapping[str, str] | None = None,
    departments: Sequence[str] = (),
    by: str = "",
    again: str = "",
) -> Draw:
    """Draw and enter it into the ledger (登记抽查), the population as a file beside it.

    Args:
        population: As for :func:`draw`, like year, number, seed and by_hand.
        year: The evaluated year.
        number: How many.
        seed: Any text.
        by_hand: Chosen by a person.
        departments: What the population was chosen by.
        by: Who draws.
        again: Why it replaces an earlier draw of the same year and departments; refused without when there is one.

    Raises:
        RequestError: There is one already, or somebody has already reviewed a form of it.
    """
    drawn = draw(population, year=year, number=number, seed=seed, by_hand=by_hand)
    with book.writing(by) as writer:
        scope = {"year": year, "departments": list(departments)}
        earlier = [one for one in draws(writer.ledger) if {name: one.said[name] for name in scope} == scope]
        if earlier and not again.strip():
            raise RequestError(
                f"{year}年度已经抽取过（{earlier[-1].draw_id}，种子 {earlier[-1].said['seed']}），不会悄悄重抽；"
                "确需重抽的，用 --redraw 写明原因，原来的抽取仍然保留"
            )
        if earlier and earlier[-1].draw_id in {entry["said"]["draw"] for entry in writer.ledger.about("opinion")}:
            raise RequestError(f"{earlier[-1].draw_id} 已有人填写复核，不能重抽")
        count = 1 + sum(int(entry["said"]["year"]) == year for entry in writer.ledger.about("draw"))
        said = {
            **scope,
            "seed": seed,
            "number": number,
            "size": len(population),
            "population": population_hash(population),
            "rule": rule_text(seed, number),
            "replaces": earlier[-1].draw_id if earlier else "",
            "reason": again,
            "drawn": _plain(drawn),
        }
        made = Draw(str(review_words()["draw"]["id"]).format(year=year, number=count), said)
        text = json.dumps(_plain(population), ensure_ascii=False, indent=1)
        with explained(made.file.parent):
            made.file.parent.mkdir(parents=True, exist_ok=True)
            write_safely(made.file, lambda beside: beside.write_text(text, encoding="utf-8"))
        writer.write([{"what": "draw", "about": made.draw_id, "said": said}])
    return made


def draws(ledger: book.Ledger) -> list[Draw]:
    """Return the draws that were not replaced (有效的抽查), the oldest first."""
    every = [Draw(entry["about"], entry["said"]) for entry in ledger.about("draw")]
    gone = {one.said["replaces"] for one in every}
    return [one for one in every if one.draw_id not in gone]


def find_draw(ledger: book.Ledger, draw_id: str = "") -> Draw:
    """Return a draw by its number (抽查), the newest in force when it is empty.

    Raises:
        RequestError: There is none.
    """
    every = [Draw(entry["about"], entry["said"]) for entry in ledger.about("draw")] if draw_id else draws(ledger)
    found = [one for one in every if draw_id in {"", one.draw_id}]
    if not found and not draw_id:
        raise RequestError("还没有抽查，请先用 jixiao review draw 抽取")
    if not found:
        raise RequestError(f"没有抽查“{brief(draw_id)}”，{say_nearest(draw_id, [one.draw_id for one in every])}")
    return found[-1]


def prove(made: Draw) -> list[str]:
    """Work a kept draw out again from its population (复算抽查); nothing when all is as it was entered.

    Raises:
        RequestError: The file of the population is missing or damaged.
    """
    words, said = review_words()["proven"], made.said
    try:
        population = typed(json.loads(made.file.read_text(encoding="utf-8")), POPULATION)
    except (OSError, ValueError) as error:
        raise RequestError(f"抽查总体文件“{made.file.name}”缺失或已损坏，不能复算；请从备份恢复后再试") from error
    if population_hash(population) != said["population"]:
        return [str(words["population"]).format(file=made.file.name)]
    hands = {row["project_id"]: row["draw_note"] for row in said["drawn"] if row["draw_reason"] != "random"}
    now = draw(population, year=int(said["year"]), number=int(said["number"]), seed=said["seed"], by_hand=hands)
    same = (
        [_plain(now)[place] == row for place, row in enumerate(said["drawn"])] if len(now) == len(said["drawn"]) else []
    )
    return [] if same and all(same) else [str(words["drawn"]).format(before=len(said["drawn"]), same=sum(same))]
