"""The numbered lines of a text (文本行): of a .txt in any usual encoding, of the paragraphs of a .docx, of a .pdf."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import ParseError, fromstring

from jixiao.errors import FormError

MAX_BYTES = 50_000_000
MAX_UNPACKED = 400_000_000
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@dataclass(frozen=True)
class Line:
    """One line of a text with its number, counted from 1."""

    number: int
    text: str


def read_lines(path: Path, name: str) -> list[Line]:
    """Read the lines of a report text (文本行).

    Args:
        path: A .txt (UTF-8, with or without a byte order mark, or GB18030), .docx or .pdf file.
        name: How the file is named to the reader.

    Returns:
        Every line in order, the empty ones included; a .docx has one line per paragraph, a .pdf one per text line.

    Raises:
        FormError: The file does not exist, is of another kind, too large, damaged or with a DTD.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.txt"
        >>> _ = path.write_text("first\\n\\nthird", encoding="utf-8")
        >>> [(line.number, line.text) for line in read_lines(path, "a.txt")]
        [(1, 'first'), (2, ''), (3, 'third')]
    """
    if not path.is_file():
        raise FormError(name, "文件不存在", "请检查文件名和路径")
    if path.stat().st_size > MAX_BYTES:
        raise FormError(name, f"文件超过{MAX_BYTES // 1_000_000}MB", "请拆分后再核查")
    readers = {".txt": _txt, ".docx": _docx, ".pdf": _pdf}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise FormError(name, f"文件类型“{path.suffix or '无扩展名'}”不能读取", "请另存为 .txt、.docx 或 .pdf")
    return [Line(number, text) for number, text in enumerate(reader(path, name), 1)]


def _txt(path: Path, name: str) -> list[str]:
    content = path.read_bytes()
    encodings = ["utf-16"] if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").split("\n")
    raise FormError(name, "文字编码无法识别", "请另存为 UTF-8 编码的文本文件")


def _docx(path: Path, name: str) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo("word/document.xml").file_size > MAX_UNPACKED:
                raise FormError(name, "展开后的内容过大", "请另存为新文件后再核查")
            content = archive.read("word/document.xml")
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise FormError(name, "文件内含文档类型定义（DTD）", "这不是正常的文档，请重新另存")
        root = fromstring(content)
    except (zipfile.BadZipFile, KeyError, ParseError, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        raise FormError(name, "不是有效的 .docx 文件，可能已损坏或设有密码", "请去除密码或重新另存") from error
    except Exception as error:  # zlib raises its own kind over a damaged archive
        if isinstance(error, FormError):
            raise
        raise FormError(name, "文件已损坏", "请重新另存后再核查") from error
    texts: list[str] = []
    in_rows = set()
    for row in root.iter(f"{_W}tr"):
        in_rows |= set(row.iter(f"{_W}p"))
    for part in root.iter():
        if part.tag == f"{_W}tr":
            texts.append("\t".join("".join(_runs(cell)) for cell in part.iter(f"{_W}tc")))
        elif part.tag == f"{_W}p" and part not in in_rows:
            texts.append("".join(_runs(part)))
    return texts


def _runs(part: object) -> list[str]:
    """Return the written pieces of one paragraph or cell, in order; what was deleted is not written."""
    found = []
    for piece in part.iter():  # type: ignore[attr-defined]
        if piece.tag == f"{_W}t":
            found.append(piece.text or "")
        elif piece.tag in {f"{_W}tab", f"{_W}br", f"{_W}cr"}:
            found.append(" ")
    return found


def _pdf(path: Path, name: str) -> list[str]:
    import pdfplumber

    try:
        with pdfplumber.open(path) as document:
            pages = [page.extract_text() or "" for page in document.pages]
    except Exception as error:  # a damaged file raises many kinds
        raise FormError(name, "PDF 无法读取，可能已损坏或设有密码", "请去除密码或另存为 .docx") from error
    if not any(page.strip() for page in pages):
        raise FormError(name, "PDF 中没有文字，应为扫描件", "请提供可复制文字的文件")
    return [line for page in pages for line in page.split("\n")]
