"""The bundle for a closed network holds what is needed and nothing else; ``make soak`` installs from it."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib

from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import make_bundle

LOCK = make_bundle.read_lock((ROOT / "requirements.lock").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def names_for(target):
    chosen = make_bundle.needed(LOCK, PROJECT["dependencies"], make_bundle.environment_of(target))
    names = [entry["name"] for entry in chosen]
    assert len(names) == len(set(names)), "two versions of one package"
    return set(names)


def installed_needs():
    """Follow what the installed libraries say they need, from the dependencies of the project."""
    seen = [canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]]
    for name in seen:
        for text in importlib.metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                other = canonicalize_name(needed.name)
                if other not in seen:
                    seen.append(other)
    return set(seen)


def test_the_lock_is_understood_whole():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert len(LOCK) == len(re.findall(r"^[a-z0-9][a-z0-9._-]*==", text, re.MULTILINE))
    assert all(entry["hashes"] for entry in LOCK)
    assert sum(len(entry["hashes"]) for entry in LOCK) == text.count("--hash=sha256:")


def test_everything_the_installed_libraries_need_is_in_the_bundle_and_no_tool_of_the_tests():
    found = names_for(make_bundle.this_platform())
    assert installed_needs() - found == set()
    tools = {"pytest", "mypy", "ruff", "playwright", "hypothesis", "yamllint", "dash", "panel", "streamlit", "polars"}
    assert found & tools == set()


def test_the_bundle_of_windows_has_what_only_windows_needs():
    windows, linux = names_for("win_amd64"), names_for("linux_x86_64")
    assert {"pywinpty", "colorama"} <= windows and not {"pywinpty", "colorama"} & linux
    assert not {"ptyprocess", "pexpect"} & windows


def test_the_installers_ask_no_index():
    for name in ("install.sh", "install.bat"):
        text = (ROOT / "bundle" / name).read_text(encoding="utf-8")
        for line in text.splitlines():
            if "pip install" in line:
                assert "--no-index" in line and "--find-links" in line
        assert "http" not in text and "@PYTHON@" in text
    page = (ROOT / "bundle" / "安装说明.html").read_text(encoding="utf-8")
    assert 'lang="zh-CN"' in page and not re.findall(r"(?:src|href)=", page)
