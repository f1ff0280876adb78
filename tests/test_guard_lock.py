"""The locked dependencies: each has a hash, and the index is asked for yanked versions; what was not asked is said."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT


def test_every_locked_dependency_has_a_hash():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = [entry for entry in lock.replace("\\\n", " ").splitlines() if entry and not entry.startswith((" ", "#"))]
    assert len(entries) > 100
    for entry in entries:
        assert "==" in entry and "--hash=sha256:" in entry, entry[:60]


def wheel(folder: Path) -> Path:
    """Write the smallest wheel there is."""
    parts = {
        "guarded.py": "",
        "guarded-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: guarded\nVersion: 1.0\n",
        "guarded-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},"
        f"{len(text)}" for name, text in parts.items()
    ]  # fmt: skip
    path = folder / "guarded-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in {**parts, "guarded-1.0.dist-info/RECORD": "\n".join(rows)}.items():
            packed.writestr(name, text)
    return path


@pytest.mark.skipif(os.name == "nt", reason="the check is a script of a POSIX shell")
@pytest.mark.parametrize(("index", "code", "said"), [
    ('<a href="{file}" data-yanked="broken">guarded-1.0-py3-none-any.whl</a>', 1, "有已被撤回的版本"),
    ('<a href="{file}">guarded-1.0-py3-none-any.whl</a>', 0, "1 个依赖，索引没有标明撤回的"),
    ("", 0, "本次没有核对被撤回的版本"),
])  # fmt: skip
def test_the_index_is_asked_for_yanked_versions(tmp_path, index, code, said):
    file = wheel(tmp_path)
    page = tmp_path / "simple" / "guarded" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f"<!DOCTYPE html><html><body>{index.format(file=file.as_uri())}</body></html>", encoding="utf-8")
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"guarded==1.0 \\\n    --hash=sha256:{'0' * 64}\n    # via nothing\n", encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    own = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": (tmp_path / "simple").as_uri(), "PYTHON": sys.executable}
    done = subprocess.run(
        ["bash", str(ROOT / ".ci" / "yanked"), str(lock)],
        env={**kept, **own},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done
    assert said in done.stdout and ("guarded" in done.stdout) == bool(code or not index)


@pytest.mark.skipif(os.name == "nt", reason="the check is a script of a POSIX shell")
def test_a_database_out_of_reach_is_said(tmp_path):
    """``.ci/vulnerabilities`` with a checker that cannot reach its database, and one that finds something."""
    for said, code in (("ConnectionError: no route", 0), ("Found 1 known vulnerability in 1 package", 1)):
        folder = tmp_path / str(code)
        for name, text in {
            ".ci/vulnerabilities": (ROOT / ".ci" / "vulnerabilities").read_text(encoding="utf-8"),
            ".ci/yanked": "exit 0\n",
            ".venv/audit/bin/pip-audit": f"#!/bin/sh\necho '{said}' >&2\nexit 1\n",
            "requirements.lock": "",
        }.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            path.chmod(0o755)
        done = subprocess.run(
            ["bash", str(folder / ".ci" / "vulnerabilities")], capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done
        assert ("漏洞数据库无法访问，本次没有核对已知漏洞" in done.stdout) == (code == 0)
