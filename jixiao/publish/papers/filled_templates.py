"""Fill a Word template (填写 Word 模板): texts are escaped, captions numbered, cells merged, and the bytes repeat."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import datetime
from functools import cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.table import CT_Tbl
from docx.shared import Cm
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml.etree import XMLSyntaxError
from markupsafe import Markup, escape

from jixiao.core.errors import RequestError
from jixiao.core.harmless import harmless
from jixiao.publish.papers.wording import MERGED, NEXT_CELL, NEXT_ROW, TABLE, paper_words
from jixiao.show.figures import Picture, Undrawn

_BREAK = Markup('</w:t><w:br/><w:t xml:space="preserve">')
_SHORT_ROWS, _SHORT_TEXT = 17, 500
_WIDTH = Cm(15.6)
_SIDES = ("top", "left", "bottom", "right", "insideH", "insideV")
_TEXT_WIDTH, _SHORTEST, _LONGEST, _SHORT_CELL = 8845, 5, 40, 12
"""Width of the text in twentieths of a point; how few and how many signs a column is wide; what is still centred."""
_CELL_MARGINS, _HALF_SIGN = 240, 105
"""What a cell takes beside its text, and how wide half a sign of a table's text is, in twentieths of a point."""
_UNBROKEN = re.compile(r"[\x21-\x7e]+")
"""Figures and letters that stand in one line."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


def fill_template(
    template: Path, content: Mapping[str, Any], pictures: Mapping[str, Picture | Undrawn | None], *, as_of: datetime
) -> bytes:
    """Fill a template of this program (填写模板) and return the document; one of a user goes to ``fill_foreign``.

    Args:
        template: A .docx with jinja2 signs, as docxtpl reads them.
        content: What the template may name; every text is escaped.
        pictures: Pictures by name, in the template ``pictures.<name>``; None where there is nothing to draw;
            one that could not be drawn is a sentence with a table below it.
        as_of: The date of the data, written as the date of the document.

    Returns:
        The bytes of the document; equal content gives equal bytes.

    Raises:
        RequestError: The template is missing, no document, or names what there is not.
    """
    if not template.is_file():
        raise RequestError(f"没有模板文件“{template}”，请检查路径")
    data = _read_once(template, template.stat().st_mtime_ns)
    return fill_data(data, template.name, content, pictures, as_of=as_of)


def fill_data(
    data: bytes,
    name: str,
    content: Mapping[str, Any],
    pictures: Mapping[str, Picture | Undrawn | None],
    *,
    as_of: datetime,
) -> bytes:
    """Fill a template that was read already (填写已读取的模板); as :func:`fill_template`."""
    paper = _open(data, name)
    try:
        shown = {place: _shown(paper, picture) for place, picture in pictures.items()}
        paper.render({**content, "pictures": shown}, _environment())
    except TemplateSyntaxError as error:
        raise RequestError(f"模板“{name}”的标记写错：{error.message}；请改正后再用") from error
    except TemplateError as error:
        missing = (re.findall(r"'([^']+)'", str(error)) or [str(error)])[-1]
        raise RequestError(
            f"模板“{name}”不能填写：这类报告里没有“{missing}”；请对照本类报告自带的模板改正"
            "（单位自评用 self_evaluation，其他评价用 report，部门汇总用 department）"
        ) from error
    except XMLSyntaxError as error:
        raise RequestError(
            f"模板“{name}”填写后不成文档：跨段落的标记应各占一段，写作 {{%p … %}}，表格行写作 {{%tr … %}}"
        ) from error
    body = paper.docx.element.body
    _set_tables(body)
    for picture in pictures.values():
        if isinstance(picture, Undrawn):
            _add_rows(body, picture)
    for table in body.iter(qn("w:tbl")):
        _merge_cells(table)
        _keep_whole(table)
    _mark_open_places(body)
    _number_captions(body, int(content.get("counts", {}).get("first_table", 0)))
    properties = paper.docx.core_properties
    properties.title = harmless(content["title"]).replace("\n", "")[:255]
    properties.author, properties.comments = "jixiao", ""
    properties.created = properties.modified = as_of.replace(tzinfo=None, microsecond=0)
    properties.last_modified_by, properties.revision = "jixiao", 1
    stream = BytesIO()
    paper.docx.save(stream)
    return _repeatable(stream)


def canonical(path: Path) -> bytes:
    """Return an office file (.docx, .xlsx) with the dates of its archive taken out, to compare or to keep (去掉时间).

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.zip"
        >>> with zipfile.ZipFile(path, "w") as archive:
        ...     archive.writestr("a.txt", "text")
        >>> canonical(path) == canonical(path)
        True
    """
    return _repeatable(BytesIO(path.read_bytes()))


def _repeatable(stream: BytesIO) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            kept = zipfile.ZipInfo(entry.filename, _EPOCH)
            kept.compress_type = zipfile.ZIP_STORED if entry.filename.endswith(".png") else zipfile.ZIP_DEFLATED
            kept.external_attr = 0o600 << 16
            new.writestr(kept, old.read(entry))
    return target.getvalue()


@cache
def _read_once(template: Path, changed: int) -> bytes:
    return template.read_bytes()


def _open(data: bytes, name: str) -> _Paper:
    paper = _Paper(BytesIO(data))
    try:
        paper.init_docx()
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise RequestError(f"模板“{name}”不是 .docx 文件，请在 Word 中另存为 .docx") from error
    return paper


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    """Return the one environment: sandboxed, escaping, strict about names."""
    environment = ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined, finalize=_written)
    environment.filters |= {
        "or_dash": _or_dash,
        "or_fill": _or_fill,
        "sentence": _sentence,
        "part": _part,
        "or_none": _or_none,
    }
    return environment


def _written(value: Any) -> Any:
    """Return what is written for a value: escaped, its line breaks as those of Word."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _BREAK.join(escape(line) for line in harmless(value).split("\n"))


