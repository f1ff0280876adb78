"""The summary of the ledger for a meeting (整改情况汇总): how far it is, who is late, what came back, what is open."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from jixiao.builds.ledger import book
from jixiao.builds.ledger.moves import DONE, ENDED, WITHDRAWN, issue_words, ways
from jixiao.core.errors import RequestError
from jixiao.core.files import explained, write_safely
from jixiao.core.vocabulary import label
from jixiao.core.writing import percent_text
from jixiao.publish.papers.plain_documents import add_table, add_text, new_document
from jixiao.publish.papers.wording import clean


def write_summary(path: Path, *, year: int = 0) -> None:
    """Write the summary for the meeting (写出整改情况汇总).

    Args:
        path: A .docx file; an existing one stays until the new one is whole.
        year: Only issues of this year; all when 0.

    Raises:
        RequestError: The ledger holds nothing of that year, or the file has another ending.
    """
    if path.suffix.lower() != ".docx":
        raise RequestError(f"汇总只能写成 .docx 文件，实际为“{path.name}”，请换一个文件名")
    ledger = book.load_ledger()
    issues = ledger.issues[ledger.issues["year"] == year] if year else ledger.issues
    if issues.empty:
        raise RequestError(f"台账中没有{f'{year}年度的' if year else ''}问题，请先用 jixiao issues collect 登记")
    with explained(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_safely(path, lambda target: _write(target, issues, year, ledger.day.isoformat()))


def _write(path: Path, issues: pd.DataFrame, year: int, day: str) -> None:
    words = issue_words()["meeting"]
    span = words["year"].format(year=year) if year else words["every_year"]
    title = words["title"].format(span=span)
    document = new_document(
        title, words["date"].format(day=day), font=words["font"], heading_font=words["heading_font"]
    )
    add_text(document, state_sentence(issues))
    parts = _parts(issues)
    for name, heading in words["sections"].items():
        document.add_heading(heading, 1)
        heads, rows, widths = parts[name]
        if rows:
            add_table(document, heads, rows[: words["most"]], widths)
            if len(rows) > words["most"]:
                add_text(document, words["more"].format(count=len(rows) - words["most"]))
        else:
            add_text(document, words["none"])
    document.save(str(path))


def state_sentence(issues: pd.DataFrame) -> str:
    """Say how far the issues are (整改进度)."""
    words = issue_words()["meeting"]
    counts = {state: int((issues["issue_state"] == state).sum()) for state in ways().states}
    repeated = int((issues["repeat_years"].fillna(1) > 1).sum())
    said = words["state"].format(
        count=len(issues),
        owners=issues["owner"].nunique(),
        projects=issues.loc[issues["project"] != "", ["project_id", "project"]].drop_duplicates().shape[0],
        share=percent_text(counts[DONE] / asked) if (asked := len(issues) - counts[WITHDRAWN]) else words["none_asked"],
        **counts,
    )
    return str(said + (words["repeated"].format(count=repeated) if repeated else ""))


Part = tuple[list[str], list[list[str]], list[float]]


def _parts(issues: pd.DataFrame) -> dict[str, Part]:
    """Return the tables of the summary: their heads, rows and widths."""
    words = issue_words()["meeting"]
    sources = {name: one["name"] for name, one in issue_words()["sources"].items()}
    named = issues.assign(source_name=issues["issue_source"].map(sources).fillna(""))
    advice = (issues["unit_advice"] != "") | (issues["bureau_advice"] != "")
    chosen = {
        "late": issues["issue_state"].isin(["overdue", "returned"]),
        "repeated": issues["repeat_years"].fillna(1) > 1,
        "dispute": issues["feedback_status"].str.startswith(words["dispute"]) & ~issues["issue_state"].isin(ENDED),
        "advice": advice,
        "closed": issues["issue_state"] == DONE,
    }
    parts = {
        "sources": _counted(named, "source_name", label("issue_source")),
        "owners": _counted(named, "owner", label("owner")),
    }
    for name, mask in chosen.items():
        columns = words["columns"][name]
        rows = issues[mask].assign(issue_state=lambda frame: frame["issue_state"].map(ways().states))
        texts = [[clean(str(row[column])) for column in columns] for row in rows.to_dict("records")]
        parts[name] = [label(column) for column in columns], texts, [float(words["widths"][one]) for one in columns]
    return parts


def _counted(issues: pd.DataFrame, by: str, head: str) -> Part:
    states = ways().states
    counts = issues.groupby([by, "issue_state"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=list(states), fill_value=0)
    counts["sum"] = counts.sum(axis=1)
    counts = counts.sort_values(["overdue", "sum"], ascending=False, kind="stable")
    rows = [[str(name), *(str(int(one)) for one in row)] for name, row in zip(counts.index, counts.values, strict=True)]
    total = issue_words()["overview"]["sum"]
    rows.append([total, *(str(int(one)) for one in counts.sum())])
    return [head, *states.values(), total], rows, [4.6, *[1.7] * (len(states) + 1)]
