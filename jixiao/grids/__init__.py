"""One grid model for every table a file holds (单元格网格): text, merge geometry and address of each cell.

:func:`read_grids` looks at a file once, tells what it is by its content and hands it to the reader of that kind. Only
this room and ``sources`` open data files. Whatever a reader or its library raises becomes one :class:`FormError`.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

from jixiao.errors import FormError, JixiaoError
from jixiao.grids.archives import Archive
from jixiao.grids.cells import Area, Box, Cell, Grid, Line, boxed, column_letters
from jixiao.grids.delimited import decode, read_delimited, separator
from jixiao.grids.documents import read_document
from jixiao.grids.hypertext import is_hypertext, read_hypertext
from jixiao.grids.kinds import TEXT_NAMES, kind_of, may_be_table, refuse_kind
from jixiao.grids.limits import SETTING, Limits, load_limits
from jixiao.grids.office import convert
from jixiao.grids.oldbooks import read_old_workbook
from jixiao.grids.opendocuments import read_open_workbook
from jixiao.grids.pages import read_pages
from jixiao.grids.shown import NumberFormat, number_format, written
from jixiao.grids.workbooks import read_workbook

__all__ = [
    "SETTING",
    "Area",
    "Box",
    "Cell",
    "Grid",
    "Limits",
    "Line",
    "NumberFormat",
    "boxed",
    "column_letters",
    "load_limits",
    "number_format",
    "read_grids",
    "written",
]


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
    limits = load_limits()
    name = _checked_name(path, name)
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
    try:
        return _read(path.read_bytes(), name, limits)
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


def _checked_name(path: Path, name: str) -> str:
    """Return the name of a file; one that cannot be shown as it is, or leads elsewhere, is refused."""
    hidden = [sign for sign in f"{name}{path.name}" if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    if hidden:
        plain = "".join("?" if sign in hidden else sign for sign in name)
        raise FormError(plain, "文件名含有控制字符或不可见字符", "请改用普通文字命名后再放入")
    if ".." in name.replace("\\", "/").split("/"):
        raise FormError(name, "文件名指向数据目录之外", "请把文件放入数据目录后再读取")
    return name


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


def _read_packed(content: bytes, name: str, limits: Limits) -> list[Grid]:
    archive = Archive(content, name, limits)
    if archive.kind == "xlsx":
        return read_workbook(content, archive, name, limits)
    if archive.kind == "docx":
        return read_document(archive, name, limits)
    if archive.kind == "ods":
        return read_open_workbook(archive, name, limits)
    if archive.kind in {"xlsb", "odt"}:
        raise FormError(name, f"“.{archive.kind}”文件不能读取", "请另存为 .xlsx 或 .docx 后再放入")
    raise FormError(name, "压缩包内没有可读的工作簿或文档", "如果是压缩包请解压后放入，否则请重新另存为 .xlsx 或 .docx")


def _read_text(content: bytes, name: str, limits: Limits) -> list[Grid]:
    """Read a file of text: a web page, or separated values under a name that may hold them."""
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