@cache
def _to_fill() -> re.Pattern[str]:
    """Return how a place looks that a person has to fill in."""
    return re.compile(f"({paper_words()['to_fill_pattern']})")


def _or_dash(text: str) -> str:
    return text or paper_words()["dash"]


def _or_none(text: str) -> str:
    return text or paper_words()["no_name"]


def _or_fill(text: str, what: str) -> str:
    return text or paper_words()["to_fill"].format(what=what)


def _sentence(text: str) -> str:
    """Close a text as a sentence, once; a place to be filled in stays as it is."""
    return text if _to_fill().fullmatch(text) else f"{_part(text)}。"


def _part(text: str) -> str:
    """Take the stop off the end of a text, so that a sentence can go on."""
    return text.rstrip("。；;，,、. \n")


@cache
def _compiled(source: str) -> Any:
    return _environment().from_string(source)


class _Paper(DocxTemplate):  # type: ignore[misc]
    """A template that is patched and compiled once, and whose data are never taken for signs of the template."""

    def patch_xml(self, src_xml: str) -> str:
        return _patch_once(src_xml)

    def render_xml_part(self, src_xml: str, part: Any, context: Any, jinja_env: Any = None) -> str:
        self.current_rendering_part = part
        return str(_compiled(src_xml).render(context))

    def fix_tables(self, xml: str) -> Any:
        return parse_xml(xml)  # strict: a template that gives broken XML is an error, never a shortened document

    def fix_docpr_ids(self, tree: Any) -> None:
        """Give every picture a number of its own."""
        for number, element in enumerate(tree.iter(qn("wp:docPr")), 1):
            element.set("id", str(number))

    def render_properties(self, context: Any, jinja_env: Any = None) -> None:
        """Leave the properties alone: they are set afterwards."""


@cache
def _patch_once(source: str) -> str:
    return str(DocxTemplate.patch_xml(None, source))


class _Drawn:
    """A picture where the template names it, with its words for those who cannot see it (替代文字)."""

    def __init__(self, paper: _Paper, picture: Picture) -> None:
        self._paper, self._picture = paper, picture

    def __html__(self) -> str:
        size = (Cm(self._picture.width_cm), Cm(self._picture.height_cm))
        inline = self._paper.current_rendering_part.new_pic_inline(BytesIO(self._picture.png), *size)
        inline.docPr.set("descr", self._picture.alt)
        return f'</w:t></w:r><w:r><w:drawing>{inline.xml}</w:drawing></w:r><w:r><w:t xml:space="preserve">'


def _shown(paper: _Paper, picture: Picture | Undrawn | None) -> Any:
    return _Drawn(paper, picture) if isinstance(picture, Picture) else picture and picture.sentence


