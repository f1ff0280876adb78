"""What other programs read from jixiao (对外格式): one form as a dictionary, findings as text, CSV or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from jixiao.analysis.summary import select_rows
from jixiao.checks.texts import VERDICTS, count_verdicts, load_claims
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.one_fault import join_lines
from jixiao.core.errors import JixiaoError
from jixiao.core.files import checksum
from jixiao.core.frames import Frames
from jixiao.core.harmless import harmless, json_text
from jixiao.core.vocabulary import label, reading_words, word, words
from jixiao.core.writing import number_text, percent_text, value_text
from jixiao.reading.ingest import STATES, ingest_report, value_shares
from jixiao.reading.submissions import Submissions
from jixiao.reading.tidy.make_frames import make_frames
from jixiao.reading.workers import read_files
from jixiao.show.tables.lists import make_table, show_findings

_MONEY = ("initial_budget", "annual_budget", "arrived", "executed")
_FORMULA_SIGNS = tuple("=+-@＝＋－＠\t\r\n")


def read_each(paths: Sequence[Path]) -> Iterator[Frames | JixiaoError]:
    """Read single files within the limits of time and memory (逐个读取文件), each into frames of its own.

    Returns:
        For each file its frames, ``ingest`` included, or the error that explains why there are none.
    """
    files = [(path, path.name) for path in paths]
    for path, found in zip(paths, read_files(files), strict=True):
        if isinstance(found, JixiaoError):
            yield found
            continue
        arrived = Submissions()
        arrived.add(found, checksum=checksum(path))
        refused = len(arrived.errors)  # of an archive; what the other files hold is read
        arrived.sort()
        if len(arrived.errors) > refused:
            yield arrived.errors[refused]
            continue
        frames = make_frames(arrived.kept)
        frames.ingest = ingest_report(arrived, frames)
        yield frames


def frames_as_dict(frames: Frames) -> dict[str, Any]:
    """Return the frames of one file in the shape that other programs read (对外格式, ``jixiao read --json``).

    Returns:
        file, form, money_unit, projects (each with year, department, unit, project, evaluation, budgets, indicators,
        objective, objective_achieved, total_reported, grade_reported; a declaration also ``term_indicators``, those of
        its whole term), skipped and guesses. Money is 万元 (``money_unit`` is what the form prints), rates are
        fractions, missing is ``None``. A file of several forms is named by its first.

    Example:
        >>> from jixiao.core.files import find_place
        >>> first = sorted((find_place("sample") / "2023").glob("*自评表.xlsx"))[0]
        >>> frames_as_dict(next(read_each([first])))["form"]
        'self_evaluation'
    """
    first = frames.ingest.iloc[0]
    evaluations = [row for _, row in frames.evaluations.iterrows()]
    for form, evaluation in (("budget_list", "budget_list"), ("target_declaration", "plan")):
        sheets = frames.ingest.loc[frames.ingest["form"] == form, "source_sheet"]
        listed = frames.projects[frames.projects["source_sheet"].isin(sheets)]
        if evaluation == "budget_list" and len(sheets):
            listed = frames.projects[~frames.projects["project_id"].isin(frames.evaluations["project_id"])]
        evaluations += [row for _, row in listed.assign(evaluation=evaluation).iterrows()]
    place = ["source_sheet", "source_cell", "text", "reason"]
    renamed = {"source_sheet": "sheet", "source_cell": "cell"}
    return {
        "file": first["source_file"],
        "form": first["form"],
        "money_unit": first["money_unit"],
        "projects": [_project(frames, row) for row in evaluations],
        "skipped": frames.skipped[place].rename(columns=renamed).to_dict("records"),
        "guesses": frames.guesses[place].rename(columns=renamed).to_dict("records"),
    }


def _project(frames: Any, row: pd.Series) -> dict[str, Any]:
    budgets = select_rows(frames.budgets, row)
    is_plan = row["evaluation"] == "plan"
    indicators = frames.plans.assign(evaluation="plan") if is_plan else frames.indicators
    indicators = select_rows(indicators, row)
    whole_term, of_year = reading_words()["terms"]
    halves = indicators["term"] if is_plan else pd.Series("", index=indicators.index)
    is_term = halves.eq(whole_term) & halves.eq(of_year).any()  # the year's own half counts where there is one
    return {
        **{name: _plain(row[name]) for name in ("year", "department", "unit", "project", "evaluation")},
        "budgets": [
            {
                "fund": budget["fund"],
                **{name: _plain(budget[f"{name}_wan"]) for name in _MONEY},
                **{name: _plain(budget[name]) for name in ("execution_rate_reported", "weight", "reported_score")},
            }
            for budget in budgets.to_dict("records")
        ],
        "indicators": [_indicator(indicator) for indicator in indicators[~is_term].to_dict("records")],
        **({"term_indicators": [_indicator(one) for one in indicators[is_term].to_dict("records")]} if is_plan else {}),
        **{name: _plain(row.get(name)) or None for name in ("objective", "objective_achieved")},
        "total_reported": _plain(row.get("total_reported")),
        "grade_reported": _plain(row.get("grade_reported")) or None,
    }


def _indicator(row: dict[str, Any]) -> dict[str, Any]:
    names = (
        "category",
        "subcategory",
        "indicator",
        "target_text",
        "target_relation",
        "target_value",
        "measure_unit",
        "actual_text",
        "actual_value",
        "weight",
        "reported_score",
        "deviation_reason",
        "scoring_standard",
        "remark",
    )
    shown = {name: _plain(row.get(name)) for name in names}
    for name in ("target", "actual"):
        if row.get(f"{name}_date", pd.NaT) is not pd.NaT:
            shown[f"{name}_value"] = f"{row[f'{name}_date']:%Y-%m-%d}"
    return {**shown, "source": {"sheet": row["source_sheet"], "cell": row["source_cell"]}}


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold; missing is None."""
    if value is None or value is pd.NA or value != value:
        return None
    return value.item() if hasattr(value, "item") else value


