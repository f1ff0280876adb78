"""A short Word document made by hand (简短文档): A4, Chinese fonts, a title, paragraphs and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jixiao.core.harmless import harmless

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

_TWIPS = 567
_WIDTH = 16.6


def new_document(title: str, below: str, *, font: str, heading_font: str) -> WordDocument:
    """Return an A4 document with its title and the line below it (新建文档).

    Example:
        >>> document = new_document("整改情况汇总", "2024年3月1日", font="宋体", heading_font="黑体")
        >>> [paragraph.text for paragraph in document.paragraphs]
        ['整改情况汇总', '2024年3月1日']
    """
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt, RGBColor

    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    for name, face, size in (("Normal", font, 11.0), ("Title", heading_font, 18.0), ("Heading 1", heading_font, 14.0)):
        style = document.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = face, Pt(size), RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for script in ("ascii", "hAnsi", "eastAsia", "cs"):
            fonts.set(qn(f"w:{script}"), face)
            fonts.attrib.pop(qn(f"w:{script}Theme".replace("csTheme", "cstheme")), None)
    document.core_properties.title, document.core_properties.author = title, ""
    for text, kind in ((title, "Title"), (below, "Normal")):
        document.add_paragraph(text, style=kind).alignment = WD_ALIGN_PARAGRAPH.CENTER
    return document


def add_text(document: WordDocument, text: str, *, lead: str = "") -> None:
    """Add a paragraph with its first line indented (写一段); ``lead`` stands before it in bold."""
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    if lead:
        paragraph.add_run(lead).bold = True
    paragraph.add_run(text)
    paragraph.paragraph_format.first_line_indent = Pt(22)
    paragraph.paragraph_format.line_spacing = 1.4


def add_table(document: WordDocument, heads: list[str], rows: list[list[str]], widths: list[float]) -> None:
    """Add a table over the width of the page (写一张表); its head comes back on every page."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    scale = _WIDTH / sum(widths)
    table = document.add_table(rows=1 + len(rows), cols=len(heads), style="Table Grid")
    table.autofit = False
    grid = table._tbl.tblGrid.findall(qn("w:gridCol"))
    for column, width in zip(grid, widths, strict=True):
        column.set(qn("w:w"), str(round(width * scale * _TWIPS)))
    for line, (row, texts) in enumerate(zip(table.rows, [heads, *rows], strict=True)):
        for cell, text, width in zip(row.cells, texts, widths, strict=True):
            cell.width = Cm(width * scale)
            paragraph = cell.paragraphs[0]
            run = paragraph.add_run(harmless(text))
            run.font.size, run.font.bold = Pt(9), line == 0
            paragraph.paragraph_format.space_after = Pt(0)
        if line == 0:
            mark = OxmlElement("w:tblHeader")
            row._tr.get_or_add_trPr().append(mark)
    document.add_paragraph().paragraph_format.space_after = Pt(0)
