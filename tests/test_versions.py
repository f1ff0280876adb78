"""Versions of a built folder: switched whole, the same bytes for the same inputs, read in part, safe to read."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import pytest
from conftest import write_self_form

import jixiao
from jixiao.builds import run
from jixiao.builds.manifest import MANIFEST, VERSIONS, is_stale, read_manifest
from jixiao.builds.readings import RULES_OF_READING
from jixiao.builds.run import build
from jixiao.builds.unchanged import INPUTS
from jixiao.builds.verify import verify
from jixiao.builds.versions import (
    KEPT,
    held,
    is_being_written,
    list_versions,
    parquet_files,
    read_built,
    read_frame,
    write_parts,
    writing,
)
from jixiao.core.errors import RequestError
from jixiao.core.files import find_place
from jixiao.core.frames import SCHEMAS
from jixiao.core.results import Results
from jixiao.reading import workers
from jixiao.sample import Wanted, make_province
from jixiao.scoring import score

pytestmark = pytest.mark.usefixtures("no_checks")


def write_forms(folder: Path, *names: str, score: int = 90) -> Path:
    for name in names:
        path = folder / "2023" / f"{name}.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        row = ["", "产出指标", "数量指标", "通车里程", "≥100公里", "100公里", 90, score, ""]
        write_self_form(path, [row], project=name)
    return folder


@pytest.fixture
def place(tmp_path):
    """A data folder with two forms, received and with declarations beside it."""
    return write_forms(tmp_path / "source", "甲项目", "乙项目")


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file that is kept, without what says when."""
    found = {}
    for path in sorted((folder / VERSIONS).rglob("*")):
        if path.is_file():
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    for name, content in found.items():
        if name.endswith(MANIFEST):
            found[name] = json.dumps({**json.loads(content), "as_of": "", "seal": ""}).encode()
    return found


def test_the_same_inputs_give_the_same_bytes_and_nothing_changes_a_second_time(place, tmp_path):
    for name in ("a", "b"):
        build(place, tmp_path / name)
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")
    before = (tmp_path / "a" / MANIFEST).read_bytes()
    build(place, tmp_path / "a")
    assert (tmp_path / "a" / MANIFEST).read_bytes() == before and len(list_versions(tmp_path / "a")) == 1


def test_a_new_version_leaves_the_old_one_until_it_is_pruned(place, tmp_path):
    out, seen = tmp_path / "built", []
    for number in range(KEPT + 2):
        write_forms(place, "甲项目", score=80 + number)
        build(place, out)
        seen.append(read_manifest(out)["version"])
        assert list_versions(out)[0] == seen[-1] and len(set(seen)) == number + 1
    assert sorted(list_versions(out)) == sorted(seen[-KEPT:])
    old = read_frame(out, "totals", version=seen[-2])
    assert old["reported_sum"].min() == read_built(out).totals["reported_sum"].min() - 1


def test_a_version_that_is_being_read_is_not_pruned(place, tmp_path):
    out = tmp_path / "built"
    build(place, out)
    with ExitStack() as reader:
        version = reader.enter_context(held(out))["version"]
        for number in range(KEPT + 1):
            write_forms(place, "甲项目", score=80 + number)
            build(place, out)
        assert len(read_frame(out, "scores", version=version)) == 4
    build(place, out)
    assert version not in list_versions(out)


