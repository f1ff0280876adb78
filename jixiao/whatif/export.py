"""Keep a scenario (情景导出): as YAML that can be read again, as an offline page, or as a workbook."""

from __future__ import annotations

from datetime import timedelta, timezone
from pathlib import Path

import pandas as pd
from markupsafe import Markup

import jixiao
from jixiao.analysis import contribution_totals
from jixiao.analysis.choices import origin
from jixiao.core.errors import RequestError
from jixiao.core.files import place_name, write_safely
from jixiao.core.vocabulary import label
from jixiao.show.figures import plot_contributions
from jixiao.show.markup import fill
from jixiao.show.tables import Table, show_analysis
from jixiao.show.workbook import write_sheets
from jixiao.whatif.application import describe_place
from jixiao.whatif.comparison import Comparison, grade_bands, words
from jixiao.whatif.declaration import Change, Scenario, profiles, write_scenario

PAGES = Path(__file__).parent / "assets"
MOST_ROWS = 300
_BEIJING = timezone(timedelta(hours=8))
_NAMED = ["year", "department", "project", "evaluation"]
_TOTALS = [*_NAMED, "total_before", "total_after", "change", "grade_before", "grade_after"]
_ROWS = [*_NAMED, "indicator", "weight_before", "weight_after", "points_before", "points_after"]
_EFFECTS = ["weight_effect", "completion_effect", "turnover_effect", "contribution"]


def write_comparison(comparison: Comparison, path: Path) -> None:
    """Write a scenario and what it changes (导出情景): .yaml the scenario alone, .html a page, .xlsx a workbook.

    Raises:
        RequestError: The file name ends otherwise.

    Example:
        >>> import tempfile
        >>> from jixiao.whatif import compare, make_scenario
        >>> found = compare(jixiao.evaluate("data/sample"), make_scenario({"name": "甲", "profile": "caiyu_2021_101"}))
        >>> path = Path(tempfile.mkdtemp()) / "甲.yaml"
        >>> write_comparison(found, path); print(path.read_text(encoding="utf-8"), end="")
        name: 甲
        profile: caiyu_2021_101
    """
    kind = path.suffix.lower()
    if kind in {".yaml", ".yml"}:
        write_scenario(comparison.outcome.scenario, path)
    elif kind == ".html":
        text = comparison_page(comparison)
        write_safely(path, lambda target: target.write_text(text, encoding="utf-8"))
    elif kind == ".xlsx":
        _write_workbook(comparison, path)
    else:
        raise RequestError(f"情景只能写成 .yaml、.html 或 .xlsx 文件，实际为“{path.name}”，请换一个文件名")


def describe_scenario(scenario: Scenario) -> list[str]:
    """Say what a scenario changes, one line each (情景内容)."""
    texts = words()["report"]
    lines = [texts["profile"].format(profile=profiles()[scenario.profile])] if scenario.profile else []
    lines += [texts["bands"].format(bands=grade_bands(scenario))] if scenario.grades else []
    return lines + [f"{describe_place(change)} → {_written(change)}" for change in scenario.changes]


def _written(change: Change) -> str:
    given = words()["given"]
    return str(words()["listed"]).join(given[name].format(value=value) for name, value in change.values)


def summary_line(comparison: Comparison) -> str:
    """Count what a scenario changes (情景小结)."""
    rows = comparison.totals
    known = [rows[f"total_{end}"].notna() for end in ("before", "after")]
    opened = known[0] & ~known[1]
    grades = [rows[f"grade_{end}"].astype("object") for end in ("before", "after")]
    return str(
        words()["report"]["summary"].format(
            count=len(rows),
            moved=int((rows["change"].fillna(0) != 0).sum()),
            regraded=int((grades[0].notna() & grades[1].notna() & (grades[0] != grades[1])).sum()),
            opened=int(opened.sum()),
        )
    )


def show_totals(comparison: Comparison, *, most: int | None = None) -> Table:
    """Show the totals and grades that change, and why (总分和等级变动)."""
    return show_analysis(comparison.changed, chosen=[*_TOTALS, "reason"], most=most)


def show_rows(comparison: Comparison, *, most: int | None = None) -> Table:
    """Show the indicator rows that change, and why (各指标得分变动)."""
    shown = show_analysis(comparison.rows, chosen=[*_ROWS, "contribution", "reason"], most=most)
    named = {label(name, measured=True): text for name, text in words()["report"]["columns"].items()}
    return Table(shown.frame.rename(columns=named))


def comparison_page(comparison: Comparison) -> str:
    """Return the report of a scenario as one page that loads nothing from elsewhere (情景报告)."""
    from jixiao.publish.reports import make_page

    texts, scenario = words()["report"], comparison.outcome.scenario
    title = texts["title"].format(name=scenario.name)
    is_drawn = bool(comparison.rows["contribution"].fillna(0).ne(0).any())
    figure = plot_contributions(contribution_totals(comparison.rows, by="indicator")) if is_drawn else None
    body = fill(
        PAGES,
        "comparison.html",
        texts=texts,
        lead=[texts["basis"], scenario.note, summary_line(comparison), comparison.base.remark],
        settings=describe_scenario(scenario),
        notes=comparison.notes,
        totals=_cut(show_totals(comparison, most=MOST_ROWS), len(comparison.changed)),
        figure=Markup(figure.signed(origin(comparison.base)).to_html()) if figure else "",
        rows=_cut(show_rows(comparison, most=MOST_ROWS), len(comparison.rows)),
    )
    return make_page(title, body, _about(comparison), is_drawn=is_drawn)


def _about(comparison: Comparison) -> str:
    """Say where the data are from and when they were read."""
    return str(
        words()["report"]["about"].format(
            place=place_name(comparison.base.place),
            as_of=f"{comparison.base.as_of.astimezone(_BEIJING):%Y-%m-%d %H:%M}",
            version=jixiao.__version__,
        )
    )


def _cut(table: Table, count: int) -> dict[str, str]:
    """Return a table and, where it was cut, how much is shown."""
    texts = words()["report"]
    if not count:
        return {"table": "", "told": texts["unchanged"]}
    more = texts["more"].format(shown=len(table.frame), count=count) if count > len(table.frame) else ""
    return {"table": Markup(table._repr_html_()), "told": more}


def _write_workbook(comparison: Comparison, path: Path) -> None:
    texts, scenario = words()["report"], comparison.outcome.scenario
    told = [*describe_scenario(scenario), *comparison.notes, summary_line(comparison)]
    contents = pd.DataFrame({label("content"): [line for line in (scenario.note, *told) if line]})
    sheets = [
        contents,
        comparison.totals[[*_TOTALS, *_EFFECTS[:3], "weight_sum_before", "weight_sum_after", "reason"]],
        comparison.rows[[*_ROWS, *_EFFECTS, "reason"]].rename(columns=texts["columns"]),
    ]
    notes = [texts["title"].format(name=scenario.name), texts["basis"], _about(comparison), comparison.base.remark]
    write_sheets(path, dict(zip(texts["sheets"], sheets, strict=True)), notes=[note for note in notes if note])
