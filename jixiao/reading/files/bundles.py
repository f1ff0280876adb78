"""The files inside a .zip archive (压缩包): each is read as a file of its own, an archive in an archive is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from jixiao.core.errors import FormError
from jixiao.core.files import LEFT_BEHIND, NOTES
from jixiao.reading.files.limits import Limits

_UTF8 = 0x800
_BESIDE = "__macosx/"
"""Where one system keeps what belongs to no file."""


def members(content: bytes, name: str, limits: Limits) -> Iterator[tuple[str, bytes | FormError]]:
    """Yield the files of an archive whose directory was inspected (压缩包中的文件), in the order of their names.

    Args:
        content: The archive.
        name: How the archive is named to the reader.
        limits: The limits in force.

    Returns:
        The name of each file behind that of the archive, and its content or why it is refused.
    """
    archive = zipfile.ZipFile(io.BytesIO(content))
    entries = [(member_name(entry), entry) for entry in archive.infolist() if not entry.is_dir()]
    for inner, entry in sorted(entries, key=lambda pair: pair[0]):
        last = inner.rpartition("/")[2]
        if (
            inner.lower().startswith(_BESIDE)
            or last.startswith((".", "~$"))
            or last.lower() in LEFT_BEHIND
            or last.lower().endswith(NOTES)
        ):
            continue
        whole = f"{name}/{inner}"
        if entry.file_size > limits.file_bytes:
            megabytes = f"{entry.file_size / 1_000_000:.0f}MB"
            yield (
                whole,
                FormError(whole, f"文件有{megabytes}", f"上限为{limits.file_bytes / 1_000_000:g}MB，请拆分后再放入"),
            )
            continue
        with archive.open(entry) as stream:
            held = stream.read(limits.file_bytes + 1)
        if len(held) > limits.file_bytes:  # the directory said less than there is
            yield whole, FormError(whole, "展开后的内容过大", "这不是正常的压缩包，请重新压缩后再放入")
            continue
        yield whole, held


def member_name(entry: zipfile.ZipInfo) -> str:
    """Return the name of a file in an archive; old archives name files in GBK without saying so.

    Example:
        >>> entry = zipfile.ZipInfo("绩效.xlsx".encode("gbk").decode("cp437"))
        >>> member_name(entry)
        '绩效.xlsx'
    """
    name = entry.filename
    if not entry.flag_bits & _UTF8 and not name.isascii():
        try:
            stored = name.encode("cp437")
        except UnicodeEncodeError:
            return name.replace("\\", "/")
        for encoding in ("utf-8", "gb18030"):
            try:
                return stored.decode(encoding).replace("\\", "/")
            except UnicodeDecodeError:
                continue
    return name.replace("\\", "/")
