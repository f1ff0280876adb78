"""Paint a laid-out form as a document (.docx): one table by gridSpan and vMerge, with fields when it is empty."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jixiao.core.harmless import harmless
from jixiao.publish.forms.slots import LaidOut, Rule, Slot

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

_TWIPS_PER_CM = 567
_PAGE_CM, _MARGIN_CM = (29.7, 21.0), (1.6, 1.5)
_MAX_WHOLE_ROW = 400
"""Characters up to which a row is kept on one page; a longer one may go on over the next."""
_BLANK = "　　　"
"""What an empty field shows: white space, so that an unfilled form reads as blank."""


def paint_document(form: LaidOut, path: Path) -> None:
    """Write a laid-out form as a document with one table (写成 Word 文档)."""
    from docx import Document
    from docx.shared import Pt

    document = Document()
    _set_page(document)
    style = document.styles["Normal"]
    style.font.name, style.font.size = form.layout.page.font, Pt(float(form.layout.page.text_size))
    fonts = style.element.rPr.rFonts
    _set(fonts, "eastAsia", form.layout.page.font)
    properties = document.core_properties
    properties.author, properties.comments, properties.title = "", "", form.layout.title
    body = document.element.body
    body.insert(0, _table(form))
    last = document.add_paragraph()  # a document ends with a paragraph; this one takes no room
    last.paragraph_format.space_after = last.paragraph_format.space_before = Pt(0)
    last.paragraph_format.line_spacing = Pt(1)
    if form.is_template:
        protection = _new("documentProtection", edit="forms", enforcement="1")
        document.settings.element.append(protection)
    document.save(str(path))


def _set_page(document: WordDocument) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm

    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(_PAGE_CM[0]), Cm(_PAGE_CM[1])
    section.left_margin = section.right_margin = Cm(_MARGIN_CM[0])
    section.top_margin = section.bottom_margin = Cm(_MARGIN_CM[1])


def _new(name: str, *children: Any, **attributes: str) -> Any:
    """Return a new element of the document with its attributes and children."""
    from docx.oxml import OxmlElement

    element = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        _set(element, key, value)
    element.extend(children)
    return element


def _set(element: Any, key: str, value: str) -> None:
    from docx.oxml.ns import qn

    element.set(qn(f"w:{key}"), value)


def _table(form: LaidOut) -> Any:
    """Return the table of the form; every row covers every column, a cell below a merge continues it."""
    total = (_PAGE_CM[0] - 2 * _MARGIN_CM[0]) * _TWIPS_PER_CM
    shares = [float(width) for width in form.layout.widths]
    widths = [round(total * share / sum(shares)) for share in shares]
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    borders = [_new(side, val="single", sz="4", space="0", color="000000") for side in sides]
    margins = [_new(side, w="60", type="dxa") for side in ("left", "right")]
    properties = _new(
        "tblPr",
        _new("tblW", w=str(sum(widths)), type="dxa"),
        _new("jc", val="center"),
        _new("tblBorders", *borders),
        _new("tblLayout", type="fixed"),
        _new("tblCellMar", *margins),
    )
    table = _new("tbl", properties, _new("tblGrid", *[_new("gridCol", w=str(width)) for width in widths]))
    covering = {(row, slot.column): slot for slot in form.slots for row in range(slot.row, slot.row + slot.rows)}
    for row in range(form.height):
        cells, column = [], 0
        while column < len(widths):
            slot = covering.get((row, column), Slot(row, column))
            cells.append(_cell(form, slot, row, sum(widths[column : column + slot.columns])))
            column += slot.columns
        table.append(_row(form, row, cells))
    return table


def _row(form: LaidOut, row: int, cells: list[Any]) -> Any:
    length = max((len(slot.text) for slot in form.slots if slot.row == row), default=0)
    properties = _new("trPr")
    if length <= _MAX_WHOLE_ROW:
        properties.append(_new("cantSplit"))
    lines = max((slot.lines for slot in form.slots if slot.row == row), default=1)
    properties.append(_new("trHeight", val=str(400 + 280 * (lines - 1)), hRule="atLeast"))
    return _new("tr", properties, *cells)


def _cell(form: LaidOut, slot: Slot, row: int, width: int) -> Any:
    properties = _new("tcPr", _new("tcW", w=str(width), type="dxa"))
    if slot.columns > 1:
        properties.append(_new("gridSpan", val=str(slot.columns)))
    if slot.rows > 1:
        properties.append(_new("vMerge", val="restart" if row == slot.row else "continue"))
    if slot.role in {"title", "line"}:
        sides = ("top", "left", "right", *(("bottom",) if slot.role == "title" else ()))
        properties.append(_new("tcBorders", *[_new(side, val="nil") for side in sides]))
    properties.append(_new("vAlign", val="center"))
    return _new("tc", properties, _paragraph(form, slot, is_first=row == slot.row))


def _paragraph(form: LaidOut, slot: Slot, *, is_first: bool) -> Any:
    look = _new("pPr", _new("spacing", before="30", after="30"), _new("jc", val="left" if slot.is_left else "center"))
    paragraph = _new("p", look)
    if not is_first:
        return paragraph
    if form.is_template and slot.formula:  # a document works nothing out: what a workbook sums is filled in here
        if slot.role == "entry":
            paragraph.append(_field(Slot(slot.row, slot.column)))
    elif slot.is_open:
        paragraph.append(_field(slot))
    elif slot.text:
        paragraph.append(_run(form, slot))
    return paragraph


def _run(form: LaidOut, slot: Slot) -> Any:
    look = _new("rPr")
    if slot.role in {"title", "label"}:
        look.append(_new("b"))
    if slot.role == "title":
        look.append(_new("sz", val=str(round(form.layout.page.title_size * 2))))
    return _new("r", look, *_lines(slot.text))


def _lines(text: str) -> list[Any]:
    """Return the text as elements: every line its own, with its white space, and breaks between them."""
    parts: list[Any] = []
    for number, line in enumerate(text.split("\n")):
        if number:
            parts.append(_new("br"))
        element = _new("t")
        element.text = harmless(line)
        element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        parts.append(element)
    return parts


def _field(slot: Slot) -> Any:
    """Return the field of a cell to be filled in: a list to choose from or type into, else a text."""
    rule = slot.rule
    kind: Any = _new("text", multiLine="1")
    if rule is not None and rule.kind == "list":
        kind = _new("comboBox", *[_new("listItem", displayText=word, value=word) for word in rule.choices])
    properties = _new("sdtPr", *_named(rule), _new("lock", val="sdtLocked"))
    if not slot.text:
        properties.append(_new("showingPlcHdr"))
    properties.append(kind)
    return _new("sdt", properties, _new("sdtContent", _new("r", *_lines(slot.text or _BLANK))))


def _named(rule: Rule | None) -> list[Any]:
    if rule is None:
        return []
    return [_new("alias", val=rule.hint.title), _new("tag", val=rule.hint.text[:64])]
