"""A workbench of its own with one form and its journal: what is put on it, and what is asked there."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import write_self_form
from typer.testing import CliRunner

from jixiao.cli.main import app


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A workbench of its own with one form and its journal; what is asked is run there."""
    for name in ("data/source/2023", "notebooks"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setenv("JIXIAO_HOME", str(tmp_path))
    monkeypatch.delenv("JIXIAO_JOURNAL")
    write_form(tmp_path, "50公里")
    return tmp_path


def write_form(desk: Path, actual: str, name: str = "甲项目") -> Path:
    path = desk / "data" / "source" / "2023" / f"{name}.xlsx"
    row = ["", "产出指标", "数量指标", "通车里程", "≥100公里", actual, 90, 45, "雨季"]
    write_self_form(path, [row], project=name)
    return path


def run(*arguments: str):
    done = CliRunner().invoke(app, list(arguments))
    if isinstance(done.exception, Exception) and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done
