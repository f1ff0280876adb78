"""Tell what a file is by its content (文件类型), never by its extension alone: people rename."""

from __future__ import annotations

import io
from pathlib import PurePath

from jixiao.core.errors import FormError

_PACKED = (b"PK\x03\x04", b"PK\x05\x06")
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD_SHEETS = (b"\x09\x08", b"\x09\x04\x06\x00", b"\x09\x02\x06\x00", b"\x09\x00\x04\x00")
_MACRO_NAMES = {".xlsm", ".docm", ".xltm", ".dotm", ".xlam"}
_WORKBOOK_NAMES = {".xls", ".et", ".xlsx", ".ett", ".xlt"}
TEXT_NAMES = {".csv", ".tsv", ".txt"}
_PICTURES = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF8",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"RIFF",
    b"\0\0\0\x0cjP",
)


def kind_of(content: bytes, name: str) -> str:
    """Return what a file is: packed, xls, doc, rtf, pdf or text; text may be separated values or a web page.

    Args:
        content: The file.
        name: How the file is named to the reader.

    Raises:
        FormError: The file is empty, has a password or macros, or is nothing a form is written in.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix in _MACRO_NAMES:
        raise FormError(name, f"“{suffix}”文件可以含有宏", "请另存为不含宏的文件（.xlsx 或 .docx）后再放入")
    if not content.strip(b"\0 \t\r\n"):
        size = len(content)
        raise FormError(name, f"文件为空（{size}字节）" if not size else "文件没有内容", "请重新导出或索取该文件")
    if content.startswith(_PACKED):
        return "packed"
    if content.startswith(_COMPOUND):
        return _compound_kind(content, name)
    if content.startswith(_OLD_SHEETS):
        return "xls"
    if b"%PDF-" in content[:1024]:
        return "pdf"
    if content.startswith(b"{\\rtf"):
        return "rtf"
    if _is_picture(content):
        raise FormError(
            name, "文件是图片（扫描件或照片），没有文字", "请索取 Word、Excel 原件，或先做文字识别并核对后再放入"
        )
    if content.startswith((b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b")):
        raise FormError(name, "这种压缩包不能读取", "请解压后放入，或改用 .zip 压缩")
    if suffix in {".xlsx", ".docx", ".ods", ".xls", ".doc", ".et", ".wps"} and b"\0" in content[:512]:
        raise FormError(name, "文件已损坏或设有密码", "请去除密码或重新另存为 .xlsx 或 .docx 后再放入")
    return "text"


def _is_picture(content: bytes) -> bool:
    """Say whether a file is a picture, by its first bytes."""
    if content[:2] == b"BM":
        return len(content) > 14 and int.from_bytes(content[2:6], "little") == len(content)
    if content[:4] == b"RIFF":
        return content[8:12] == b"WEBP"
    return content.startswith(_PICTURES) or content[4:12] in {b"ftypheic", b"ftypheix", b"ftypmif1"}


def may_be_table(name: str) -> bool:
    """Say whether text under this name may be a workbook that was renamed."""
    return PurePath(name).suffix.lower() in _WORKBOOK_NAMES


def refuse_kind(name: str) -> FormError:
    """Return the refusal of a file that no form is written in."""
    suffix = PurePath(name).suffix.lower()
    return FormError(name, f"文件类型“{suffix or '无扩展名'}”不能读取", "请另存为 .xlsx 或 .docx 后再放入")


def _compound_kind(content: bytes, name: str) -> str:
    """Tell the old binary formats apart by the streams they hold."""
    from xlrd.compdoc import CompDoc

    try:
        streams = {entry.name for entry in CompDoc(content, logfile=io.StringIO()).dirlist if entry.etype > 0}
    except Exception as error:  # the directory itself is damaged
        raise FormError(name, "文件已损坏或设有密码", "请去除密码或重新另存为 .xlsx 或 .docx 后再放入") from error
    if streams & {"EncryptedPackage", "EncryptionInfo"}:
        raise FormError(name, "文件设有密码", "请去除密码后再放入")
    if streams & {"_VBA_PROJECT_CUR", "_VBA_PROJECT", "Macros"}:
        raise FormError(name, "文件含有宏", "请另存为不含宏的文件（.xlsx 或 .docx）后再放入")
    if streams & {"Workbook", "Book"}:
        return "xls"
    if "WordDocument" in streams:
        return "doc"
    raise refuse_kind(name)
