"""What the report of one evaluation says (评价报告的内容): every number bound from the frames, nothing typed twice."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from jixiao.analysis.summary import choose_evaluation, select_rows
from jixiao.core.errors import RequestError
from jixiao.core.exact import exact_sum
from jixiao.core.results import Results
from jixiao.core.vocabulary import word
from jixiao.publish.papers.wording import MERGED, clean, paper_words, shown_target, written
from jixiao.scoring.frameworks import Framework, load_framework

MONEY = ("initial_budget", "annual_budget", "arrived", "executed")
_SAME = 0.005
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
        Texts, and lists of rows of texts; an empty text where something is missing.

    Example:
        >>> import jixiao
        >>> results = jixiao.evaluate("data/sample")
        >>> content = evaluation_content(results, results.totals.iloc[0])
        >>> content["total"]["reported"], content["counts"]["lost"]
        ('96.5', '2')
    """
    words, kind = paper_words(), str(chosen["evaluation"])
    framework = load_framework(chosen["framework"])
    names = {name: clean(chosen[name]) for name in ("project", "department", "unit")}
    head = select_rows(results.frames.evaluations, chosen).iloc[0]
    scores = select_rows(results.scores, chosen)
    rows = [indicator_row(row) for row in scores[scores["is_counted"]].to_dict("records")]
    findings = finding_rows(select_rows(results.findings, chosen))
    serious = [row for row in findings if row["code"] in {"error", "warning"}]
    grouped = _together(serious)
    lost = [row for row in rows if row["lost"]]
    funds = [fund_row(row) for row in select_rows(results.frames.budgets, chosen).to_dict("records")]
    categories = _categories(rows)
    problems = grouped[: words["most"]["problems"]]
    listed = findings[: words["most"]["findings"]]
    return {
        **names,
        "year": str(chosen["year"]),
        "kind": word("evaluation", kind),
        "verb": words["verbs"][kind],
        "title": words["titles"][kind].format(**names | {"year": chosen["year"]}),
        "remark": clean(results.remark),
        "source_file": clean(chosen["source_file"]),
        "framework": framework.name,
        "basis": framework.basis.text,
        "objective": clean(head["objective"]),
        "objective_achieved": clean(head["objective_achieved"]),
        "money": _money(chosen, funds),
        "funds": [row for row in funds if any(row[name] for name in MONEY)],
        "total": _total(chosen, rows, framework),
        "categories": categories,
        "parts": _parts(rows),
        "rows": _merged(rows),
        "lost": lost,
        "findings": listed,
        "problems": problems,
        "advices": _advices(serious),
        "counts": {
            name: str(count) if count else ""
            for name, count in {
                "categories": len(categories),
                "subcategories": len({(row["category"], row["subcategory"]) for row in rows if row["subcategory"]}),
                "named": sum(bool(row["is_named"]) for row in rows),
                "undecided": int(chosen["undecided_count"]),
                "problems_left": len(grouped) - len(problems),
                "unscored": sum(not row["score"] for row in rows),
            }.items()
        }
        | {
            "indicators": str(len(rows)),
            "lost": str(len(lost)),
            "findings": str(len(findings)),
            "errors": str(sum(row["code"] == "error" for row in findings)),
            "warnings": str(sum(row["code"] == "warning" for row in findings)),
            "others": str(len(findings) - len(serious)),
        },
    }


def indicator_row(row: Row) -> Row:
    """Return one indicator as texts (一项指标)."""
    points, weight, rule = row["reported_score"], row["weight"], row["score"]
    lost = exact_sum([weight, -points]) if points == points and weight == weight else None
    differs = points == points and rule == rule and abs(points - rule) > _SAME
    is_ratio = row["method"] != "cost_band"  # there the rate is a share saved, not a share done
    subcategory, name = clean(row["subcategory"]), clean(row["indicator"])
    return {
        "category": clean(row["category"]),
        "subcategory": subcategory,
        "name": name or subcategory or clean(row["category"]) or paper_words()["no_name"],
        "is_named": bool(name),
        "weight": written("weight", weight),
        "target": shown_target(row["target_text"]),
        "actual": shown_target(row["actual_text"]),
        "rate": written("completion_rate", row["completion_rate"]) if is_ratio else "",
        "standard": shown_target(row["scoring_standard"]),
        "score": written("reported_score", points),
        "rule": written("score", rule),
        "lost": written("lost", lost) if lost is not None and lost > 0 else "",
        "differs": differs,
        "explanation": shown_target(row["score_explanation"]),
        "reason": shown_target(row["deviation_reason"]),
        "points": points if points == points else None,
        "full": weight if weight == weight else None,
    }


