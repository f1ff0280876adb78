"""What the report of one evaluation says (评价报告的内容): every number bound from the frames, nothing typed twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from jixiao.analysis.summary import choose_evaluation, select_rows
from jixiao.core.errors import RequestError
from jixiao.core.exact import exact_sum
from jixiao.core.results import Results
from jixiao.core.vocabulary import word
from jixiao.publish.papers.unit_words import (
    REASONS,
    fill_outline,
    highest_number,
    passages_of,
    says,
    summary_of_project,
    told,
)
from jixiao.publish.papers.wording import MERGED, clean, paper_words, shown_target, written
from jixiao.scoring.frameworks import Framework, load_framework

SELF = "self_evaluation"
"""The paper of a self-evaluation, which also takes up what the department's summary says of its project."""
MONEY = ("initial_budget", "annual_budget", "arrived", "executed")
Row = dict[str, Any]


def find_evaluation(results: Results, *, year: int, project: str, evaluation: str) -> pd.Series:
    """Return the totals of one evaluation (选定一份评价): by the exact key first, else as a reader names it.

    Raises:
        RequestError: There is none, or it is no evaluation of this kind; the sentence lists what there is.
    """
    totals = results.totals
    exact = totals[(totals["project_id"] == project) & (totals["year"] == year) & (totals["evaluation"] == evaluation)]
    chosen = exact.iloc[0] if len(exact) == 1 else choose_evaluation(results, year, project, evaluation)
    if chosen["evaluation"] not in paper_words()["templates"]:
        raise RequestError(f"{word('evaluation', chosen['evaluation'])}没有对应的报告")
    return chosen


def evaluation_content(results: Results, chosen: pd.Series) -> Row:
    """Return what the templates of a report may name (报告内容), every number as the text a reader sees.

    Args:
        results: What was read, scored and audited.
        chosen: One row of the totals.

    Returns:
        Texts, and lists of rows of texts; an empty text where something is missing. ``said`` holds what the unit wrote,
        by the place of the outline, ``told`` where each of these paragraphs was read.

    Example:
        >>> import jixiao
        >>> results = jixiao.evaluate("data/sample")
        >>> content = evaluation_content(results, results.totals.iloc[0])
        >>> content["total"]["reported"], content["counts"]["lost"]
        ('96.5', '2')
    """
    words, kind = paper_words(), str(chosen["evaluation"])
    paper = words["templates"][kind]
    framework = load_framework(chosen["framework"])
    names = {name: clean(chosen[name]) for name in ("project", "department", "unit")}
    head = select_rows(results.frames.evaluations, chosen).iloc[0]
    passages = passages_of(results.frames.passages, chosen)
    if paper == SELF:
        summary = summary_of_project(results.frames.passages, chosen, clean(head["source_file"]))
        passages = pd.concat([passages, summary], ignore_index=True) if len(summary) else passages
    said = fill_outline(passages, paper)
    rows = list(_indicator_rows(results, chosen))
    funds = [fund_row(row) for row in select_rows(results.frames.budgets, chosen).to_dict("records")]
    money = _money(results, chosen, funds)
    funds = [row | {"rate": money["execution_rate"]} if row["is_total"] else row for row in funds]
    categories, total = _categories(rows), _total(chosen, rows, framework)
    lost, missed = [row for row in rows if row["lost"]], [row for row in rows if row["lost"] or row["is_missed"]]
    unreasoned = [row["name"] for row in missed if not row["reason"]]
    return {
        **names,
        "year": str(chosen["year"]),
        "period": _period(results, chosen),
        "kind": word("evaluation", kind),
        "verb": words["verbs"][kind],
        "title": words["titles"][kind].format(**names | {"year": chosen["year"]}),
        "remark": clean(results.remark),
        "framework": framework.name,
        "basis": framework.basis.text,
        "objective": clean(head["objective"]),
        "objective_achieved": clean(head["objective_achieved"]),
        "said": said,
        "told": told(said, paper),
        "is_told": {
            "funds": any(row["subsection"] in words["fund_subsections"] for row in said["overview"]),
            "period": says((row for place in said.values() for row in place), *words["period_words"]),
            "total": bool(total["reported"]) and says(said["conclusion"], *_points_of(total["reported"], words)),
        },
        "sign": _signature(results, chosen),
        "money": money,
        "funds": [row for row in funds if any(row[name] for name in MONEY)],
        "has_funds": {name: any(row[name] for row in funds) for name in MONEY},
        "total": total,
        "categories": categories,
        "parts": _parts(rows),
        "rows": _merged(rows),
        "has_standards": 2 * sum(bool(row["standard"]) for row in rows) >= len(rows),  # else a column of dashes
        "has_targets": 2 * sum(bool(row["target"] or row["actual"]) for row in rows) >= len(rows),
        "lost": sorted(lost, key=lambda row: -row["lost_points"]),
        "missed": sorted(missed, key=lambda row: -row["lost_points"]),
        "unreasoned": words["joint"].join(unreasoned),
        "counts": {
            name: str(count) if count else ""
            for name, count in {
                "categories": len(categories),
                "subcategories": len({(row["category"], row["subcategory"]) for row in rows if row["subcategory"]}),
                "named": sum(bool(row["is_named"]) for row in rows),
                "missed": len(missed),
            }.items()
        }
        | {"indicators": str(len(rows)), "lost": str(len(lost)), "first_table": highest_number(said)},
    }


