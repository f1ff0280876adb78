"""Every step of docs/guide.md is run as it is written, in one empty folder, and shows what the guide says."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from jixiao.reading.forms.families import FORMS, load_families
from jixiao.scoring.frameworks import load_framework_file

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(bash|python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps():
    """Return every command of the guide with the lines it must show."""
    found = []
    for kind, body in BLOCK.findall((ROOT / "docs" / "guide.md").read_text(encoding="utf-8")):
        if kind == "text":
            assert found and not found[-1][2], "an answer without a command"
            found[-1] = (*found[-1][:2], body.strip().splitlines())
        else:
            found.append((kind, body, []))
    return found


def run(kind, body, folder):
    """Run one block as a reader would, with `jixiao` on the path, and return what it printed."""
    command = ["bash", "-euo", "pipefail", "-c", body] if kind == "bash" else [sys.executable, "-c", body]
    path = os.pathsep.join([str(folder.parent / "bin"), os.environ["PATH"]])
    own = {"JIXIAO_HOME": str(folder), "JIXIAO_JOURNAL": str(folder.parent / "journal.jsonl")}  # as for a new user
    environment = {**os.environ, **own, "PATH": path, "COLUMNS": "180"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{body}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_every_step_works_as_written(tmp_path):
    shim, folder = tmp_path / "bin" / "jixiao", tmp_path / "空"
    shim.parent.mkdir()
    folder.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m jixiao "$@"\n', encoding="utf-8")
    shim.chmod(shim.stat().st_mode | stat.S_IXUSR)
    for kind, body, expected in steps():
        printed = run(kind, body, folder)
        assert expected, f"a command without an answer:\n{body}"
        rest = printed
        for line in expected:
            pattern = ".*?".join(re.escape(part) for part in line.strip().split("…"))
            match = re.search(pattern, rest)
            assert match, f"{body}\n没有看到：{line}\n{printed}"
            rest = rest[match.end() :]


def test_the_guide_has_ten_steps():
    headings = re.findall(r"^## (第.+?步)：", (ROOT / "docs" / "guide.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == [f"第{number}步" for number in "一二三四五六七八九十"]


def yaml_blocks():
    return re.findall(
        r"^```yaml\n(.*?)^```$", (ROOT / "docs" / "extending.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )


def test_the_framework_of_the_manual_is_one(tmp_path):
    (text,) = [block for block in yaml_blocks() if "evaluations:" in block]
    path = tmp_path / "example_2024.yaml"
    path.write_text(text, encoding="utf-8")
    framework = load_framework_file(path)
    assert framework.id == "example_2024" and [rule.method for rule in framework.rules] == [
        "proportional",
        "proportional_to_target",
    ]


def test_the_family_of_the_manual_is_one(tmp_path):
    (text,) = [block for block in yaml_blocks() if "form: self_evaluation" in block]
    for name in ("self_evaluation", "self_evaluation_yunnan"):
        shutil.copy(FORMS / f"{name}.yaml", tmp_path)
    (tmp_path / "self_evaluation_yunnan.yaml").write_text(text.replace("_example", "_yunnan"), encoding="utf-8")
    names = {family.id for family in load_families(tmp_path)}
    assert names == {"self_evaluation", "self_evaluation_yunnan"}