def describe_file(frames: Frames) -> str:
    """Say in Chinese what was read from one file, how sure, what was skipped and what was guessed (读取说明)."""
    lines = [f"{label('source_file')}：{frames.ingest['source_file'].iloc[0]}"]
    for row in frames.ingest[frames.ingest["state"] != "refused"].to_dict("records"):
        shown = ("form", "family", "year", "sureness", "money_unit", "record_count", "indicator_count", "state")
        parts = [f"{label(name)}：{value_text(name, row[name]) or '—'}" for name in shown]
        lines.append(f"  {row['source_sheet']}：{'；'.join(parts)}")
    for project in frames_as_dict(frames)["projects"]:
        total = value_text("total_reported", project["total_reported"])
        lines.append(
            f"  {project['year']} {project['project']} {word('evaluation', project['evaluation'])} "
            f"{label('total_reported')}：{total} {project['grade_reported'] or ''}".rstrip()
        )
    return "\n".join([*lines, *describe_unread(frames)])


def describe_unread(frames: Frames) -> list[str]:
    """Say of each cell that was read with an assumption or not at all where it is and why (推断与未读), a line each."""
    lines = []
    for name in ("guesses", "skipped"):
        for item in getattr(frames, name).drop_duplicates().to_dict("records"):
            place = f"{item['source_sheet']}!{item['source_cell']}"
            lines.append(f"  {label(f'{name}_rows')}：{place} “{item['text']}” {item['reason']}")
    return lines


def describe_shares(read: Sequence[Frames]) -> str:
    """Say which share of the written values was read as values, asked and left as text (数值读取率)."""
    shares = value_shares(pd.concat([frames.ingest for frames in read]))
    named = [f"{word('target_state', state)} {percent_text(shares[state])}" for state in STATES]
    return f"{label('values')}：{shares['values']}；{'；'.join(named)}"


def write_findings(findings: pd.DataFrame, output: str) -> str:
    """Write findings as a readable list, CSV or JSON (问题导出).

    In CSV a text that a spreadsheet would run as a formula is prefixed with ``'``.
    """
    if output == "json":
        rows = [{name: _plain(value) for name, value in row.items()} for row in findings.to_dict("records")]
        return json_text(rows, indent=1) + "\n"
    shown = show_findings(findings).frame
    if output == "csv":
        if "suppression" in findings:
            shown = shown.assign(**{label("suppression"): findings["suppression"].to_numpy()})
        return _csv(shown)
    aside = findings["suppression"] if "suppression" in findings else [""] * len(findings)
    lines = []
    for number, (row, said) in enumerate(zip(shown.to_dict("records"), aside, strict=True), 1):
        head = "｜".join(
            row[label(name)]
            for name in ("severity", "title", "year", "project", "evaluation", "indicator")
            if row[label(name)]
        )
        lines += [
            f"{number}. {head}",
            f"   {row[label('message')]}",
            f"   {label('place')}：{row[label('place')]}",
            f"   {label('basis')}：{row[label('basis')]}",
            *([f"   {label('suppression')}：{said}"] if said else []),
        ]
    return "\n".join([*lines, ""])


