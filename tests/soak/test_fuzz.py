"""Twenty thousand mutated inputs of every format: each is read or refused in one sentence, within the limits."""

from __future__ import annotations

import hashlib
import io
import os
import random
import re
import resource
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT, write_self_form
from figures import keep

from jixiao.builds.run import build
from jixiao.builds.verify import verify
from jixiao.checks.set_aside import load_aliases, load_suppressions
from jixiao.core.declared import RULES, load_yaml
from jixiao.core.errors import DeclarationError, JixiaoError
from jixiao.reading import workers
from jixiao.reading.corrections import list_corrections
from jixiao.reading.files import load_limits
from jixiao.reading.tidy.make_frames import make_frames
from jixiao.reading.workers import read_files
from jixiao.scoring import score
from jixiao.scoring.frameworks import load_framework_file

SHARE = float(os.environ.get("JIXIAO_FUZZ", 1))
WANTED = {".xlsx": 6000, ".xls": 3000, ".et": 500, ".ods": 2500, ".docx": 3000, ".csv": 2500, ".tsv": 500, ".pdf": 500}
"""How many mutants of each format; with 3,000 declarations more than twenty thousand in all."""
DECLARATIONS = 3000
BATCH = 250
NUMBERS = (b"0", b"-1", b"1", b"65536", b"2147483648", b"99999999999999999999", b"1E400", b"NaN", b"1.5", b"")
PIECES = (
    b"\0",
    b"\xff\xfe",
    b"<",
    b"&amp;",
    b"&x;",
    b"]]>",
    b"<!DOCTYPE x>",
    b'"',
    b",",
    b"\r\n",
    "年".encode(),
    b"<x>" * 50,
)
TOKENS = (
    "- ",
    "[",
    "{",
    "}",
    ": ",
    "&a ",
    "*a",
    "!!timestamp ",
    "!!bool ",
    "|\n",
    "? ",
    "\t",
    "\0",
    "9" * 5000,
    "'",
    '"',
)
LOADERS = (load_yaml, list_corrections, load_suppressions, load_aliases, load_framework_file)


def mutate(content: bytes, chance: random.Random) -> bytes:
    """Change some bytes: flipped, cut, repeated, moved, numbers for other numbers, pieces of markup put in."""
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        if not content:
            return content
        place = chance.randrange(len(content))
        kind = chance.randrange(7)
        if kind == 0:
            content = content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :]
        elif kind == 1:
            content = content[:place] + content[place + chance.choice((1, 4, 64, 4096)) :]
        elif kind == 2:
            length = chance.choice((1, 16, 512))
            content = content[:place] + content[place : place + length] * chance.choice((2, 3, 40)) + content[place:]
        elif kind == 3:
            content = content[:place] + chance.choice(PIECES) + content[place:]
        elif kind == 4:
            numbers = list(re.finditer(rb"\d+", content[place : place + 2000]))
            if numbers:
                found = chance.choice(numbers)
                start, stop = place + found.start(), place + found.end()
                content = content[:start] + chance.choice(NUMBERS) + content[stop:]
        elif kind == 5:
            content = content[:place] + chance.randbytes(chance.choice((1, 8, 100))) + content[place:]
        else:
            content = content[:place] if chance.random() < 0.3 else content
    return content


def mutant(path: Path, chance: random.Random) -> bytes:
    """Return a changed copy of a file; of a packed one mostly a part is changed and packed again."""
    content = path.read_bytes()
    if not content.startswith(b"PK") or chance.random() < 0.2:
        return mutate(content, chance)
    made = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as new:
        names = [name for name in old.namelist() if not name.endswith("/")]
        chosen = chance.choice([name for name in names if name.endswith((".xml", ".rels"))] or names)
        for name in names:
            part = old.read(name)
            new.writestr(name, mutate(part, chance) if name == chosen else part)
    return made.getvalue()


def mutants(folder: Path, chance: random.Random) -> Iterator[list[tuple[Path, str]]]:
    """Write mutants batch by batch, the formats mixed."""
    seeds: dict[str, list[Path]] = {}
    for path in sorted((ROOT / "tests" / "forms" / "files").iterdir()):
        if path.suffix in WANTED and path.stat().st_size < 60_000:
            seeds.setdefault(path.suffix, []).append(path)
    assert set(seeds) == set(WANTED)
    kinds = [kind for kind, count in WANTED.items() for _ in range(int(count * SHARE))]
    chance.shuffle(kinds)
    for start in range(0, len(kinds), BATCH):
        batch = []
        for number, kind in enumerate(kinds[start : start + BATCH]):
            path = folder / f"{number}{kind}"
            path.write_bytes(mutant(chance.choice(seeds[kind]), chance))
            batch.append((path, f"2023/{path.name}"))
        yield batch
        for path, _ in batch:
            path.unlink()


