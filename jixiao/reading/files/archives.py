"""Look into a packed file before anything parses it (压缩包检查): bombs, macros, links, passwords, DTDs."""

from __future__ import annotations

import io
import posixpath
import zipfile
from functools import cached_property
from typing import Any

from jixiao.core.errors import FormError
from jixiao.reading.files.limits import Limits

STRICT_SHEETS = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
"""The name of the strict kind of worksheets; it only has another name for the same things."""
_STRICT = b"http://purl.oclc.org/ooxml/"
_USUAL = b"http://schemas.openxmlformats.org/"
_SMALL = 100_000
"""Bytes of a part that is kept for its second reader."""
_VOCABULARIES = (b"wordprocessingml", b"spreadsheetml", b"officeDocument")


class Archive:
    """A packed file whose directory was inspected; each part is inspected when it is read."""

    def __init__(self, content: bytes, name: str, limits: Limits) -> None:
        self.name = name
        self._limits = limits
        self._zip = zipfile.ZipFile(io.BytesIO(content))
        entries = self._zip.infolist()
        self._read: dict[str, bytes] = {}
        self._stored = {entry.filename.replace("\\", "/"): entry.filename for entry in entries}
        self.names = frozenset(self._stored)
        """The parts; some writers part folders by a backslash, which is read as a slash."""
        self.lowered = {part.lower(): part for part in self.names}
        self._inspect(entries, len(content))

    def _inspect(self, entries: list[zipfile.ZipInfo], size: int) -> None:
        name, limits = self.name, self._limits
        if len(entries) > limits.entries:
            raise FormError(name, f"压缩内容有{len(entries)}个部件", f"上限为{limits.entries}个，请另存为新文件")
        unpacked = sum(entry.file_size for entry in entries)
        if unpacked > limits.unpacked_bytes:
            raise FormError(
                name,
                f"展开后的内容过大（{unpacked // 1_000_000}MB）",
                f"上限为{limits.unpacked_bytes // 1_000_000}MB，请检查文件是否被恶意构造，或另存为新文件",
            )
        if unpacked > limits.ratio_from_bytes and unpacked > limits.expansion_ratio * size:
            raise FormError(
                name,
                f"展开后的内容过大（是文件的{unpacked // max(size, 1)}倍）",
                f"上限为{limits.expansion_ratio}倍，请检查文件是否被恶意构造，或另存为新文件",
            )
        if len(self.lowered) < len(entries):
            raise FormError(name, "压缩内容有重名的部件", "这不是正常的表格文件，请重新另存")
        for entry in entries:
            plain = entry.filename.replace("\\", "/")
            if plain.startswith("/") or ".." in plain.split("/") or ":" in plain:
                raise FormError(name, "压缩内容有指向文件之外的部件名", "这不是正常的表格文件，请重新另存")
            if entry.flag_bits & 1:
                raise FormError(name, "文件设有密码", "请去除密码后再放入")
            lower = plain.lower()
            if lower.endswith(("vbaproject.bin", "vbadata.xml")) or lower.startswith(("basic/", "xl/macrosheets/")):
                raise FormError(name, "文件含有宏", "请另存为不含宏的文件（.xlsx 或 .docx）后再放入")
            if lower.startswith("xl/externallinks/"):
                raise FormError(
                    name, "工作簿链接了其他文件，链接的数据无法核实", "请断开链接（数据-编辑链接-断开链接）后另存"
                )

    def read(self, part: str) -> bytes:
        """Return one part; a part with a document type definition (DTD) is refused.

        Raises:
            FormError: The part has a DTD or is not text.
        """
        if part in self._read:
            return self._read[part]
        content = self._zip.read(self._stored[part])
        plain = content.replace(b"\0", b"") if b"\0" in content[:4] else content  # UTF-16 hides words from a search
        if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
            raise FormError(self.name, "文件内含文档类型定义（DTD）", "这不是正常的表格文件，请重新另存")
        if len(content) < _SMALL:
            self._read[part] = content
        return content

    @cached_property
    def repacked(self) -> bytes | None:
        """The archive with its parts under names with slashes, when it has others; None when it needs no change."""
        if all(stored == part for part, stored in self._stored.items()):
            return None
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
            for part, stored in self._stored.items():
                archive.writestr(part, self._zip.read(stored))
        return made.getvalue()

    def find(self, part: str) -> str:
        """Return the name of a part as the archive writes it; parsers do not mind capitals, nor do references."""
        return self.lowered[part.lower()]

    def tree(self, part: str) -> Any:
        """Return the root element of one part.

        Raises:
            FormError: The part is too large to be held as a tree.
        """
        from lxml import etree

        if self._zip.getinfo(self._stored[part]).file_size > self._limits.tree_bytes:
            raise FormError(
                self.name,
                "文件内容过大",
                f"单个部件上限为{self._limits.tree_bytes // 1_000_000}MB，请拆分后再放入",
            )
        content = self.read(part)
        if _STRICT in content:  # the strict kind of the format only has other names for the same things
            for word in _VOCABULARIES:
                content = content.replace(_STRICT + word + b"/", _USUAL + word + b"/2006/")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        return etree.fromstring(content, parser)

    @cached_property
    def document(self) -> str:
        """The part that holds the text of a Word document; empty when there is none."""
        parts = [part for part in self.names if part.startswith("word/document") and part.endswith(".xml")]
        return min(parts, key=len, default="")

    @cached_property
    def kind(self) -> str:
        """What the archive is by its parts: xlsx, xlsb, docx, ods, or zip when it is none of these."""
        if "xl/workbook.xml" in self.names:
            return "xlsx"
        if "xl/workbook.bin" in self.names:
            return "xlsb"
        if self.document:
            return "docx"
        if "content.xml" in self.names and "mimetype" in self.names:
            media = self._zip.read(self._stored["mimetype"])
            return "ods" if b"spreadsheet" in media else "odt" if b"opendocument.text" in media else "zip"
        return "zip"

    def related(self, part: str) -> dict[str, str]:
        """Return the parts a part refers to, by the identity of the reference; paths may be absolute or relative."""
        folder, _, last = part.rpartition("/")
        targets = {}
        for node in self.tree(f"{folder}/_rels/{last}.rels"):
            target = node.get("Target", "")
            path = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            targets[node.get("Id", "")] = path
        return targets