def _add_rows(body: Any, picture: Undrawn) -> None:
    """Put the numbers of a chart that could not be drawn below the sentence that stands in its place, as a table."""
    look = next(
        (one.pPr for cell in body.iter(qn("w:tc")) for one in cell.iter(qn("w:p")) if one.pPr is not None), None
    )
    for place in [one for one in body.iter(qn("w:p")) if _text(one) == picture.sentence]:
        table = CT_Tbl.new_tbl(len(picture.rows), len(picture.rows[0]), _WIDTH)
        borders = "".join(f'<w:{side} w:val="single" w:sz="4"/>' for side in _SIDES)
        table.tblPr.append(parse_xml(f"<w:tblBorders {nsdecls('w')}>{borders}</w:tblBorders>"))
        for row, texts in zip(table.tr_lst, picture.rows, strict=True):
            for cell, text in zip(row.tc_lst, texts, strict=True):
                cell.p_lst[0].add_r().text = harmless(text)
                if look is not None:
                    cell.p_lst[0].insert(0, deepcopy(look))
        place.addnext(table)


def _text(paragraph: Any) -> str:
    return "".join(text.text or "" for text in paragraph.iter(qn("w:t")))


def _set_tables(body: Any) -> None:
    """Set the tables of a unit's own text where they stand in it (单位文中的表)."""
    for paragraph in list(body.iter(qn("w:p"))):
        text = "".join(part.text or "" for part in paragraph.iter(qn("w:t")))
        if text.startswith(TABLE):
            paragraph.addprevious(_table_of([row.split(NEXT_CELL) for row in text[1:].split(NEXT_ROW)], paragraph))
            space = parse_xml(f'<w:p xmlns:w="{paragraph.nsmap["w"]}"><w:pPr><w:pStyle w:val="Note"/></w:pPr></w:p>')
            paragraph.getparent().replace(paragraph, space)  # two tables that touch would be one


def _table_of(rows: list[list[str]], near: Any) -> Any:
    """Return a table as wide as the text, each column by the longest text in it; its first row is its head."""
    count = max(len(row) for row in rows)
    filled = [[*row, *[""] * (count - len(row))] for row in rows]
    widths = _column_widths(filled)
    sides = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>' for side in _SIDES)
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    merges = _merges(filled)
    lines = "".join(_table_row(row, widths, merges[number], is_head=number == 0) for number, row in enumerate(filled))
    return parse_xml(
        f'<w:tbl xmlns:w="{near.nsmap["w"]}"><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{sides}</w:tblBorders><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        f"{lines}</w:tbl>"
    )


def _column_widths(rows: list[list[str]]) -> list[int]:
    """Return the widths of the columns: by their longest texts, but no number is broken into two lines."""
    columns = list(zip(*rows, strict=True))
    lengths = [min(max(_SHORTEST, *(len(text) for text in column)), _LONGEST) for column in columns]
    least = [
        _CELL_MARGINS + _HALF_SIGN * max((len(part) for text in column for part in _UNBROKEN.findall(text)), default=0)
        for column in columns
    ]
    least = [min(width, _TEXT_WIDTH // len(columns)) for width in least]
    free = _TEXT_WIDTH - sum(least)
    return [width + round(free * length / sum(lengths)) for width, length in zip(least, lengths, strict=True)]


def _merges(rows: list[list[str]]) -> list[list[str]]:
    """Return of each cell how it is merged: an empty cell among the levels at the left goes on the one above it."""
    found = [[""] * len(rows[0]) for _ in rows]
    for number, (above, row) in enumerate(pairwise(rows), 1):
        leading = next((at for at, text in enumerate(row) if text), len(row))
        for at in range(leading if leading < len(row) - 1 and number > 1 else 0):
            if above[at] or found[number - 1][at]:
                found[number][at] = '<w:vMerge w:val="continue"/>'
                found[number - 1][at] = found[number - 1][at] or '<w:vMerge w:val="restart"/>'
    return found


def _table_row(texts: list[str], widths: list[int], merges: list[str], *, is_head: bool) -> str:
    cells: list[str] = []
    count = len(texts)
    if is_head and texts[0] and not any(texts[1:]):
        texts, widths, merges = texts[:1], [sum(widths)], [""]  # the name of the table as its first row
    for text, width, merge in zip(texts, widths, merges, strict=True):
        look = "TableHead" if is_head else ("TableLeft" if len(text) > _SHORT_CELL else "TableText")
        inside = f'<w:r><w:t xml:space="preserve">{escape(harmless(text))}</w:t></w:r>' if text else ""
        span = f'<w:gridSpan w:val="{count}"/>' if len(cells) + len(texts) == 1 < count else ""
        cells.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}{merge}<w:vAlign w:val="center"/></w:tcPr>'
            f'<w:p><w:pPr><w:pStyle w:val="{look}"/></w:pPr>{inside}</w:p></w:tc>'
        )
    head = "<w:tblHeader/>" if is_head else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>{''.join(cells)}</w:tr>"