def test_a_second_writer_is_told_who_writes(place, tmp_path):
    out = tmp_path / "built"
    code = f"""
import sys
from pathlib import Path
from jixiao.builds.versions import writing
with writing(Path({str(out)!r})):
    print('held', flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        assert is_being_written(out)
        with pytest.raises(RequestError, match=rf"正由用户“.+”写入（主机.+，进程{other.pid}，自20.+请等它结束后"):
            build(place, out)
        other.stdin.close()
    assert build(place, out)[1] == [] and not is_being_written(out)


def test_what_a_killed_writer_left_is_cleaned_by_the_next(place, tmp_path):
    out = tmp_path / "built"
    build(place, out)
    before = files_of(out)
    half = out / VERSIONS / ".new.1" / "scores"
    half.mkdir(parents=True)
    (half / "2023.parquet").write_bytes(b"half")
    (out / f".1.{MANIFEST}").write_text("{", encoding="utf-8")
    assert len(read_built(out).totals) == 2 and list_versions(out) == [read_manifest(out)["version"]]
    build(place, out)
    assert files_of(out) == before and not (out / f".1.{MANIFEST}").exists()


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_process_that_dies_at_a_step_leaves_one_whole_version(place, tmp_path, step):
    """The steps that rename: a reading is kept, the version gets its name, the manifest is switched."""
    out = tmp_path / "built"
    build(place, out)
    before = read_manifest(out)["version"]
    write_forms(place, "甲项目", score=70)
    code = f"""
import os
from pathlib import Path
from jixiao.builds.run import build
real, steps = os.replace, []
def replace(*names):
    steps.append(names)
    if len(steps) == {step}:
        os.kill(os.getpid(), 9)
    real(*names)
os.replace = replace
build(Path({str(place)!r}), Path({str(out)!r}))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert read_manifest(out)["version"] == before and len(read_built(out).totals) == 2
    kinds = {item.kind for item in verify(out)}
    assert kinds == {"interrupted", "unfinished", "source_changed", "not_logged"}
    build(place, out)
    build(place, tmp_path / "undisturbed")
    version = read_manifest(out)["version"]
    assert {name: text for name, text in files_of(out).items() if version in name} == files_of(tmp_path / "undisturbed")
    assert {item.kind for item in verify(out)} == {"not_logged"}


@pytest.mark.parametrize("when", ["parquet", "rename", "manifest"])
def test_a_disk_that_is_full_leaves_the_last_version_and_one_sentence(place, tmp_path, monkeypatch, when):
    out = tmp_path / "built"
    build(place, out)
    before, text = files_of(out), (out / MANIFEST).read_bytes()
    write_forms(place, "丙项目")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    target = {
        "parquet": "jixiao.builds.partitions.flush",
        "rename": "jixiao.builds.versions.flush",
        "manifest": "jixiao.builds.versions.write_safely",
    }[when]
    with monkeypatch.context() as patch:
        patch.setattr(target, full)
        with pytest.raises(RequestError, match="写入失败（磁盘已满）；原有内容没有改动"):
            build(place, out)
    assert (out / MANIFEST).read_bytes() == text and len(read_built(out).totals) == 2
    assert {name: content for name, content in files_of(out).items() if name in before} == before
    build(place, out)
    assert len(read_built(out).totals) == 3


def test_a_source_that_changes_while_it_is_read_is_not_kept(place, tmp_path, monkeypatch):
    real = run.load_frames

    def change(*arguments, **more):
        found = real(*arguments, **more)
        write_forms(place, "甲项目", score=70)
        return found

    monkeypatch.setattr(run, "load_frames", change)
    with pytest.raises(RequestError, match=r"读取期间原始文件“2023/甲项目\.xlsx”有改动"):
        build(place, tmp_path / "built")


def test_corrections_make_a_build_stale(place, tmp_path):
    build(place, tmp_path / "built")
    assert not is_stale(tmp_path / "built")
    (tmp_path / "corrections.yaml").write_text("corrections: []\n", encoding="utf-8")
    assert is_stale(tmp_path / "built")


# Reading again only what changed


@pytest.fixture
def opened(monkeypatch):
    """Note the names of the files that are really read."""
    names = []

    def read(files):
        names.extend(name for _, name in files)
        return workers.read_files(files)

    monkeypatch.setattr("jixiao.builds.readings.read_files", read)
    return names


