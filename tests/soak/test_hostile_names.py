"""Files with names that no screen can show: built, changed, verified; every change is named, and no sign gets out."""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest
from conftest import write_self_form
from figures import keep

from jixiao.builds.run import build
from jixiao.builds.verify import Difference, verify
from jixiao.core.harmless import is_harmless

NAMES = int(os.environ.get("JIXIAO_SOAK_NAMES", "40"))
SIGNS = (
    *(
        b"\x1b[31m",
        b"\n",
        b"\r",
        b"\x07",
        b"\x7f",
        b"\t",
        b" ",
        b"'",
        b'"',
        b"\\",
        b"$(id)",
        b"`id`",
        b";",
        b"&",
        b"%s",
    ),
    *(
        "\u202e".encode(),
        "\u2066".encode(),
        "\u200f".encode(),
        "\ufeff".encode(),
        "\U000e0041".encode(),
        "é".encode(),
        b"%s",
    ),
    *("甲表".encode("gb18030"), b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"{}", b"<b>", b"=1", b"-rf", b"..", b"~"),
)


def hostile_name(chance: random.Random, number: int) -> bytes:
    middle = b"".join(chance.choices(SIGNS, k=chance.choice((1, 2, 5, 60))))
    return f"{number}".encode() + middle[:240] + b".xlsx"


def named(out: Path) -> list[Difference]:
    """Return what verify names, but that no command made the build."""
    return [item for item in verify(out) if item.kind != "not_logged"]


@pytest.mark.skipif(os.name == "nt", reason="such names cannot be made there")
def test_verify_with_hostile_names(tmp_path: Path) -> None:
    seed = int(os.environ.get("JIXIAO_SEED") or random.SystemRandom().randrange(10**6))
    print(f"seed {seed}")
    chance, counted = random.Random(seed), Counter[str]()
    place, out = tmp_path / "place", tmp_path / "built"
    (place / "2023").mkdir(parents=True)
    paths = []
    for number in range(NAMES):
        path = os.fsencode(place / "2023") + b"/" + hostile_name(chance, number)
        form = tmp_path / "form.xlsx"
        write_self_form(form, project=f"项目{number}")
        os.replace(form, path)
        paths.append(Path(os.fsdecode(path)))
    build(place, out)
    assert named(out) == []
    for path in paths:
        before = path.read_bytes()
        what = chance.choice(("changed", "missing", "renamed"))
        if what == "changed":
            path.write_bytes(before + b"x")
        else:
            path.rename(path.with_name("new.xlsx") if what == "renamed" else tmp_path / "away")
        found = named(out)
        counted[f"{what}: named"] += bool(found)
        counted["silent"] += not found
        for item in found:
            shown = f"{item}{item.name}"
            assert is_harmless(shown) and shown.encode() and "\n" not in item.name, seed
        for moved in (place / "2023" / "new.xlsx", tmp_path / "away"):
            if moved.exists():
                moved.rename(path)
        path.write_bytes(before)
        assert named(out) == [], seed
    assert counted["silent"] == 0
    keep("verify：怪异的文件名", {"种子": seed, "names": NAMES, **counted, "silent": 0, "tracebacks": 0})
