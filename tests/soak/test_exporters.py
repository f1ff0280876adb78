"""Everything that is written, PDF and slides too, with hostile texts mixed at random: it opens, and runs nothing."""

from __future__ import annotations

import shutil
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from lxml import etree
from shares import keep_share, part, seeded
from test_guard_exporters import EVIL, hostile, sample, written

from jixiao.core.errors import JixiaoError
from jixiao.core.harmless import is_harmless
from jixiao.publish.papers.brief import write_brief

__all__ = ["sample"]
TURNS = 60


def texts_of(path: Path) -> str:
    """Return what a PDF or slides say; raise when they do not open, or do anything when opened."""
    if path.suffix == ".pdf":
        import pdfplumber

        content = path.read_bytes()
        assert not [
            sign for sign in (b"/JavaScript", b"/Launch", b"/OpenAction <<", b"/URI (http://evil") if sign in content
        ]
        with pdfplumber.open(path) as pages:
            assert pages.pages
            return "".join(page.extract_text() or "" for page in pages.pages)
    with zipfile.ZipFile(path) as packed:
        parts = [etree.fromstring(packed.read(name)) for name in packed.namelist() if name.endswith((".xml", ".rels"))]
    for one in parts:
        targets = [
            node.get("Target", "") for node in one.iter("{*}Relationship") if node.get("TargetMode") == "External"
        ]
        assert not any("evil" in target for target in targets)
    return "".join("".join(one.itertext()) for one in parts)


def test_hostile_texts_in_every_exporter(sample, tmp_path):
    seed, chance = seeded()
    counted: Counter[str] = Counter()
    for _ in range(part(TURNS)):
        evil = "".join(one for one in chance.sample(EVIL, chance.randrange(1, 9)) if len(one) < 1_000)
        where = chance.choice(("before", "after", "inside", "alone"))
        results = hostile(sample, evil, where)
        refused = written(results, tmp_path / "out", evil, where)
        assert refused.keys() <= {"reminders", "forms"}, (seed, evil, refused)
        counted["refused in one sentence"] += len(refused)
        counted["files of data"] += sum(path.is_file() for path in (tmp_path / "out").rglob("*"))
        for ending in (".pdf", ".pptx", ".docx"):
            if ending == ".pdf" and shutil.which("soffice") is None:
                continue
            path = tmp_path / "out" / f"brief{ending}"
            try:
                write_brief(results, path, year=int(results.totals["year"].max()))
            except JixiaoError as error:
                assert "\n" not in str(error)
                counted[f"brief{ending}: refused in one sentence"] += 1
                continue
            said = texts_of(path).replace("\r", "")
            assert is_harmless(said), (seed, ending, evil)
            counted[f"brief{ending}: opens"] += 1
        shutil.rmtree(tmp_path / "out")
        counted["turns"] += 1
    keep_share("写出的一切：恶意的文字", seed, {**counted, "does not open": 0, "runs anything": 0, "tracebacks": 0})


@pytest.mark.parametrize("name", ["brief.pdf"])
def test_the_reader_of_what_was_written_can_fail(tmp_path, name):
    (tmp_path / name).write_bytes(b"%PDF-1.4 /JavaScript")
    with pytest.raises(AssertionError):
        texts_of(tmp_path / name)