def _points_of(total: str, words: Row) -> list[str]:
    """Return how a total may stand in a sentence: 95分, 95 分, 95.00分."""
    return [pattern.format(total=total, padded=f"{Decimal(total):.2f}") for pattern in words["total_written"]]


def _period(results: Results, chosen: pd.Series) -> str:
    """Return the evaluated period as dates (评价时段): as the unit states it, else the whole year."""
    stated = select_rows(results.frames.statements, chosen)
    ends = [stated.loc[stated["statement"] == name, "value_text"].tolist() for name in ("period_start", "period_end")]
    if all(ends):
        return str(paper_words()["period_between"].format(start=clean(ends[0][0]), end=clean(ends[1][0])))
    return str(paper_words()["period_of_year"].format(year=chosen["year"]))


def _signature(results: Results, chosen: pd.Series) -> Row:
    """Return who signs and when, as the unit's own report says (落款)."""
    passages = passages_of(results.frames.passages, chosen)
    signed = passages[passages["passage_kind"] == "signature"]
    return {"lines": [clean(text) for text in signed["text"] if clean(text)]}


def _indicator_rows(results: Results, chosen: pd.Series) -> Iterator[Row]:
    """Yield the counted indicators; a reason that the form does not give is taken from the unit's own paragraph."""
    scores = select_rows(results.scores, chosen)
    reasons = written_reasons(results, chosen)
    for row in scores[scores["is_counted"]].to_dict("records"):
        form_reason = clean(row["deviation_reason"])
        reason = reason_of(row, reasons)
        is_short = len(reason) <= paper_words()["longest_reason"]  # what fits the column of a table
        yield indicator_row({**row, "deviation_reason": reason}) | {"brief": reason if form_reason or is_short else ""}


def reason_of(row: Row, reasons: dict[str, str]) -> str:
    """Return why an indicator lost points: as its form says, else as the unit wrote elsewhere."""
    told = clean(row["deviation_reason"]) or reasons.get(clean(row["indicator_id"]), "")
    return told or reasons.get(clean(row["indicator"]) or clean(row["subcategory"]), "")


def written_reasons(results: Results, chosen: pd.Series) -> dict[str, str]:
    """Return why points were lost, by the id of an indicator, or by its name where the unit answered a question."""
    paragraphs = select_rows(results.frames.indicator_paragraphs, chosen)
    found = {clean(row.indicator_id): clean(row.loss_reason) for row in paragraphs.itertuples() if row.indicator_id}
    answers = passages_of(results.frames.passages, chosen)
    for name, mine in answers[answers["subsection"] == REASONS].groupby("heading", sort=False):
        found[clean(name)] = "".join(mine["text"].map(clean))
    return {key: text for key, text in found.items() if text}


def indicator_row(row: Row) -> Row:
    """Return one indicator as texts (一项指标).

    A rate of completion stands only where a reader expects one: for a target that was missed and that more reaches,
    not for one that less reaches, nor for satisfaction, whose value is a rate itself.
    """
    words = paper_words()
    points, weight = row["reported_score"], row["weight"]
    lost = exact_sum([weight, -points]) if points == points and weight == weight else None
    is_missed = _is_missed(row)
    subcategory, name = clean(row["subcategory"]), clean(row["indicator"])
    is_satisfaction = words["satisfaction"] in f"{subcategory}{name}"
    has_target = bool(shown_target(row["target_text"]))
    has_rate = is_missed and has_target and row["direction"] != "negative" and not is_satisfaction
    reason = shown_target(row["deviation_reason"])
    is_judged = row["method"] in words["judged_methods"]
    return {
        "category": clean(row["category"]),
        "subcategory": subcategory,
        "name": name or subcategory or clean(row["category"]) or words["no_name"],
        "is_named": bool(name),
        "weight": written("weight", weight),
        "target": shown_target(row["target_text"]),
        "target_said": _without_equals(row["target_text"]),
        "actual": shown_target(row["actual_text"]),
        "actual_said": _without_equals(row["actual_text"]),
        "is_figure": row["actual_kind"] in words["figure_kinds"],
        "is_missed": is_missed,
        "rate": written("completion_rate", row["completion_rate"]) if has_rate else "",
        "standard": shown_target(row["scoring_standard"]),
        "score": written("reported_score", points),
        "lost": written("lost", lost) if lost is not None and lost > 0 else "",
        "lost_points": lost if lost is not None and lost > 0 else 0.0,
        "taken": words["taken"]["judged" if is_judged and not reason else "other"],
        "reason": reason,
        "brief": reason,
        "points": points if points == points else None,
        "full": weight if weight == weight else None,
    }


