"""The brief of one page (要点简报): the sentences of a year with one table, as Word, PDF or slides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from jixiao.analysis.briefing import brief_rows, brief_statements, briefing
from jixiao.core.errors import RequestError
from jixiao.core.files import explained, place_name, write_safely
from jixiao.core.results import Results
from jixiao.core.vocabulary import label
from jixiao.core.writing import money_text, percent_text
from jixiao.publish.papers.plain_documents import add_table, add_text, new_document
from jixiao.publish.papers.wording import clean
from jixiao.reading.files import convert, load_limits

_BEIJING = timezone(timedelta(hours=8))
_BLUE, _ORANGE, _INK = "005A8F", "D55E00", "1F2933"


class _Brief(NamedTuple):
    title: str
    below: str
    statements: list[tuple[str, str]]
    units: str
    rows: pd.DataFrame


def write_brief(results: Results, path: Path, *, year: int, department: str = "") -> None:
    """Write the brief of a year (写出要点简报).

    Args:
        results: From :func:`jixiao.evaluate`.
        path: A .docx, .pdf or .pptx file; an existing one stays until the new one is whole. PDF needs LibreOffice.
        year: The year.
        department: Only this department; all of them together when empty.

    Raises:
        RequestError: The file has another ending, or there is no such year or department.

    Example:
        >>> from jixiao import evaluate
        >>> write_brief(evaluate("data/sample"), Path("brief.odt"), year=2024)
        Traceback (most recent call last):
        ...
        jixiao.core.errors.RequestError: 简报只能写成 .docx、.pdf、.pptx 文件，实际为“brief.odt”，请换一个文件名
    """
    ending = path.suffix.lower()
    if ending not in _WRITERS:
        raise RequestError(f"简报只能写成 {'、'.join(_WRITERS)} 文件，实际为“{path.name}”，请换一个文件名")
    brief = _gather(results, year, department)
    with explained(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_safely(path, lambda target: _WRITERS[ending](target, brief))


def _gather(results: Results, year: int, department: str) -> _Brief:
    words, sentences = briefing()["paper"], briefing()["sentences"]
    said = brief_statements(results, year=year, department=department)
    texts = dict(zip(said["topic"], said["key_point"], strict=True))
    as_of = f"{results.as_of.astimezone(_BEIJING):%Y-%m-%d %H:%M}"
    rows = brief_rows(results, year=year, department=department)
    return _Brief(
        title=clean(words["title"].format(year=year, who=department or sentences["whole"])),
        below=words["below"].format(place=place_name(results.place), as_of=as_of, basis=briefing()["basis"]),
        statements=[(name, clean(texts[topic])) for topic, name in words["topics"].items() if topic in texts],
        units=sentences[f"{rows.columns[0]}s"],
        rows=rows,
    )


def _cells(rows: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    heads = [label(str(name), measured=str(name).endswith("_wan")) for name in rows.columns]
    texts = [
        [clean(str(row[0])), *(money_text(amount) for amount in row[1:4]), percent_text(row[4])]
        for row in rows.itertuples(index=False)
    ]
    return heads, texts


def _write_document(path: Path, brief: _Brief) -> None:
    from docx.shared import Pt

    words = briefing()["paper"]
    document = new_document(brief.title, brief.below, font=words["font"], heading_font=words["heading_font"])
    for run in document.paragraphs[1].runs:
        run.font.size = Pt(9)
    for topic, text in brief.statements:
        add_text(document, text, lead=words["lead"].format(topic=topic))
    if len(brief.rows):
        document.add_heading(words["table"].format(units=brief.units), 1)
        heads, texts = _cells(brief.rows.head(briefing()["table_rows"]))
        add_table(document, heads, texts, [5.2, 3.2, 3.2, 3.4, 2.2])
        if len(brief.rows) > briefing()["table_rows"]:
            add_text(document, words["table_cut"].format(shown=briefing()["table_rows"], count=len(brief.rows)))
    document.save(str(path))


def _write_print(path: Path, brief: _Brief) -> None:
    word = path.with_name(f"{path.name}.docx")
    try:
        _write_document(word, brief)
        path.write_bytes(convert(word.read_bytes(), "docx", "pdf", path.name, load_limits()))
    finally:
        word.unlink(missing_ok=True)


def _write_slides(path: Path, brief: _Brief) -> None:
    from pptx import Presentation
    from pptx.util import Cm

    words = briefing()["paper"]
    deck = Presentation()
    deck.slide_width, deck.slide_height = Cm(33.867), Cm(19.05)
    deck.core_properties.title, deck.core_properties.author = brief.title, ""
    first = _slide(deck, brief.title, brief.below)
    _say(first, brief.statements)
    if len(brief.rows):
        line = float(briefing()["execution_rate"])
        under = int((brief.rows["execution_rate"] < line).sum())
        head = words["chart" if under else "chart_none"].format(units=brief.units, count=under, line=f"{line:.0%}")
        _chart(_slide(deck, head, brief.below), brief.rows, line)
        _grid(
            _slide(deck, words["table"].format(units=brief.units), brief.below),
            brief.rows.head(briefing()["table_rows"]),
        )
    deck.save(str(path))


def _slide(deck: Any, title: str, below: str) -> Any:
    """Add an empty slide with its title on top and its source at the foot."""
    from pptx.util import Cm

    slide = deck.slides.add_slide(deck.slide_layouts[5])
    head = slide.shapes.title
    head.left, head.top, head.width, head.height = Cm(1.5), Cm(0.8), Cm(30.8), Cm(1.8)
    _write_line(head.text_frame, title, size=28, is_bold=True)
    foot = slide.shapes.add_textbox(Cm(1.5), Cm(17.7), Cm(30.8), Cm(0.9))
    _write_line(foot.text_frame, below, size=11)
    return slide


def _write_line(frame: Any, text: str, *, size: int, is_bold: bool = False, lead: str = "") -> None:
    """Write one paragraph; the first one of a frame is there already."""
    from pptx.dml.color import RGBColor
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Pt

    frame.word_wrap = True
    paragraph = frame.paragraphs[0] if not frame.text else frame.add_paragraph()
    paragraph.alignment = PP_ALIGN.LEFT
    paragraph.space_after = Pt(6)
    for part, strong, colour in ((lead, True, _BLUE), (text, is_bold, _INK)):
        if part:
            run = paragraph.add_run()
            run.text, run.font.size, run.font.bold = part, Pt(size), strong
            run.font.color.rgb = RGBColor.from_string(colour)
            _face(run)


def _face(run: Any) -> None:
    """Set the font of a run for Chinese, too; the library sets that of Latin letters only."""
    from pptx.oxml.ns import qn

    name = briefing()["paper"]["screen_font"]
    run.font.name = name
    properties = run._r.get_or_add_rPr()
    for script in ("a:ea", "a:cs"):
        found = properties.find(qn(script))
        if found is None:
            found = properties.makeelement(qn(script), {})
            properties.append(found)
        found.set("typeface", name)


def _say(slide: Any, statements: list[tuple[str, str]]) -> None:
    from pptx.util import Cm

    lead = briefing()["paper"]["lead"]
    frame = slide.shapes.add_textbox(Cm(1.5), Cm(3.0), Cm(30.8), Cm(14.2)).text_frame
    length = sum(len(text) for _, text in statements)
    size = 20 if length < 350 else 18 if length < 480 else 16
    for topic, text in statements:
        _write_line(frame, text, size=size, lead=lead.format(topic=topic))


def _chart(slide: Any, rows: pd.DataFrame, line: float) -> None:
    """Draw the rates as a native bar chart, the lowest on top; those under the line in orange."""
    from pptx.chart.data import CategoryChartData
    from pptx.dml.color import RGBColor
    from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION
    from pptx.util import Cm, Pt

    words = briefing()["paper"]
    drawn = rows.sort_values("execution_rate", kind="stable").head(briefing()["chart_rows"]).iloc[::-1]
    data = CategoryChartData(number_format='0.00"%"')
    data.categories = [clean(str(name)) for name in drawn.iloc[:, 0]]
    data.add_series(words["axis"], [round(rate * 100, 2) for rate in drawn["execution_rate"]])
    frame = slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, Cm(1.5), Cm(3.0), Cm(30.8), Cm(14.2), data)
    chart = frame.chart
    chart.has_legend, chart.has_title = False, False
    chart.font.size, chart.font.name = Pt(14), words["screen_font"]
    plot = chart.plots[0]
    plot.gap_width, plot.has_data_labels = 60, True
    plot.data_labels.number_format, plot.data_labels.number_format_is_linked = '0.00"%"', False
    plot.data_labels.position = XL_LABEL_POSITION.OUTSIDE_END
    chart.value_axis.minimum_scale = 0
    chart.value_axis.maximum_scale = max(100.0, float(drawn["execution_rate"].max()) * 100)
    chart.value_axis.has_major_gridlines = False
    for place, rate in enumerate(drawn["execution_rate"]):
        fill = plot.series[0].points[place].format.fill
        fill.solid()
        fill.fore_color.rgb = RGBColor.from_string(_ORANGE if rate < line else _BLUE)
    if len(rows) > len(drawn):
        note = slide.shapes.add_textbox(Cm(1.5), Cm(17.0), Cm(30.8), Cm(0.8)).text_frame
        _write_line(note, words["table_cut"].format(shown=len(drawn), count=len(rows)), size=12)


def _grid(slide: Any, rows: pd.DataFrame) -> None:
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Cm, Pt

    heads, texts = _cells(rows)
    table = slide.shapes.add_table(1 + len(texts), len(heads), Cm(1.5), Cm(3.2), Cm(30.8), Cm(1.2)).table
    for column, width in zip(table.columns, (11.6, 5.2, 5.2, 5.4, 3.4), strict=True):
        column.width = Cm(width)
    for place, line in enumerate([heads, *texts]):
        for number, text in enumerate(line):
            frame = table.cell(place, number).text_frame
            run = frame.paragraphs[0].add_run()
            run.text, run.font.size, run.font.bold = text, Pt(14), place == 0
            _face(run)
            frame.paragraphs[0].alignment = PP_ALIGN.RIGHT if number and place else PP_ALIGN.LEFT


_WRITERS: dict[str, Callable[[Path, _Brief], None]] = {
    ".docx": _write_document,
    ".pdf": _write_print,
    ".pptx": _write_slides,
}