def write_answers(answers: pd.DataFrame, findings: pd.DataFrame, output: str) -> str:
    """Write the answers of units beside their findings (单位答复导出), as a readable list, CSV or JSON."""
    known = findings[["finding_id", "title", "project", "indicator", "message"]]
    both = known.merge(answers, on="finding_id", validate="1:1")
    if output == "json":
        return json_text(both.to_dict("records"), indent=1) + "\n"
    shown = make_table(
        both, ["finding_id", "title", "project", "indicator", "message", "answer_status", "answer"]
    ).frame
    if output == "csv":
        return _csv(shown)
    lines = []
    for number, row in enumerate(both.to_dict("records"), 1):
        head = "｜".join(text for text in (row["title"], row["project"], row["indicator"]) if text)
        lines += [
            f"{number}. {head}",
            f"   {row['message']}",
            f"   {label('answer_status')}：{row['answer_status'] or '—'}",
            f"   {label('answer')}：{row['answer'] or '—'}",
        ]
    return "\n".join([*lines, ""])


def write_rows(shown: pd.DataFrame, output: str) -> str:
    """Write a labelled frame as CSV or JSON (清单导出)."""
    if output == "json":
        return json_text(shown.to_dict("records"), indent=1) + "\n"
    return _csv(shown)


def _csv(shown: pd.DataFrame) -> str:
    plain = shown.map(lambda text: "\n".join(harmless(text).splitlines()))  # a return alone would end the row
    safe = plain.map(lambda text: f"'{text}" if text.startswith(_FORMULA_SIGNS) else text)
    return "\ufeff" + safe.to_csv(index=False)


def write_claims(claims: pd.DataFrame, output: str, *, everything: bool = False, files: Sequence[str] = ()) -> str:
    """Write the claims of texts (文稿核查结果) as a readable list, CSV or JSON.

    The list tells of each file first what fails, then, when ``everything`` is wanted, what differs by rounding, what
    cannot be decided and what holds, and counts them, so that no finding means checked; ``files`` names every text
    read, also one without any claim.
    """
    if output == "json":
        rows = [{name: _plain(value) for name, value in row.items()} for row in claims.to_dict("records")]
        return json_text(rows, indent=1) + "\n"
    if output == "csv":
        shown = claims.assign(
            code=claims["code"].map(lambda code: load_claims()[code].title),
            **{name: words(name, claims[name]) for name in ("verdict", "severity")},
            line=claims["line"].astype("str"),
            difference=claims["difference"].map(number_text),
        )
        return _csv(shown.rename(columns={name: label(name) for name in shown}))
    lines = []
    for file in dict.fromkeys([*files, *claims["source_file"]]):
        found = claims[claims["source_file"] == file]
        lines.append(f"{label('source_file')}：{file}")
        for verdict in VERDICTS if everything else VERDICTS[:1]:
            chosen = join_lines(found[found["verdict"] == verdict].to_dict("records"))
            lines += [_claim_lines(row) for row in chosen]
        lines.append(_counted(found))
    return "\n".join([*lines, ""])


def _claim_lines(row: dict[str, Any]) -> str:
    head = "｜".join(
        (
            word(
                "severity" if row["verdict"] == "fails" else "verdict",
                row["severity" if row["verdict"] == "fails" else "verdict"],
            ),
            load_claims()[row["code"]].title,
            load_grammar().sentence("line", line=row["line"]),
        )
    )
    return f"  {head}\n     “{load_grammar().inside(row['quote'])}”\n     {row['arithmetic']}"


def _counted(found: pd.DataFrame) -> str:
    counted = "，".join(f"{word('verdict', name)} {count}" for name, count in count_verdicts(found).items())
    return f"  {label('claims')} {len(found)}：{counted}"
