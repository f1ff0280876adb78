"""What lies beside the data is believed no more than a form, and whatever is damaged is named."""

from __future__ import annotations

import json
import os
import random
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from custody_desk import desk, run, write_form
from damages import STRANGE, damaged, files_of

from jixiao.builds import chain, journal, readings
from jixiao.builds.manifest import MANIFEST, read_manifest, seal_of, version_of
from jixiao.builds.run import build
from jixiao.builds.unchanged import INPUTS, find_unchanged
from jixiao.builds.verify import verify
from jixiao.builds.versions import VERSIONS, read_built
from jixiao.core.errors import JixiaoError, RequestError
from jixiao.core.files import RECORD
from jixiao.core.hashes import hash_of
from jixiao.publish import reports
from jixiao.publish.reports.batch import ASKED, recall_asked, remember_asked

__all__ = ["desk"]
SEED = 21


def named(folder: Path) -> list[str]:
    """Return what verify says of a place: the kinds, or the sentence with which it ends."""
    try:
        found = verify(folder)
        assert all(str(item) for item in found)
        return [item.kind for item in found]
    except JixiaoError as error:
        assert str(error).endswith("build")
        return ["refused"]


@pytest.fixture
def place(desk, no_checks):
    """A place with two versions and a whole journal; a damage to any of its files is seen."""
    (desk / "data" / "corrections.yaml").write_text("corrections: []\n", encoding="utf-8")
    assert run("build", "--quiet").exit_code == 0
    write_form(desk, "60公里", "乙项目")
    assert run("build", "--quiet").exit_code == 0
    assert verify(desk / "data" / "built") == []
    return desk / "data" / "built"


def damage_many(place: Path, count: int, seed: int) -> dict[str, int]:
    """Do so many damages to a place and return how many were named, silent, without effect; nothing may be raised."""
    draw, found = random.Random(seed), {"named": 0, "silent": 0, "nothing": 0}
    besides = [
        journal.journal_path(),
        *sorted((place.parent / "source").rglob("*.xlsx")),
        place.parent / "corrections.yaml",
    ]
    paths = files_of(place, *besides)
    for _ in range(count):
        path = draw.choice(paths)
        is_cache = path.parent.name == readings.FOLDER or path.name == INPUTS
        with damaged(path, draw) as kind:
            if kind == "nothing" or (is_cache and kind == "gone"):  # the next build reads that file again
                found["nothing"] += 1
                continue
            is_named = bool(named(place))
            found["named" if is_named else "silent"] += 1
            assert is_named, (seed, kind, path.relative_to(place.parent))
    assert verify(place) == []
    return found


def test_every_random_damage_is_named(place):
    found = damage_many(place, 150, SEED)
    assert found["silent"] == 0 and found["named"] > 100, found


def changed(path: Path, **more: object) -> None:
    """Change what a manifest says and seal it again, as somebody does who knows how."""
    manifest = {**json.loads(path.read_text(encoding="utf-8")), **more}
    path.write_text(json.dumps({**manifest, "seal": seal_of(manifest)}, ensure_ascii=False, indent=1), encoding="utf-8")


@pytest.mark.parametrize("besides", [(), (INPUTS,)])
def test_kept_originals_that_are_gone_as_a_whole_are_named_and_made_again(place, besides):
    shutil.rmtree(place / "originals")
    for name in besides:
        (place / name).unlink()
    assert "original_missing" in named(place)
    assert run("build", "--quiet").exit_code == 0
    assert len([*(place / "originals").rglob("*.xlsx")]) >= 2 and verify(place) == []


def test_a_manifest_that_was_changed_with_skill_is_named(place):
    version = read_manifest(place)["version"]
    (place / VERSIONS / version / MANIFEST).unlink()
    assert "version_manifest" in named(place)
    for as_of in ("2999-01-01T00:00:00+00:00", "2020-01-01T00:00:00+00:00"):
        changed(place / MANIFEST, as_of=as_of)
        shutil.copy(place / MANIFEST, place / VERSIONS / version / MANIFEST)
        assert {"not_logged"} <= set(named(place))
        assert ("future" in named(place)) == as_of.startswith("2999")
    for as_of in ("garbage", "", 5, None, "2024-01-01", "2024-01-01T00:00:00", [], "9999-99-99T00:00:00+00:00"):
        changed(place / MANIFEST, as_of=as_of)
        assert named(place) == ["refused"]