def test_only_changed_files_are_read_again_and_the_result_is_that_of_a_whole_build(place, tmp_path, opened):
    out = tmp_path / "built"
    build(place, out)
    assert sorted(opened) == ["2023/乙项目.xlsx", "2023/甲项目.xlsx"]
    write_forms(place, "乙项目", score=60)
    write_forms(place, "丙项目")
    opened.clear()
    build(place, out)
    assert sorted(opened) == ["2023/丙项目.xlsx", "2023/乙项目.xlsx"]
    build(place, tmp_path / "whole")
    version = read_manifest(out)["version"]
    kept = {name: content for name, content in files_of(out).items() if version in name}
    assert kept == files_of(tmp_path / "whole")
    (place / "2023" / "丙项目.xlsx").unlink()
    build(place, out)
    assert len(list((out / "readings").iterdir())) == 2, "what no file needs any more is gone"


def test_a_damaged_or_cut_entry_is_read_again(place, tmp_path, opened):
    out = tmp_path / "built"
    build(place, out)
    before = files_of(out)
    first, second = sorted((out / "readings").iterdir())
    content = bytearray(first.read_bytes())
    content[len(content) // 2] ^= 1
    first.write_bytes(bytes(content))
    second.write_bytes(second.read_bytes()[:100])
    (out / INPUTS).unlink()  # else nothing is read at all
    opened.clear()
    build(place, out)
    assert len(opened) == 2 and files_of(out) == before


def test_other_limits_or_another_program_read_everything_again(place, tmp_path, opened, monkeypatch):
    build(place, tmp_path / "built")
    opened.clear()
    (tmp_path / "limits.yaml").write_text("pages: 299\n", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setenv("JIXIAO_LIMITS", str(tmp_path / "limits.yaml"))
        build(place, tmp_path / "built")
    assert len(opened) == 2
    monkeypatch.setattr("jixiao.builds.readings.code_hash", lambda: "another")
    build(place, tmp_path / "built")
    assert len(opened) == 4


def test_a_file_that_cannot_be_read_is_tried_again(place, tmp_path, opened):
    (place / "2023" / "坏.xlsx").write_bytes(b"PK")
    for points in (70, 80):
        write_forms(place, "甲项目", score=points)
        assert len(build(place, tmp_path / "built")[1]) == 1
    assert opened.count("2023/坏.xlsx") == 2


def test_reading_depends_on_the_rules_that_are_said_to_decide_it():
    """A rule that reading opens and that is not among them would leave stale readings behind."""
    code = """
import sys
from pathlib import Path
from jixiao.core import declared
opened, real = [], declared.load_yaml
def note(path):
    opened.append(path)
    return real(path)
declared.load_yaml = note
from jixiao.core.files import list_forms
from jixiao.reading.forms.sources import read_file
for place in sys.argv[1:]:
    for path in list_forms(Path(place)):
        try:
            read_file(path, name='2022/' + path.name)
        except Exception:
            pass
print(*{path.relative_to(declared.RULES).as_posix() for path in opened})
"""
    places = [str(find_place("source")), str(find_place("sample"))]
    done = subprocess.run([sys.executable, "-c", code, *places], capture_output=True, text=True, check=True)
    opened = done.stdout.split()
    assert len(opened) > 8 and [name for name in opened if not name.startswith(RULES_OF_READING)] == []


# Reading only what is asked


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    out = tmp_path_factory.mktemp("province") / "built"
    frames, _ = make_province(Wanted(departments=4, years=(2022, 2023, 2024), projects=12, seed=8))
    scores, totals = score(frames)
    findings = jixiao.audit(frames, scores, totals)
    whole = Results(frames, scores, totals, findings, find_place("sample"), pd.Timestamp("2024-01-01", tz="UTC"))
    write_parts([whole], out)
    return whole, out


def test_everything_comes_back_in_its_order(province):
    whole, out = province
    again = read_built(out)
    for name, frame in whole.frames.items():
        pd.testing.assert_frame_equal(frame, getattr(again.frames, name), obj=name)
    for name in ("scores", "totals", "findings", "passed", "suppressed", "suppressions"):
        pd.testing.assert_frame_equal(getattr(whole, name), getattr(again, name), obj=name)


def test_years_and_departments_are_what_filtering_the_whole_gives(province):
    whole, out = province
    department = whole.totals["department"].iloc[0]
    part = read_built(out, years=[2023], departments=[department])
    keys = set(whole.totals[whole.totals["department"] == department]["project_id"])
    for name in ("indicators", "budgets", "evaluations"):
        frame = getattr(whole.frames, name)
        expected = frame[(frame["year"] == 2023) & frame["project_id"].isin(keys)].reset_index(drop=True)
        assert len(expected), name
        pd.testing.assert_frame_equal(getattr(part.frames, name), expected, obj=name)
    expected = whole.scores[(whole.scores["year"] == 2023) & (whole.scores["department"] == department)]
    pd.testing.assert_frame_equal(part.scores, expected.reset_index(drop=True))


def test_frames_and_columns_that_are_not_asked_are_not_read(province, monkeypatch):
    _, out = province
    part = read_built(out, frames=["totals"], columns={"totals": ["total", "year"]})
    assert list(part.totals.columns) == ["total", "year"] and len(part.totals) > 30
    assert part.scores.empty and part.frames.indicators.empty
    assert list(part.frames.indicators.columns) == list(SCHEMAS["indicators"])
    assert read_frame(out, "scores", years=[1999]).empty
    assert "department" not in read_frame(out, "indicators", columns=["year", "indicator"])
    with pytest.raises(RequestError, match="没有数据表“nothing”，可选：projects"):
        read_frame(out, "nothing")


def test_a_query_reads_the_same_files(province):
    import duckdb

    whole, out = province
    assert [path.stem for path in parquet_files(out, "scores", years=[2022, 2024])] == ["2022", "2024"]
    query = "select department, count(*), sum(weight) from read_parquet(?) group by 1 order by 1"
    rows = duckdb.execute(query, [[str(path) for path in parquet_files(out, "indicators")]]).fetchall()
    own = whole.scores.groupby("department").agg(count=("year", "size"), weight=("weight", "sum"))
    assert [(name, count) for name, count, _ in rows] == list(zip(own.index, own["count"], strict=True))
    assert [weight for *_, weight in rows] == pytest.approx(own["weight"].tolist())


def test_no_flipped_byte_is_read_silently(province, tmp_path):
    _, out = province
    copy = tmp_path / "built"
    shutil.copytree(out, copy)
    path = parquet_files(copy, "totals", years=[2023])[0]
    good, expected = path.read_bytes(), read_frame(copy, "totals", years=[2023])
    chance, refused = random.Random(5), 0
    for _ in range(300):
        content = bytearray(good)
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(content))
        try:
            pd.testing.assert_frame_equal(read_frame(copy, "totals", years=[2023]), expected)
        except RequestError as error:
            refused += 1
            assert "totals/2023.parquet”缺失或已损坏，请重新运行 jixiao build" in str(error)
    assert refused > 250  # the rest lies in statistics nobody reads


def test_writing_part_by_part_is_writing_at_once(province, tmp_path):
    whole, out = province

    def chosen(frame, years):
        return frame[frame["year"].isin(years)].reset_index(drop=True) if "year" in frame else frame

    parts = []
    for years in ([2022], [2023, 2024]):
        frames = type(whole.frames)(**{name: chosen(frame, years) for name, frame in whole.frames.items()})
        own = {name: chosen(getattr(whole, name), years) for name in ("scores", "totals", "findings")}
        parts.append(Results(frames, place=whole.place, as_of=whole.as_of, **own))
    write_parts(parts, tmp_path / "built")
    again, whole = read_built(tmp_path / "built"), read_built(out)
    pd.testing.assert_frame_equal(again.scores, whole.scores)
    assert set(again.findings["finding_id"]) == set(whole.findings["finding_id"])


def test_a_folder_of_an_older_jixiao_is_stale_and_says_what_to_do(tmp_path):
    (tmp_path / MANIFEST).write_text(json.dumps({"jixiao": "0.1.0", "files": {}}), encoding="utf-8")
    assert is_stale(tmp_path)
    with pytest.raises(RequestError, match="请重新运行 jixiao build"):
        read_built(tmp_path)
    with writing(tmp_path):
        pass