def fund_row(row: Row) -> Row:
    """Return one source of money as texts (一项资金)."""
    money = {name: written(f"{name}_wan", row[f"{name}_wan"]) for name in MONEY}
    return {"name": word("fund", row["fund"]), "is_total": row["fund"] == "total", **money, "rate": _rate(row)}


def _rate(row: Row) -> str:
    """Return the execution rate as the form prints it."""
    return clean(row["execution_rate_text"])


def finding_rows(findings: pd.DataFrame) -> list[Row]:
    """Return findings as numbered texts (问题), worst first as the audit lists them."""
    place = paper_words()["place"]
    rows = []
    for number, row in enumerate(findings.to_dict("records"), 1):
        file, sheet, cell = (clean(row[name]) for name in ("source_file", "source_sheet", "source_cell"))
        texts = {name: shown_target(row[name]) for name in ("title", "indicator", "message", "resolution")}
        rows.append(
            {
                "number": str(number),
                "code": row["severity"],
                "severity": word("severity", row["severity"]),
                "file": file,
                "sheet": sheet,
                "cell": cell,
                "place": place.format(file=file, sheet=sheet, cell=cell),
                **texts,
            }
        )
    return rows


def _together(rows: list[Row]) -> list[Row]:
    """Return findings that say the same of several cells as one, its indicators and cells joined."""
    words, joined = paper_words(), []
    for mine in _grouped(rows, "title", "message", "file", "sheet").values():
        names, cells = (words["joint"].join(dict.fromkeys(row[name] for row in mine)) for name in ("indicator", "cell"))
        place = words["place"].format(file=mine[0]["file"], sheet=mine[0]["sheet"], cell=cells)
        joined.append(mine[0] | {"indicator": names, "place": place})
    return joined


def _money(chosen: pd.Series, funds: list[Row]) -> Row:
    """Return the money of the whole project and its rates."""
    total = next((row for row in funds if row["is_total"]), dict.fromkeys(MONEY, ""))
    rate = chosen["execution_rate"]
    return {
        **{name: total[name] for name in MONEY},
        "arrival_rate": written("arrival_rate", chosen["arrival_rate"]),
        "execution_rate": written("execution_rate", rate),
        "definition": word("execution_definition", chosen["execution_definition"]),
        "is_unspent": bool(rate < 1),
    }


def _total(chosen: pd.Series, rows: list[Row], framework: Framework) -> Row:
    """Return the total, its grade, what the rules give instead, and the bands of the grades."""
    by_bands = word("reported_grade", chosen["reported_grade"])
    printed = clean(chosen["grade_reported"])
    is_known = framework.grade_named(printed) == chosen["reported_grade"] or not printed or not by_bands
    rule, difference = chosen["total"], chosen["score_difference"]
    weight, points = exact_sum([row["full"] for row in rows]), exact_sum([row["points"] for row in rows])
    return {
        "reported": written("total_reported", chosen["total_reported"]),
        "grade": printed or by_bands,
        "grade_by_bands": by_bands,
        "grade_differs": not is_known,
        "full": written("weight", framework.full_score),
        "bands": _bands(framework),
        "rule": written("total", rule),
        "rule_grade": word("grade", chosen["grade"]),
        "differs": bool(difference == difference and abs(difference) > _SAME),
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
        found.append({"name": name, "indicators": mine, "lost_count": str(lost) if lost else "", **_sums(mine)})
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


def _advices(findings: list[Row]) -> list[Row]:
    """Return what to do about the serious findings, once for each kind."""
    kinds = {row["title"]: row["resolution"] for row in findings if row["resolution"]}
    return [{"title": title, "text": text} for title, text in kinds.items()]
