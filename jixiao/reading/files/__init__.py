"""One grid model for every table a file holds (单元格网格): text, merge geometry and address of each cell.

:func:`read_grids` looks at a file once, tells what it is by its content and hands it to the reader of that kind. Only
this room and ``sources`` open data files. Whatever a reader or its library raises becomes one :class:`FormError`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePath
from typing import TypeVar

from jixiao.core.errors import FormError, JixiaoError
from jixiao.core.files import open_file, plain_name
from jixiao.core.harmless import harmless
from jixiao.reading.files.archives import Archive
from jixiao.reading.files.binary_workbooks import read_binary_workbook
from jixiao.reading.files.bundles import members
from jixiao.reading.files.cells import (
    Area,
    Box,
    Cell,
    Grid,
    Line,
    Position,
    TextLine,
    boxed,
    clean_grid,
    column_letters,
)
from jixiao.reading.files.delimited import decode, read_delimited, separator
from jixiao.reading.files.hypertext import is_hypertext, read_hypertext, unwrapped
from jixiao.reading.files.kinds import TEXT_NAMES, kind_of, may_be_table, refuse_kind
from jixiao.reading.files.limits import Limits, load_limits
from jixiao.reading.files.office import convert
from jixiao.reading.files.oldbooks import read_old_workbook
from jixiao.reading.files.open_texts import read_open_text, read_open_text_lines
from jixiao.reading.files.opendocuments import read_open_workbook
from jixiao.reading.files.pdf_pages import read_page_lines, read_pages
from jixiao.reading.files.shown import NumberFormat, number_format, written
from jixiao.reading.files.word_documents import read_document, read_document_lines
from jixiao.reading.files.workbooks import read_workbook

__all__ = [
    "Area",
    "Box",
    "Cell",
    "Grid",
    "Limits",
    "Line",
    "NumberFormat",
    "Position",
    "TextLine",
    "boxed",
    "column_letters",
    "load_limits",
    "number_format",
    "read_grids",
    "read_lines",
    "read_parts",
    "written",
]

_Found = TypeVar("_Found")


def read_grids(path: Path, name: str) -> list[Grid]:
    """Read every table of one file (读取文件中的全部表格).

    Args:
        path: The file.
        name: How the file is named to the reader and in the provenance columns.

    Returns:
        The tables in the order of the file; addresses are those a reader can open.

    Raises:
        FormError: The file cannot be read: wrong kind, damaged, with a password or macros, too large.
    """
    grids: list[Grid] = []
    refused: list[FormError] = []
    for _, part in read_parts(path, name):
        if isinstance(part, FormError):
            refused.append(part)
        else:
            grids += part
    if not grids and refused:
        raise refused[0]
    return grids


def read_parts(path: Path, name: str) -> list[tuple[str, list[Grid] | FormError]]:
    """Read every table of one file, or of each file in an archive (读取文件或压缩包中的每个文件).

    Args:
        path: The file.
        name: How the file is named to the reader and in the provenance columns.

    Returns:
        Each file with its tables, or with why it could not be read; a file that is no archive is the only one.

    Raises:
        FormError: The file itself cannot be read.
    """
    parts = _guarded(path, name, _read_all)
    for _, part in parts:
        for grid in part if isinstance(part, list) else ():
            clean_grid(grid)
    return parts


def read_lines(path: Path, name: str) -> list[TextLine]:
    """Read the lines of a report text (文本行).

    Args:
        path: A text file (UTF-8, UTF-16 or GB18030), a document (.docx, .doc, .wps) or a PDF with text.
        name: How the file is named to the reader.

    Returns:
        Every line in order, the empty ones included: a paragraph or table row of a document, a text line of a page.

    Raises:
        FormError: As for :func:`read_grids`.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.txt"
        >>> _ = path.write_text("first\\n\\nthird", encoding="utf-8")
        >>> [(line.number, line.text) for line in read_lines(path, "a.txt")]
        [(1, 'first'), (2, ''), (3, 'third')]
    """
    return [TextLine(number, harmless(text)) for number, text in enumerate(_guarded(path, name, _read_lines), 1)]


def _guarded(path: Path, name: str, read: Callable[[bytes, str, Limits], _Found]) -> _Found:
    """Read a file once and hand it on; whatever a reader or its library raises becomes one sentence."""
    limits = load_limits()
    name = _checked_name(name)
    if not path.is_file():
        if path.is_dir():
            raise FormError(
                name, "文件不存在，这是文件夹", "请给出其中的文件，或用 jixiao build --place 读取整个文件夹"
            )
        raise FormError(name, "文件不存在", "请检查文件名和路径")
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise FormError(
            name, f"文件有{size / 1_000_000:.0f}MB", f"上限为{limits.file_bytes / 1_000_000:g}MB，请拆分后再放入"
        )
    return _explained(lambda: read(_content(path, limits), name, limits), name)


def _content(path: Path, limits: Limits) -> bytes:
    """Return what a file holds; one that grew since it was looked at is not held whole."""
    with open_file(path) as file:
        content = file.read(limits.file_bytes + 1)
    if len(content) > limits.file_bytes:
        raise OSError(path)
    return content


def _explained(read: Callable[[], _Found], name: str) -> _Found:
    """Do the reading; whatever a reader or its library raises becomes one sentence."""
    try:
        return read()
    except (JixiaoError, KeyboardInterrupt, SystemExit):
        raise
    except MemoryError as error:
        raise FormError(name, "读取所需内存超过上限", "请拆分后再放入") from error
    except OSError as error:
        raise FormError(name, "文件无法打开", "请检查权限，或先关闭正在使用它的程序") from error
    except BaseException as error:  # a damaged file can raise anything, a panic of the parser included
        if isinstance(error.__context__, MemoryError) or any(isinstance(part, MemoryError) for part in error.args):
            raise FormError(name, "读取所需内存超过上限", "请拆分后再放入") from error
        raise FormError(
            name, "文件无法解析，可能已损坏或设有密码", "请去除密码或重新另存为 .xlsx 或 .docx 后再放入"
        ) from error


def _checked_name(name: str) -> str:
    """Return the name of a file as it can be shown; one that leads elsewhere is refused."""
    shown = plain_name(name)
    if ".." in shown.replace("\\", "/").split("/"):
        raise FormError(shown, "文件名指向数据目录之外", "请把文件放入数据目录后再读取")
    return shown


def _read_all(content: bytes, name: str, limits: Limits) -> list[tuple[str, list[Grid] | FormError]]:
    is_zip = content.startswith(b"PK") and PurePath(name).suffix.lower() == ".zip"
    if is_zip and Archive(content, name, limits).kind == "zip":
        return _read_members(content, name, limits)
    return [(name, _read(content, name, limits))]


def _read_members(content: bytes, name: str, limits: Limits) -> list[tuple[str, list[Grid] | FormError]]:
    """Read each file of an archive; one that cannot be read does not keep the others from being read."""
    parts: list[tuple[str, list[Grid] | FormError]] = []
    for whole, held in members(content, name, limits):
        if isinstance(held, FormError):
            parts.append((whole, held))
            continue
        try:
            whole = _checked_name(whole)
            parts.append((whole, _explained(partial(_read, held, whole, limits), whole)))
        except FormError as error:
            parts.append((whole, error))
    if not parts:
        raise FormError(name, "压缩包内没有文件", "请检查压缩包，或解压后放入")
    return parts


def _read(content: bytes, name: str, limits: Limits) -> list[Grid]:
    kind = kind_of(content, name)
    if kind == "packed":
        return _read_packed(content, name, limits)
    if kind == "xls":
        return read_old_workbook(content, name, limits)
    if kind == "pdf":
        return read_pages(content, name, limits)
    if kind in {"doc", "rtf"}:
        return _read_packed(convert(content, kind, "docx", name, limits), name, limits)
    return _read_text(content, name, limits)


def _read_lines(content: bytes, name: str, limits: Limits) -> list[str]:
    kind = kind_of(content, name)
    if kind == "pdf":
        return read_page_lines(content, name, limits)
    if kind in {"doc", "rtf"}:
        content, kind = convert(content, kind, "docx", name, limits), "packed"
    if kind == "packed":
        archive = Archive(content, name, limits)
        if archive.kind == "odt":
            return read_open_text_lines(archive, name)
        if archive.kind != "docx":
            raise FormError(name, "不是文字报告", "文稿核查请用 .txt、.docx 或有文字层的 .pdf")
        return read_document_lines(archive)
    if Path(name).suffix.lower() not in {"", ".txt"}:
        raise FormError(name, f"“{Path(name).suffix}”文件不能读取", "文稿核查请用 .txt、.docx 或有文字层的 .pdf")
    text = decode(content)
    if text is None or kind == "xls":
        raise FormError(name, "不是文字，或编码无法识别", "请另存为 UTF-8 编码的 .txt、.docx 或有文字层的 .pdf")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").split("\n")


def _read_packed(content: bytes, name: str, limits: Limits) -> list[Grid]:
    archive = Archive(content, name, limits)
    if archive.kind == "xlsx":
        return read_workbook(content, archive, name, limits)
    if archive.kind == "docx":
        return read_document(archive, name, limits)
    if archive.kind == "ods":
        return read_open_workbook(archive, name, limits)
    if archive.kind == "odt":
        return read_open_text(archive, name, limits)
    if archive.kind == "xlsb":
        return read_binary_workbook(archive, name, limits)
    if "OFD.xml" in archive.names:
        raise FormError(name, "“.ofd”版式文件不能读取", "请另存为 .pdf，或索取 Word、Excel 原件后再放入")
    raise FormError(name, "压缩包内没有可读的工作簿或文档", "如果是压缩包请解压后放入，否则请重新另存为 .xlsx 或 .docx")


def _read_text(content: bytes, name: str, limits: Limits) -> list[Grid]:
    """Read a file of text: a web page, or separated values under a name that may hold them."""
    content = unwrapped(content)
    text = decode(content)
    if text is None and Path(name).suffix.lower() in TEXT_NAMES:
        raise FormError(
            name, "文字编码不能识别（既不是 UTF-8 也不是 GB18030）", "请另存为 UTF-8 编码的 .csv 或 .xlsx 后再放入"
        )
    if text is not None and is_hypertext(text):
        return read_hypertext(text, name, limits)
    if text is not None and (Path(name).suffix.lower() in TEXT_NAMES or (may_be_table(name) and separator(text))):
        return read_delimited(text, name, limits)
    if Path(name).suffix.lower() in {".xlsx", ".docx", ".ods", ".xls", ".doc", ".pdf", ".et", ".wps"}:
        raise FormError(
            name, "内容不是有效的表格文件，可能已损坏或设有密码", "请去除密码或重新另存为 .xlsx 或 .docx 后再放入"
        )
    raise refuse_kind(name)
