"""The opinion on a filed evaluation (复核意见): what the audit found, addressed to the unit, apart from its report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from jixiao.analysis.summary import select_rows
from jixiao.core.exact import exact_sum
from jixiao.core.results import Results
from jixiao.core.vocabulary import word
from jixiao.publish.papers.contents import evaluation_content, indicator_row
from jixiao.publish.papers.wording import clean, paper_words, shown_target, written
from jixiao.scoring.frameworks import load_framework

Row = dict[str, Any]
_SAME = 0.005
_SEVERITIES = ("error", "warning", "question", "rounding")


def review_content(results: Results, chosen: pd.Series) -> Row:
    """Return what the template of an opinion may name (复核意见的内容).

    Args:
        results: What was read, scored and audited.
        chosen: One row of the totals.

    Returns:
        Texts and lists of rows of texts; ``problems`` are ordered by the points at stake.

    Example:
        >>> import jixiao
        >>> from jixiao.publish.papers.contents import find_evaluation
        >>> results = jixiao.evaluate("data/sample")
        >>> chosen = find_evaluation(results, year=2023, project="示例校园网络运维项目", evaluation="self")
        >>> review_content(results, chosen)["addressee"]
        '示例市教育技术中心'
    """
    words, kind = paper_words(), str(chosen["evaluation"])
    framework = load_framework(chosen["framework"])
    content = evaluation_content(results, chosen)
    findings = ranked_findings(results, chosen)
    rows = list(finding_rows(findings))
    problems = _together([row for row in rows if row["stake"] or row["code"] in {"error", "warning"}])
    severities = findings["severity"].value_counts()
    others = len(rows) - int(severities.get("error", 0)) - int(severities.get("warning", 0))
    names = {name: content[name] for name in ("project", "department", "unit")}
    by_bands = word("reported_grade", chosen["reported_grade"])
    printed = clean(chosen["grade_reported"])
    is_other = bool(printed and by_bands and framework.grade_named(printed) != chosen["reported_grade"])
    difference = chosen["score_difference"]
    return {
        **content,
        "title": words["titles"]["review"].format(**names, year=chosen["year"], kind=word("evaluation", kind)),
        "addressee": content["unit"] or content["department"] or words["no_addressee"],
        "basis_name": framework.name,
        "grade_by_bands": by_bands if is_other else "",
        "rule": {
            "total": written("total", chosen["total"]),
            "differs": bool(difference == difference and abs(difference) > _SAME),
            "difference": written("total", abs(difference)) if difference == difference else "",
        },
        "problems": problems[: words["most"]["problems"]],
        "findings": rows[: words["most"]["findings"]],
        "recount": list(recount_rows(results, chosen)),
        "counts": content["counts"]
        | {
            "findings": str(len(rows)),
            "severities": _counted(int(severities.get("error", 0)), int(severities.get("warning", 0)), others),
            "undecided": str(int(chosen["undecided_count"])),
            "problems_left": str(max(len(problems) - words["most"]["problems"], 0) or ""),
        },
    }


def _counted(*counts: int) -> str:
    """Return how many findings there are of each severity, those apart that there are none of."""
    words = paper_words()
    named = zip(words["severities"], counts, strict=True)
    return str(words["joint"].join(words["counted"].format(name=name, count=count) for name, count in named if count))


def ranked_findings(results: Results, chosen: pd.Series) -> pd.DataFrame:
    """Return the findings of one evaluation, those with most points at stake first (按涉及分值排列).

    At stake is what the rule gives more or less than was given, else what was taken off.
    """
    findings, scores = (select_rows(frame, chosen) for frame in (results.findings, results.scores))
    taken = [
        exact_sum([weight, -points]) if weight == weight and points == points else 0.0
        for weight, points in zip(scores["weight"], scores["reported_score"], strict=True)
    ]
    stake = (
        scores["score_difference"]
        .abs()
        .where(scores["score_difference"].abs() > _SAME)
        .fillna(pd.Series(taken, scores.index))
    )
    by_indicator = dict(zip(scores["indicator_id"], stake, strict=True))
    ranked = findings.assign(
        stake=[float(by_indicator.get(name, 0.0) or 0.0) for name in findings["indicator_id"]],
        rank=findings["severity"].map({name: number for number, name in enumerate(_SEVERITIES)}).astype("float64"),
    )
    return ranked.sort_values(["stake", "rank"], ascending=[False, True], kind="stable", ignore_index=True)


def finding_rows(findings: pd.DataFrame) -> Iterator[Row]:
    """Yield findings as numbered texts (问题), in their order."""
    place = paper_words()["place"]
    for number, row in enumerate(findings.to_dict("records"), 1):
        file, sheet, cell = (clean(row[name]) for name in ("source_file", "source_sheet", "source_cell"))
        yield {
            "number": str(number),
            "code": row["severity"],
            "severity": word("severity", row["severity"]),
            "stake": row["stake"],
            "file": file,
            "sheet": sheet,
            "cell": cell,
            "place": place.format(file=file, sheet=sheet, cell=cell),
            "basis": paper_words()["basis"].format(
                mark=word("basis_mark", row["basis_mark"]), text=clean(row["basis"])
            ),
            **{name: shown_target(row[name]) for name in ("title", "indicator", "message", "resolution")},
        }


def recount_rows(results: Results, chosen: pd.Series) -> Iterator[Row]:
    """Yield every counted indicator with its given points, those of the rule and how they came about (逐项复算)."""
    scores = select_rows(results.scores, chosen)
    for row in scores[scores["is_counted"]].to_dict("records"):
        texts = indicator_row(row)
        yield {
            **texts,
            "rule": written("score", row["score"]),
            "explanation": _explained(row, texts),
        }


def _explained(row: Row, texts: Row) -> str:
    """Return how the points of the rule came about; where a person judged, what was given and taken off."""
    words = paper_words()["judged"]
    if row["decided_by"] != "person" or not texts["score"]:
        return shown_target(row["score_explanation"])
    return words["less" if texts["lost"] else "full"].format(score=texts["score"], lost=texts["lost"])


def _together(rows: list[Row]) -> list[Row]:
    """Return findings that say the same of several cells as one, its indicators and cells joined."""
    words, groups = paper_words(), dict[tuple[str, ...], list[Row]]()
    for row in rows:
        groups.setdefault(tuple(row[name] for name in ("title", "message", "file", "sheet")), []).append(row)
    joined = []
    for mine in groups.values():
        names, cells = (words["joint"].join(dict.fromkeys(row[name] for row in mine)) for name in ("indicator", "cell"))
        place = words["place"].format(file=mine[0]["file"], sheet=mine[0]["sheet"], cell=cells)
        joined.append(mine[0] | {"indicator": names, "place": place})
    return joined


def review_sheets(results: Results, chosen: pd.Series) -> list[tuple[str, list[str], list[list[str]], tuple[int, ...]]]:
    """Return the sheets of the workbook of an opinion: name, columns, rows, widths (复核意见工作簿)."""
    words = paper_words()["workbook"]
    columns = ("number", "severity", "title", "indicator", "message", "resolution", "basis", "file", "sheet", "cell")
    findings = [[row[name] for name in columns] for row in finding_rows(ranked_findings(results, chosen))]
    counted = ("category", "subcategory", "name", "weight", "score", "rule", "explanation")
    recount = [[row[name] for name in counted] for row in recount_rows(results, chosen)]
    return [
        (words["findings"], words["finding_columns"], findings or [[words["none"]]], tuple(words["finding_widths"])),
        (words["recount"], words["recount_columns"], recount, tuple(words["recount_widths"])),
    ]


def review_path(target: Path, ending: str) -> Path:
    """Return the file of an opinion beside the report it belongs to (复核意见的文件名)."""
    return target.with_name(f"{target.stem}_{paper_words()['review_name']}{ending}")
