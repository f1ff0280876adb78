"""No command ends in a traceback, whatever signs the console lacks."""

from __future__ import annotations

import json
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
        "brief": ["--place", built, "--year", "2024", "--out", str(folder / "要点.docx")],
        "list": ["--place", built],
        "check": [form],
        "notebooks": ["--help"],  # it serves until it is ended
        "bodies": ["--place", "sample"],
        "remind": ["--place", "sample", "--year", "2024", "--out", str(folder / "owed")],
        "resubmitted": ["--place", "sample"],
        "issues": ["list"],
        "review": ["--help"],
        "evidence": ["list"],
        "consequences": ["--help"],
        "ask": ["农村公路", "--year", "2024", "--kind", "self", "--out", str(folder), "--place", built],
    }


def test_every_command_is_tried(tmp_path):
    import typer.main

    from jixiao.cli.main import app

    known = set(typer.main.get_command(app).commands)
    assert known <= set(commands(tmp_path)), "a new command is to be tried here"


DRIVER = """
import io, json, sys, traceback
from jixiao.__main__ import main
out, encoding = sys.stdout.buffer, sys.argv[1]
for name, *arguments in json.loads(sys.argv[2]):
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True) for _ in range(2)]
    sys.stdout, sys.stderr, sys.argv, code = *streams, ["jixiao", name, *arguments], 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    said = b"".join(stream.buffer.getvalue() for stream in streams).decode(encoding, "replace")
    out.write(json.dumps([name, code, said]).encode() + b"\\n")
"""
"""Runs the commands one after the other, each on a console of its own that lacks signs."""


@pytest.mark.parametrize("encoding", ["gbk", "ascii"])
def test_no_command_ends_in_a_traceback(tmp_path, encoding):
    """The text goes out in an encoding that lacks signs of the reports (‰, ², names); no sign stops a command."""
    import typer.main

    from jixiao.cli.main import app

    known = {"--help", *typer.main.get_command(app).commands}
    wanted = [[name, *arguments] for name, arguments in commands(tmp_path).items() if name in known]
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "JIXIAO_JOURNAL": str(tmp_path / "j")}
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, encoding, json.dumps(wanted)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [name for name, _, _ in answers] == [name for name, *_ in wanted] and b"Traceback" not in done.stderr
    for name, code, said in answers:
        assert "Traceback" not in said and "UnicodeEncodeError" not in said, f"{name}: {said[-2000:]}"
        assert code in (0, 1) and said.strip(), f"{name}: {said[-2000:]}"
