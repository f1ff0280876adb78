"""The steps of docs/guide.md, which test_own_folder runs as they are written, and the examples of the manual."""

import re
import shutil
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