def hash_of_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


@pytest.fixture
def seed():
    return int(os.environ.get("JIXIAO_SEED") or random.SystemRandom().randrange(10**6))


def test_mutated_files(tmp_path, monkeypatch, seed):
    print(f"seed {seed}")
    (tmp_path / "place" / "2023").mkdir(parents=True)
    write_self_form(tmp_path / "place" / "2023" / "a.xlsx")
    build(tmp_path / "place", tmp_path / "built")
    before = hash_of_folder(tmp_path / "built")
    (tmp_path / "limits.yaml").write_text("seconds: 10\n", encoding="utf-8")
    monkeypatch.setenv("JIXIAO_LIMITS", str(tmp_path / "limits.yaml"))
    chance, counted, start = random.Random(seed), Counter(), time.monotonic()
    folder = tmp_path / "mutants"
    folder.mkdir()
    for batch in mutants(folder, chance):
        for (path, _), found in zip(batch, read_files(batch), strict=True):
            counted["files"] += 1
            if isinstance(found, JixiaoError):
                text = str(found)
                broken = "内部错误" in text or "Traceback" in text or "\n" in text
                if broken:
                    (tmp_path / f"failed{path.suffix}").write_bytes(path.read_bytes())
                assert not broken, f"seed {seed}: {path.name}: {text}"
                counted["refused"] += 1
                counted["of these: over the limit of time"] += "秒，已停止" in text
                counted["of these: child ended by its limit of memory or a crash"] += "意外结束" in text
                continue
            counted["read"] += 1
            if counted["read"] % 10 == 0:
                try:
                    score(make_frames(found))
                except JixiaoError:
                    counted["of these: refused as data"] += 1
                counted["of these: scored as well"] += 1
    workers.CHILDREN.close()
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    assert used < load_limits().memory_mb * 1_000_000
    assert hash_of_folder(tmp_path / "built") == before, "the store was touched"
    kinds = {item.kind for item in verify(tmp_path / "built")}
    assert kinds <= {"not_logged"}
    figures = {**counted, "largest child (MB)": used // 1_000_000, "seconds": int(time.monotonic() - start)}
    keep("变异的输入文件" if SHARE == 1 else f"变异的输入文件（规模 {SHARE:g}）", {"种子": seed, **figures})
    print(figures)


def test_mutated_declarations(tmp_path, seed):
    print(f"seed {seed}")
    sources = [*RULES.glob("frameworks/*.yaml"), *(ROOT / "data").glob("*.yaml"), RULES / "limits.yaml"]
    chance, counted = random.Random(seed), Counter()
    slowest = 0.0
    for _ in range(int(DECLARATIONS * SHARE)):
        text = chance.choice(sources).read_text(encoding="utf-8")
        for _ in range(chance.choice((1, 2, 8))):
            place = chance.randrange(len(text))
            if chance.random() < 0.6:
                text = text[:place] + chance.choice(TOKENS) * chance.choice((1, 1, 3, 500)) + text[place:]
            else:
                text = text[:place] + text[place + chance.choice((1, 5, 60)) :]
        path = tmp_path / "a.yaml"
        path.write_bytes(mutate(text.encode(), chance) if chance.random() < 0.3 else text.encode())
        load = chance.choice(LOADERS)
        start = time.monotonic()
        try:
            load(path)
            counted["loaded"] += 1
        except DeclarationError as error:
            counted["refused"] += 1
            assert len(str(error)) < 60_000
        except Exception as error:
            (tmp_path / "failed.yaml").write_bytes(path.read_bytes())
            raise AssertionError(f"seed {seed}: {load.__name__}: {error!r}: {tmp_path / 'failed.yaml'}") from error
        slowest = max(slowest, time.monotonic() - start)
    assert slowest < 30
    if SHARE == 1:
        keep("变异的登记和规则文件", {"种子": seed, **counted, "slowest (s)": round(slowest, 2)})
