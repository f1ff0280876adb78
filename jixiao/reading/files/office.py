"""Convert old formats (.doc, .wps, .rtf) with LibreOffice (旧格式转换), when it is installed.

It runs apart: in a folder and with a profile of its own, without macros, in limited time and memory.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from jixiao.core.errors import FormError
from jixiao.core.processes import run_apart
from jixiao.reading.files.limits import Limits

_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop>
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop>
<prop oor:name="DisableActiveContent" oor:op="fuse"><value>true</value></prop>
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop>
</item>
</oor:items>
"""
"""Settings of the profile: nothing inside a file is ever run or fetched."""


def convert(content: bytes, extension: str, target: str, name: str, limits: Limits) -> bytes:
    """Return the file in another format (转换格式).

    Args:
        content: The file.
        extension: The extension that fits its content, without dot.
        target: The extension of the format to make: docx or xlsx.
        name: How the file is named to the reader.
        limits: The limits in force.

    Raises:
        FormError: LibreOffice is not installed, takes too long or cannot open the file.
    """
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise FormError(
            name, "旧格式文件要用 LibreOffice 转换，本机没有安装", f"请安装 LibreOffice，或另存为 .{target} 后再放入"
        )
    with tempfile.TemporaryDirectory(prefix="jixiao-", ignore_cleanup_errors=True) as folder:
        room = Path(folder)
        settings = room / "profile" / "user" / "registrymodifications.xcu"
        settings.parent.mkdir(parents=True)
        settings.write_text(_PROFILE, encoding="utf-8")
        source = room / f"form.{extension}"
        source.write_bytes(content)
        made = room / "out" / f"form.{target}"
        command = [
            program,
            f"-env:UserInstallation={(room / 'profile').as_uri()}",
            *("--headless", "--norestore", "--nolockcheck", "--nodefault"),
            *("--convert-to", target, "--outdir", str(made.parent), str(source)),
        ]
        environment = {**os.environ, "HOME": str(room), "TMPDIR": str(room)}
        is_ended = run_apart(  # it maps more memory than a reading process may
            command,
            folder=room,
            environment=environment,
            seconds=limits.office_seconds,
            megabytes=limits.office_memory_mb,
        )
        if not is_ended:
            raise FormError(name, f"LibreOffice 转换超过{limits.office_seconds:g}秒", f"请另存为 .{target} 后再放入")
        if not made.is_file() or made.stat().st_size == 0:
            raise FormError(
                name,
                "LibreOffice 无法转换该文件，可能已损坏或设有密码",
                f"请去除密码，或另存为 .{target} 后再放入",
            )
        if made.stat().st_size > limits.file_bytes:
            raise FormError(name, "转换后的内容过大", f"上限为{limits.file_bytes // 1_000_000}MB，请拆分后再放入")
        return made.read_bytes()
