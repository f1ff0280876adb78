"""No command ends in a traceback, whatever signs the console lacks."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from conftest import ROOT

SAMPLE = ROOT / "data" / "sample" / "2024"


def commands(folder):
    """Every command with arguments it can work with, in an order in which each finds what it needs."""
    form = str(next(SAMPLE.glob("示例农村*自评表.xlsx")))
    built = str(folder / "built")
    return {
        "--help": [],
        "new": [str(folder / "own")],
        "read": [form],
        "build": ["--place", "sample", "--out", built],
        "score": ["--place", "sample"],
        "audit": ["--place", "sample"],
        "form": [form, "--out", str(folder / "自评表.xlsx")],
        "report": [
            "--place",
            built,
            "--project",
            "农村公路",
            "--kind",
            "self",
            "--year",
            "2024",
            "--out",
            str(folder / "reports"),
        ],
        "verify": ["--place", built],
        "diff": ["current", "current", "--place", built],
        "trace": ["农村公路", "--year", "2024", "--evaluation", "self", "--place", built],
        "log": [],
        "sample": ["--out", str(folder / "made"), "--departments", "2", "--years", "2024:2024", "--projects", "3"],
        "whatif": ["profile_2021_101"],
        "dashboard": ["--place", built, "--static", str(folder / "site")],
        "list": ["--place", built],
        "check": [form],
        "notebooks": ["--help"],  # it serves until it is ended
        "ask": ["农村公路", "--year", "2024", "--kind", "self", "--out", str(folder), "--place", built],
    }


def test_every_command_is_tried(tmp_path):
    import typer.main

    from jixiao.cli.main import app

    known = set(typer.main.get_command(app).commands)
    assert known <= set(commands(tmp_path)), "a new command is to be tried here"


@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
def test_no_command_ends_in_a_traceback(tmp_path, encoding):
    """The text goes out in an encoding that lacks signs of the reports (‰, ², names); no sign stops a command."""
    import typer.main

    from jixiao.cli.main import app

    known = {"--help", *typer.main.get_command(app).commands}
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "JIXIAO_JOURNAL": str(tmp_path / "j")}
    for name, arguments in commands(tmp_path).items():
        if name not in known:
            continue
        done = subprocess.run(
            [sys.executable, "-m", "jixiao", name, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            timeout=600,
            check=False,
        )
        said = (done.stdout + done.stderr).decode(encoding, "replace")
        assert "Traceback" not in said and "UnicodeEncodeError" not in said, f"{name}: {said[-2000:]}"
        assert done.returncode in (0, 1), f"{name}: {said[-2000:]}"