@pytest.mark.parametrize(
    "key",
    [
        "version",
        "format",
        "jixiao",
        "code",
        "as_of",
        "place",
        "sources",
        "rules",
        "rule_files",
        "declared",
        "files",
        "seal",
    ],
)
def test_a_manifest_of_other_kinds_is_one_sentence(place, key):
    whole = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
    for value in (*STRANGE, {"../../x": "a" * 64}, {"a": 1}, ["a"]):
        (place / MANIFEST).write_text(json.dumps({**whole, key: value}), encoding="utf-8")
        assert named(place), value
        for use in (lambda: read_built(place), lambda: run("list"), lambda: run("audit", "--place", "built")):
            try:
                use()
            except JixiaoError:
                continue
    (place / MANIFEST).write_text(
        json.dumps({name: value for name, value in whole.items() if name != key}), encoding="utf-8"
    )
    assert named(place) == ["refused"]


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{", "NaN", "[" * 100_000, '{"a":1,"a":2}', '"\\ud800"', "1e999", "\ufeff{}"]
)
def test_texts_that_are_no_manifest_no_record_and_no_entry(place, text):
    kept = (place / MANIFEST).read_bytes()
    for path in (place / MANIFEST, place / ".writer.json"):
        path.write_text(text, encoding="utf-8")
        assert named(place)
    (place / ".writer.json").unlink()
    (place / MANIFEST).write_bytes(kept)
    with journal.journal_path().open("a", encoding="utf-8") as file:
        file.write(text + "\n")
    assert any(kind.startswith("journal_") for kind in named(place))
    with pytest.raises(JixiaoError, match="操作日志"):
        journal.record("export", Path("a"), content="a")
    with pytest.raises(JixiaoError, match="日志第3条"):
        run("log")


def test_an_entry_of_other_kinds_breaks_the_journal(desk):
    for name in ("a", "b"):
        journal.record("export", Path(name), content="0")
    path = journal.journal_path()
    lines = path.read_text(encoding="utf-8").splitlines(True)
    for key in json.loads(lines[1]):
        for value in STRANGE:
            entry = {**json.loads(lines[1]), key: value}
            if key != "hash":
                entry["hash"] = hash_of({name: one for name, one in entry.items() if name != "hash"})
            if entry == json.loads(lines[1]):
                continue
            path.write_text(lines[0] + json.dumps(entry, ensure_ascii=False) + "\n", encoding="utf-8")
            is_text = isinstance(value, str) and key in {
                "who",
                "output",
                "content",
                "version",
            }  # what a chain alone cannot tell
            assert journal.check() == chain.Break(2, journal.check().reason) if not is_text else journal.check() is None
    names = ["/", "/etc", "..", "../..", "\x00", "\x1b[31m", "甲" * 3_000, "reports/../../..", "~"]
    path.unlink()
    for name in names:
        entry = journal.record("export", Path("a"), content="0")
        forged = {**entry, "what": "report", "output": name}
        forged["hash"] = hash_of({key: one for key, one in forged.items() if key != "hash"})
        lines = path.read_text(encoding="utf-8").splitlines(True)
        path.write_text("".join(lines[:-1]) + json.dumps(forged, ensure_ascii=False) + "\n", encoding="utf-8")
    assert journal.check() is None
    build("source", desk / "data" / "built")
    assert {item.kind for item in verify(desk / "data" / "built")} <= {"not_logged", "report_changed"}


def test_a_forged_cache_is_not_believed_and_is_named(place, desk):
    """By its own hash, by the name of another entry, and by another user's key; sources are read again on request."""
    import hashlib

    entries = sorted((place / readings.FOLDER).glob("*.jsonl"))
    head, _, body = entries[0].read_bytes().partition(b"\n")
    forged = body.replace(b"45", b"90")
    for content in (
        hashlib.sha256(forged).hexdigest().encode() + b"\n" + forged,
        head + b"\n" + forged,
        entries[1].read_bytes(),
        b"",
        b"\n" * 9,
    ):
        entries[0].write_bytes(content)
        assert named(place) == ["reading"]
        before = read_built(place).totals
        (place / INPUTS).unlink()
        build("source", place)
        assert read_built(place).totals.equals(before) and named(place) == []
    assert run("verify", "--sources").exit_code == 0
    write_form(desk, "70公里", "乙项目")
    assert "不能重读比较" in run("verify", "--sources").output


def test_a_forged_list_of_inputs_leaves_no_build_out(place, desk):
    kept = json.loads((place / INPUTS).read_text(encoding="utf-8"))
    source = desk / "data" / "source"
    assert find_unchanged(source, place, today=date.today()) is not None
    for change in (
        {"large": {"2023/甲项目.xlsx": [1, 2, 3, 4]}},
        {"until": "9999"},
        {"files": "x"},
        {"errors": [5]},
        {"sign": ""},
        {"more": 1},
    ):
        (place / INPUTS).write_text(json.dumps({**kept, **change}), encoding="utf-8")
        assert find_unchanged(source, place, today=date.today()) is None
        assert named(place) == ["reading"]


def test_reading_again_finds_scores_that_were_changed_with_all_their_hashes(place, desk):
    """Somebody who rebuilds the whole store, journal included, from other forms is found by reading the forms."""
    source = desk / "data" / "source" / "2023" / "甲项目.xlsx"
    kept = source.read_bytes()
    honest = read_manifest(place)
    write_form(desk, "99公里")
    build("source", place)
    source.write_bytes(kept)
    forged = {**json.loads((place / MANIFEST).read_text(encoding="utf-8")), "sources": honest["sources"]}
    forged["version"] = version_of(forged)
    version = read_manifest(place)["version"]
    os.replace(place / VERSIONS / version, place / VERSIONS / forged["version"])
    changed(place / MANIFEST, **forged)
    shutil.copy(place / MANIFEST, place / VERSIONS / forged["version"] / MANIFEST)
    journal.record("build", place, version=forged["version"])
    assert named(place) == []
    done = run("verify", "--sources")
    assert done.exit_code == 1 and "重读原始文件后“scores/2023.parquet”与保存的不同" in done.output


# What a batch was asked for


ASKED_WELL = {
    **dict.fromkeys(("years", "projects", "departments", "kinds", "formats")),
    **{"place": "sample", "workers": 1, "single_file": False, "pdf": False, "seconds": 300.0},
}


@pytest.mark.parametrize(
    "more",
    [
        {"cluster": "tcp://10.9.8.7:8786"}, {"workers": -1}, {"workers": "4"}, {"workers": 1e9}, {"seconds": 0},
        {"place": 5}, {"seconds": "300"}, {"years": "2023"},
        {"years": ["2023"]}, {"projects": [5]}, {"pdf": 1}, {"single_file": "no"},
        {"formats": {}}, {"place": None}, {"more": 1},
    ],
)  # fmt: skip
def test_what_was_asked_is_believed_only_as_it_was_written(desk, monkeypatch, more):
    monkeypatch.setattr(reports, "run_reports", lambda *_, **__: pytest.fail("it began"))
    (desk / "reports").mkdir()
    (desk / "reports" / ASKED).write_text(json.dumps({**ASKED_WELL, **more}), encoding="utf-8")
    with pytest.raises(RequestError, match="没有可以接着做的一批报告"):
        run("report", "--resume")


def test_a_cluster_is_typed_again(desk):
    remember_asked(desk / "reports", ASKED_WELL)
    assert recall_asked(desk / "reports") == ASKED_WELL
    with pytest.raises(RequestError, match=r"集群地址“elsewhere”不能用"):
        run("report", "--resume", "--cluster", "elsewhere")
    assert "cluster" not in json.loads((desk / "reports" / ASKED).read_text(encoding="utf-8"))


@pytest.mark.parametrize("value", [*STRANGE, {"key": 1}, {"files": []}, {"hashes": 5}, {"files": {"html": "../../x"}}])
def test_a_record_of_a_report_is_believed_only_as_it_was_written(desk, place, value):
    from jixiao.publish.reports.making import is_valid, read_record

    folder = desk / "reports" / "2023" / "甲"
    folder.mkdir(parents=True)
    whole = {"key": "a", "is_single": False, "files": {"html": "a.html"}, "sizes": {"html": 1}, "hashes": {"html": "x"}}
    content = {**whole, **value} if isinstance(value, dict) else value
    (folder / "a.html").write_text("甲", encoding="utf-8")
    (folder / RECORD).write_text(json.dumps(content), encoding="utf-8")
    (desk / "reports" / ".missing.json").write_text(json.dumps(content), encoding="utf-8")
    assert not is_valid(read_record(folder), "a", ["html"], False)
    journal.record("report", desk / "reports", content="0")
    assert named(place)


# A build that never ended


def test_a_half_made_place_says_so(desk, tmp_path):
    for name in ("versions", ".writer.json"):
        half = tmp_path / f"half{name}"
        half.mkdir()
        (half / name).mkdir() if name == "versions" else (half / name).write_text("{}", encoding="utf-8")
        for command in (
            ["audit"],
            ["score"],
            ["list"],
            ["verify"],
            ["trace", "甲"],
            ["report", "--all"],
            ["dashboard", "--static", str(tmp_path / "x")],
        ):
            with pytest.raises(JixiaoError, match=r"没有做完|缺失或已损坏"):
                run(*command, "--place", str(half))


def test_a_form_that_cannot_be_scored_harms_no_neighbour(desk):
    from conftest import write_self_form

    for number, head in enumerate(
        ({"year": "（1999年度）"}, {"year": "（2019年度）"}, {"year": "（2099年度）"}, {"year": ""})
    ):
        write_self_form(desk / "data" / "source" / "2023" / f"另{number}.xlsx", project=f"项目{number}", **head)
    try:
        run("build", "--quiet")
    except JixiaoError as error:
        assert "另" in str(error) and "甲项目" not in str(error)
    totals = read_built(desk / "data" / "built").totals
    assert "甲项目" in totals["project"].tolist() and totals.set_index("project").loc["甲项目", "total"] > 0
    assert datetime.now(UTC) >= read_built(desk / "data" / "built").as_of