def _is_missed(row: Row) -> bool:
    """Say whether a target was not reached, whatever points were given (未达到指标值)."""
    rate = row["completion_rate"]
    if row["method"] in paper_words()["share_methods"]:  # there the rate is a share saved, not a share done
        return bool(row["decided_by"] == "rule" and row["score"] < row["weight"])
    return bool(rate == rate and rate is not None and rate < 1)


def _without_equals(text: Any) -> str:
    """Return a target or an actual as it stands in a sentence: 100%, not =100%."""
    return shown_target(text).lstrip("=＝ ")


def fund_row(row: Row) -> Row:
    """Return one source of money as texts (一项资金)."""
    money = {name: written(f"{name}_wan", row[f"{name}_wan"]) for name in MONEY}
    return {"name": word("fund", row["fund"]), "is_total": row["fund"] == "total", **money, "rate": _rate(row)}


def _rate(row: Row) -> str:
    """Return the execution rate as the form prints it."""
    return clean(row["execution_rate_text"])


def _money(results: Results, chosen: pd.Series, funds: list[Row]) -> Row:
    """Return the money of the whole project and its rates; the execution rate is the printed one wherever it stands."""
    total = next((row for row in funds if row["is_total"]), dict.fromkeys((*MONEY, "rate"), ""))
    rate = chosen["execution_rate"]
    return {
        **{name: total[name] for name in MONEY},
        "arrival_rate": written("arrival_rate", chosen["arrival_rate"]),
        "execution_rate": total["rate"] or _stated_rate(results, chosen) or written("execution_rate", rate),
        "definition": word("execution_definition", chosen["execution_definition"]),
        "is_unspent": bool(rate < 1),
    }


def _stated_rate(results: Results, chosen: pd.Series) -> str:
    """Return the execution rate as the unit's own text states it."""
    stated = select_rows(results.frames.statements, chosen)
    texts = stated.loc[stated["statement"] == "execution_rate", "value_text"].map(clean)
    return next((text for text in texts if text), "")


def _total(chosen: pd.Series, rows: list[Row], framework: Framework) -> Row:
    """Return the total, its grade, what the rules give instead, and the bands of the grades."""
    by_bands = word("reported_grade", chosen["reported_grade"])
    printed = clean(chosen["grade_reported"])
    weight, points = exact_sum([row["full"] for row in rows]), exact_sum([row["points"] for row in rows])
    return {
        "reported": written("total_reported", chosen["total_reported"]),
        "grade": printed or by_bands,
        "full": written("weight", framework.full_score),
        "bands": _bands(framework),
        "weight": written("weight", weight),
        "sum": written("reported_sum", points),
        "share": _share(points, weight),
    }


def _bands(framework: Framework) -> str:
    words = paper_words()
    ordered, band = sorted(framework.grades, key=lambda grade: -grade.start), words["band"]
    texts = []
    for number, grade in enumerate(ordered):
        key = "top" if number == 0 else ("bottom" if number == len(ordered) - 1 else "middle")
        to = written("weight", ordered[number - 1].start) if number else ""
        texts.append(band[key].format(**{"from": written("weight", grade.start)}, to=to, name=grade.name))
    return str(words["band_joint"].join(texts))


def _share(points: float | None, weight: float | None) -> str:
    if points is None or not weight:
        return ""
    return written("completion_rate", Decimal(str(points)) / Decimal(str(weight)))


def _sums(rows: Sequence[Row]) -> Row:
    """Return number, weight, points and share of some indicators; missing where a part is missing."""
    weight, points = exact_sum([row["full"] for row in rows]), exact_sum([row["points"] for row in rows])
    return {
        "count": str(len(rows)),
        "weight": written("weight", weight),
        "score": written("reported_score", points),
        "share": _share(points, weight),
    }


def _grouped(rows: list[Row], *names: str) -> dict[tuple[str, ...], list[Row]]:
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return groups


def _categories(rows: list[Row]) -> list[Row]:
    found = []
    for (name,), mine in _grouped(rows, "category").items():
        lost = sum(bool(row["lost"]) for row in mine)
        counts = {"is_several": len(mine) > 1, "lost_count": str(lost) if lost else ""}
        found.append({"name": name, "indicators": mine, **counts, **_sums(mine)})
    return found


def _parts(rows: list[Row]) -> list[Row]:
    """Return the sums of each level-2 heading, level 1 merged over them."""
    parts, last = [], None
    for (category, name), mine in _grouped(rows, "category", "subcategory").items():
        parts.append({"category": MERGED if category == last else category, "name": name, **_sums(mine)})
        last = category
    return parts


def _merged(rows: list[Row]) -> list[Row]:
    """Return the rows of the scoring table, levels 1 and 2 merged over what belongs to them."""
    merged, last = [], (None, None)
    for row in rows:
        now = (row["category"], row["subcategory"])
        merged.append(
            row
            | {
                "category": MERGED if now[0] == last[0] and now[0] else now[0],
                "subcategory": MERGED if now == last and now[1] else now[1],
            }
        )
        last = now
    return merged