def _merge_cells(table: Any) -> None:
    """Merge every cell of a table that continues the one above it (合并单元格)."""
    above: list[Any] = []
    for row in table.findall(qn("w:tr")):
        cells = row.findall(qn("w:tc"))
        for column, cell in enumerate(cells):
            text = next(cell.iter(qn("w:t")), None)
            if text is None or text.text != MERGED:
                continue
            text.text = ""
            _set_merge(cell, "continue")
            if column < len(above) and above[column].find(qn("w:tcPr")).find(qn("w:vMerge")) is None:
                _set_merge(above[column], "restart")
        above = cells


def _keep_whole(table: Any) -> None:
    """Keep a short table on one page, and the last rows of a long one together (短表不跨页，合计不独占一页)."""
    rows = table.findall(qn("w:tr"))
    length = sum(len(text.text or "") for text in table.iter(qn("w:t")))
    is_short = len(rows) <= _SHORT_ROWS and length <= _SHORT_TEXT
    for row in rows[:-1] if is_short else rows[-3:-1]:
        for paragraph in row.iter(qn("w:p")):
            paragraph.get_or_add_pPr().get_or_add_keepNext()


def _set_merge(cell: Any, value: str) -> None:
    merge = parse_xml(f'<w:vMerge xmlns:w="{cell.nsmap["w"]}" w:val="{value}"/>')
    cell.find(qn("w:tcPr")).find(qn("w:tcW")).addnext(merge)


def _mark_open_places(body: Any) -> None:
    """Mark every place that a person has to fill in (待填写)."""
    for text in list(body.iter(qn("w:t"))):
        parts = _to_fill().split(text.text or "")
        run = text.getparent()
        if len(parts) == 1 or len(run.findall(qn("w:t"))) > 1:
            continue
        for number, part in enumerate(parts):
            if not part:
                continue
            new = deepcopy(run)
            new.find(qn("w:t")).text = part
            if number % 2:
                new.get_or_add_rPr().append(parse_xml(f'<w:highlight xmlns:w="{run.nsmap["w"]}" w:val="yellow"/>'))
            run.addprevious(new)
        run.getparent().remove(run)


def _number_captions(body: Any, first_table: int) -> None:
    """Number tables and pictures in their order and write the numbers where the text refers to them.

    Where the unit's own tables bear numbers, those of the paper go on behind them.
    """
    counts = {paper_words()["table"]: first_table}
    shown: dict[str, str] = {}
    fields = [(words, field, result) for words, field, result in _fields(body) if words and result is not None]
    for words, field, result in fields:
        if words[0] == "SEQ":
            is_first = counts.get(words[1], 0) == first_table and first_table and words[1] == paper_words()["table"]
            counts[words[1]] = counts.get(words[1], 0) + 1
            if is_first and field.get(qn("w:instr")) is not None:  # so that Word counts on from here as well
                field.set(qn("w:instr"), f"{field.get(qn('w:instr')).rstrip()} \\r {counts[words[1]]} ")
            result.text = str(counts[words[1]])
            mark = next(field.itersiblings(qn("w:bookmarkStart"), preceding=True), None)
            if mark is not None:
                shown[mark.get(qn("w:name"))] = f"{words[1]}{counts[words[1]]}"
    for words, _, result in fields:
        if words[0] == "REF":
            result.text = shown.get(words[1], "")


def _fields(body: Any) -> Iterator[tuple[list[str], Any, Any]]:
    """Yield the words, the first element and the shown text of every field; Word saves fields in two ways."""
    for field in body.iter(qn("w:fldSimple")):
        yield (field.get(qn("w:instr")) or "").split(), field, next(field.iter(qn("w:t")), None)
    for start in body.iter(qn("w:fldChar")):
        if start.get(qn("w:fldCharType")) != "begin":
            continue
        words, result, has_result = "", None, False
        for run in start.getparent().itersiblings(qn("w:r")):
            words += "".join(part.text or "" for part in run.iter(qn("w:instrText")))
            kinds = [part.get(qn("w:fldCharType")) for part in run.iter(qn("w:fldChar"))]
            has_result = has_result or "separate" in kinds
            if "end" in kinds:
                break
            text = next(run.iter(qn("w:t")), None)
            if has_result and text is not None and result is None:
                result = text
            elif has_result and text is not None:
                text.text = ""
        yield words.split(), start.getparent(), result
