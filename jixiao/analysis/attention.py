"""Which evaluations to look at first (先看哪些): errors, points the rules do not give, slow money."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jixiao.analysis.choices import choices
from jixiao.core.exact import positions
from jixiao.core.results import Results

_DIFFERS = 0.005
"""Points from which on two totals print differently."""


def look_first(results: Results, most: int = 10) -> pd.DataFrame:
    """Return the evaluations that want a look first (先看的评价), the most urgent at the top, with why.

    The order: errors, then points printed beyond those of the rules (or short of them), then warnings, then money that
    was spent slowly or beyond the budget. An evaluation with none of these is left out.

    Returns:
        One row per evaluation, key year, project_id, evaluation; the columns of the totals and ``errors``,
        ``warnings``, ``title`` (the most frequent of its worst findings), ``difference`` (printed minus rule total in
        points, missing when one is not known), ``is_slow`` and ``is_over``.

    Example:
        >>> import jixiao
        >>> look_first(jixiao.evaluate("data/sample"), 1)[["year", "project", "errors"]].values.tolist()
        [[2023, '示例校园网络运维项目', 1]]
    """
    totals, findings = results.totals, results.findings
    place = positions(findings, totals)
    rows = totals.copy()
    for name, severity in (("errors", "error"), ("warnings", "warning")):
        at = place[(place >= 0) & (findings["severity"] == severity).to_numpy(bool)]
        rows[name] = np.bincount(at, minlength=len(totals))
    rows["title"] = _titles(findings, place, len(totals))
    rows["difference"] = (totals["total_reported"] - totals["total"]).round(2)
    bounds = choices("execution_bands")
    rows["is_slow"] = (totals["execution_rate"] < bounds["from"]["nearly"]).fillna(False).to_numpy(bool)
    rows["is_over"] = (totals["execution_rate"] > bounds["above"]["over"]).fillna(False).to_numpy(bool)
    differs = rows["difference"].abs().fillna(0).to_numpy(float)
    wanted = (rows["errors"] + rows["warnings"] > 0) | (differs > _DIFFERS) | rows["is_slow"] | rows["is_over"]
    ranked = rows.assign(differs=differs, odd=rows["is_slow"] | rows["is_over"])[wanted]
    order = ["errors", "differs", "warnings", "odd", "year"]
    ranked = ranked.sort_values([*order, "project_id"], ascending=[False] * len(order) + [True], kind="stable")
    return ranked.drop(columns=["differs", "odd"]).head(most).reset_index(drop=True)


def _titles(findings: pd.DataFrame, place: np.ndarray, size: int) -> list[str]:
    """Return for each evaluation the title that is most frequent among its findings of the worst severity."""
    known = findings.assign(place=place)[place >= 0]
    worst = known[known["severity"].isin(["error", "warning"])]
    counts = worst.groupby(["place", "severity", "title"], observed=True).size().rename("count").reset_index()
    counts["rank"] = (counts["severity"] != "error").astype(int)
    best = counts.sort_values(["place", "rank", "count", "title"], ascending=[True, True, False, True])
    titles = [""] * size
    for row in best.drop_duplicates("place").itertuples():
        titles[int(row.place)] = str(row.title)
    return titles
