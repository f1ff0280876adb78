"""The passages of a report and what they state, as records (段落与陈述): every record names its line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from jixiao.reading.documents.citations import find_citations, find_work
from jixiao.reading.documents.identities import Identity
from jixiao.reading.documents.justifications import Justification
from jixiao.reading.documents.opinions import Opinion, find_opinions, match_advice
from jixiao.reading.documents.portions import Portion
from jixiao.reading.documents.prose_facts import COUNT, POINTS, RATE, WAN, Statement
from jixiao.reading.documents.sections import Layout
from jixiao.reading.documents.stated_amounts import as_plain
from jixiao.reading.files.cells import Grid
from jixiao.reading.files.document_words import document_words
from jixiao.reading.files.flow_items import Flow
from jixiao.reading.forms.records import Reading, Record


@dataclass
class Part:
    """One portion of a report with everything that was read in it."""

    portion: Portion
    name: str
    """Its title, unique in the file: the sheet in the provenance columns."""
    identity: Identity | None = None
    statements: list[Statement] = field(default_factory=list)
    chosen: dict[str, Statement] = field(default_factory=dict)
    justifications: list[Justification] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)


def document_reading(flow: Flow, layout: Layout, parts: Sequence[Part]) -> Reading:
    """Return the reading that holds the passages of a report and what they state (文稿读取结果)."""
    root = parts[0]
    reading = Reading(flow.name, "document", family="national")
    reading.year = next((part.identity.year for part in parts if part.identity and part.identity.year), None)
    identity = next((part.identity for part in parts if part.identity and part.identity.department), None)
    if identity is not None:
        reading.head["department"] = Record(
            "head", root.name, 1, {"department": identity.department}, {"department": ""}
        )
    for part in parts:
        reading.records += _of_part(layout, part)
    reasons = document_words()["reasons"]
    reading.skipped += [
        {
            "sheet": root.name,
            "cell": _cell(one.line, one.page) if one.line else "",
            "text": one.text,
            "reason": str(reasons[one.reason]),
        }
        for one in flow.dropped
    ]
    return reading


def _cell(line: int, page: int | None) -> str:
    words = document_words()
    return str(words["page_line"]).format(page=page, line=line) if page else str(words["line"]).format(line=line)


def _record(
    part: Part, block: str, line: int, last_line: int, page: int | None, sheet: str = "", **texts: object
) -> Record:
    identity = part.identity or Identity()
    about = {
        "year": str(identity.year or ""),
        "project": identity.project
        if part.portion.kind in {"evaluation_report", "self_evaluation_form", "scoring_table"}
        else "",
        "unit": identity.unit,
        "evaluation": identity.evaluation if part.portion.kind != "summary_report" else "",
        "department": identity.department,
        "portion": str(part.portion.number),
        "line": str(line),
        "last_line": str(last_line),
        "page": str(page or ""),
        "cell": _cell(line, page),
    }
    plain = {name: "" if value is None else str(value) for name, value in texts.items()}
    return Record(block, sheet or part.name, line, {**about, **plain}, {})


def _of_part(layout: Layout, part: Part) -> list[Record]:
    own = layout.of_portion(part.portion.number)
    if not own:
        return []
    entries, identity = layout.entries, part.identity or Identity()
    first, last = entries[own[0]].paragraph, entries[own[-1]].paragraph
    records = [
        _record(
            part,
            "documents",
            first.line,
            last.last_line,
            first.page,
            document_kind=part.portion.kind,
            parent_portion=part.portion.parent or "",
            document_title=part.portion.title,
            evaluator=identity.evaluator,
            report_date=identity.report_date,
            passage_count=len(own),
        )
    ]
    records += _passages(layout, part, own)
    records += _sections(layout, part)
    records += _statements(part)
    records += _targets(layout, part, own)
    records += _justified(part)
    if part.portion.kind in {"evaluation_report", "summary_report"}:
        records += _opinions(layout, part)
        records += _cited(layout, part)
    return records


def _passages(layout: Layout, part: Part, own: Sequence[int]) -> Iterable[Record]:
    mark = str(document_words()["path_mark"])
    for place in own:
        entry, at, paragraph = layout.entries[place], layout.places[place], layout.entries[place].paragraph
        above = [layout.entries[one].title for one in entry.path]
        text = table_text(paragraph.grid) if paragraph.grid is not None else paragraph.text
        is_heading = entry.kind == "heading"
        yield _record(
            part,
            "passages",
            paragraph.line,
            paragraph.last_line,
            paragraph.page,
            paragraph.grid.sheet if paragraph.grid is not None else "",
            document_kind=part.portion.kind,
            section=at.section,
            subsection=at.part,
            section_sureness=at.sureness if at.section else "",
            heading=above[-1] if above else "",
            heading_path=mark.join(above),
            passage_kind=entry.kind,
            level=entry.level,
            ordinal=paragraph.ordinal.text if paragraph.ordinal else "",
            text=entry.title if is_heading else text,
        )


def table_text(grid: Grid) -> str:
    """Return a table as text: a row a line, cells apart by ｜, each merged cell once (表格文字).

    Example:
        >>> table_text(Grid("a.txt", "表1", False, [["项目", "分值"], ["立项", "5"]]))
        '项目｜分值\\n立项｜5'
    """
    mark = str(document_words()["row_mark"])
    return "\n".join(mark.join(" ".join(cell.split()) for cell in row) for row in grid.texts)


def _sections(layout: Layout, part: Part) -> Iterable[Record]:
    for found in layout.found:
        if found.portion != part.portion.number:
            continue
        heading, first, last = (layout.entries[place] for place in (found.heading, found.first, found.last))
        ordinal = heading.paragraph.ordinal if heading.kind == "heading" else None
        yield _record(
            part,
            "section_map",
            first.paragraph.line,
            max(last.paragraph.last_line, first.paragraph.last_line),
            first.paragraph.page,
            document_kind=part.portion.kind,
            section=found.section,
            subsection=found.part,
            section_sureness=found.sureness,
            heading=heading.title if heading.kind == "heading" else "",
            ordinal=ordinal.text if ordinal else "",
            level=heading.level if heading.kind == "heading" else "",
        )


def _statements(part: Part) -> Iterable[Record]:
    units = document_words()["statement_units"]
    for number, one in enumerate(part.statements, 1):
        yield _record(
            part,
            "statements",
            one.line,
            one.last_line,
            one.page,
            one.place,
            number=number,
            statement=one.statement,
            subject=one.subject.strip("?"),
            fund=one.fund,
            value_text=one.value_text,
            stated_value=as_plain(one.value) if one.value is not None else "",
            measure_unit={WAN: units["wan"], POINTS: units["points"], RATE: units["rate"], COUNT: units["count"]}.get(
                one.kind, ""
            ),
            stated_in=one.stated_in,
            agreement=one.agreement,
            quote=one.quote,
        )


def _targets(layout: Layout, part: Part, own: Sequence[int]) -> Iterable[Record]:
    """Take the tables of targets in the chapter of basics: indicator and target side by side."""
    words = document_words()["target_columns"]
    number = 0
    for place in own:
        paragraph = layout.entries[place].paragraph
        if paragraph.grid is None or layout.places[place].section != "basics":
            continue
        header = ["".join(text.split()) for text in paragraph.grid.texts[0]]
        columns = {
            name: next((at for at, text in enumerate(header) if text in labels), None) for name, labels in words.items()
        }
        if columns["target_text"] is None or columns["indicator"] is None:
            continue
        held: dict[str, str] = {}
        for row in range(1, paragraph.grid.height):
            cells = {name: paragraph.grid.cell(row, at).text.strip() for name, at in columns.items() if at is not None}
            for name in ("category", "subcategory"):
                held[name] = cells.get(name) or held.get(name, "")
            if cells["indicator"] and cells["target_text"]:
                number += 1
                plain = {name: " ".join(text.split()) for name, text in {**cells, **held}.items()}
                line = paragraph.line + row
                yield _record(
                    part, "stated_targets", line, line, paragraph.page, paragraph.grid.sheet, number=number, **plain
                )


def _justified(part: Part) -> Iterable[Record]:
    for number, one in enumerate(part.justifications, 1):
        yield _record(
            part,
            "indicator_paragraphs",
            one.line,
            one.last_line,
            one.page,
            number=number,
            indicator=one.indicator,
            category=one.category,
            subcategory=one.subcategory,
            weight=as_plain(one.weight) if one.weight is not None else "",
            reported_score=as_plain(one.score) if one.score is not None else "",
            text=one.text,
            basis_text=one.basis,
            checked_text=one.checked,
            standard_text=one.standard,
            loss_reason=one.loss,
            is_full="1" if one.is_full else "",
            is_summed="1" if one.is_summed else "",
        )


def _opinions(layout: Layout, part: Part) -> Iterable[Record]:
    portion = part.portion
    if portion.kind == "evaluation_report":
        groups = {
            "experiences": find_opinions(layout, portion, "lessons", "experience"),
            "problems": find_opinions(layout, portion, "lessons", "problems"),
            "advice": find_opinions(layout, portion, "advice"),
        }
    else:
        groups = {
            "problems": find_opinions(layout, portion, "goal_deviation", "deviation_causes"),
            "advice": find_opinions(layout, portion, "goal_deviation", "improvements"),
        }
    answers = match_advice(groups["problems"], groups["advice"])
    for block, items in groups.items():
        for number, one in enumerate(items, 1):
            more = {"cause": one.cause} if block == "problems" else {}
            if block == "advice" and answers[number - 1] is not None:
                more = {"problem_number": str((answers[number - 1] or 0) + 1)}
            yield _opinion(part, block, number, one, more)


def _opinion(part: Part, block: str, number: int, one: Opinion, more: dict[str, str]) -> Record:
    return _record(
        part, block, one.line, one.last_line, one.page, number=number, item_title=one.title, text=one.text, **more
    )


def _cited(layout: Layout, part: Part) -> Iterable[Record]:
    for number, one in enumerate(find_citations(layout, part.portion), 1):
        yield _record(
            part,
            "legal_bases",
            one.line,
            one.last_line,
            one.page,
            number=number,
            document_title=one.title,
            document_number=one.number,
            issued_year=one.year,
            issuer=one.issuer,
            quote=one.quote,
        )
    for number, item in enumerate(find_work(layout, part.portion), 1):
        yield _record(
            part,
            "evaluation_work",
            item.line,
            item.last_line,
            item.page,
            number=number,
            work_item=item.item,
            value_text=item.text,
            stated_value=as_plain(item.value) if item.value is not None else "",
            measure_unit=item.unit,
            quote=item.quote,
        )
