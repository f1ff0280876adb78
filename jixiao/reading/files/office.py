"""Convert old formats (.doc, .wps, .rtf) with LibreOffice (旧格式转换), when it is installed.

It runs apart: in a folder and with a profile of its own, without macros, in limited time and memory.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from jixiao.core.errors import FormError
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
        if not _run(command, room, limits):
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


def _run(command: list[str], room: Path, limits: Limits) -> bool:
    """Run the converter in a process group of its own; say whether it ended in time. Nothing of it is left."""

    def widen() -> None:  # the converter maps more memory than a reading process may
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        wanted = limits.office_memory_mb * 1_000_000
        resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))

    process = subprocess.Popen(
        command,
        cwd=room,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=widen if sys.platform != "win32" else None,
        env={**os.environ, "HOME": str(room), "TMPDIR": str(room)},
    )
    try:
        process.wait(limits.office_seconds)
    except subprocess.TimeoutExpired:
        return False
    finally:
        _end(process)
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except (ProcessLookupError, PermissionError):
        pass
    process.wait()
