"""The built store: written whole, read back equal, and honest about being stale or damaged."""

import pickle
import shutil

import pandas as pd
import pytest

import jixiao
import jixiao.builds.versions as store_results
from jixiao.builds.manifest import is_stale
from jixiao.builds.run import build
from jixiao.builds.versions import parquet_files, read_built
from jixiao.core.errors import RequestError
from jixiao.core.files import find_place, list_forms, write_safely
from jixiao.core.frames import SCHEMAS, Frames


@pytest.fixture
def built(tmp_path):
    shutil.copytree(find_place("sample"), tmp_path / "forms")
    results, errors = build(tmp_path / "forms", tmp_path / "built")
    assert errors == []
    return results, tmp_path


def test_what_was_built_reads_back_equal(built):
    results, folder = built
    again = read_built(folder / "built")
    for name, frame in results.frames.items():
        pd.testing.assert_frame_equal(frame, getattr(again.frames, name))
    for name in ("scores", "totals", "findings"):
        pd.testing.assert_frame_equal(getattr(results, name), getattr(again, name))
    assert again.place == results.place


def test_load_and_evaluate_read_the_built_folder(built):
    results, folder = built
    assert len(jixiao.load(folder / "built").indicators) == len(results.frames.indicators)
    assert jixiao.evaluate(folder / "built").as_of.isoformat(timespec="seconds")


def test_a_changed_source_makes_the_built_data_stale(built):
    _, folder = built
    assert not is_stale(folder / "built")
    next((folder / "forms").rglob("*.xlsx")).unlink()
    assert is_stale(folder / "built")


def test_a_damaged_file_is_refused_with_one_sentence(built):
    _, folder = built
    path = parquet_files(folder / "built", "scores")[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(RequestError, match=r"scores/2023\.parquet.*重新运行 jixiao build"):
        jixiao.evaluate(folder / "built")


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("old", encoding="utf-8")

    def fail(target):
        target.write_text("half", encoding="utf-8")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_safely(path, fail)
    assert path.read_text(encoding="utf-8") == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["x.txt"]


def test_a_bad_file_is_named_and_the_others_are_built(built):
    _, folder = built
    (folder / "forms" / "2023" / "坏.xlsx").write_bytes(b"not a workbook")
    results, errors = build(folder / "forms", folder / "again")
    assert len(errors) == 1 and "坏.xlsx" in str(errors[0])
    assert len(results.totals) == 10


def test_a_missing_place_is_one_sentence():
    with pytest.raises(RequestError, match="没有数据目录"):
        jixiao.load("no/such/folder")


def test_a_loaded_frame_is_read_when_it_is_first_used_and_then_kept(built, monkeypatch):
    results, folder = built
    read = []
    read_parts = store_results._read
    monkeypatch.setattr(
        store_results, "_read", lambda *given, **more: read.append(given[2]) or read_parts(*given, **more)
    )
    frames = jixiao.load(folder / "built")
    assert read == []
    assert len(frames.projects) == len(frames.projects) == len(results.frames.projects)
    assert read == ["projects"]
    other = frames.changed(budgets=results.frames.budgets.head(1))
    assert (len(other.budgets), len(other.evaluations), read) == (1, len(results.totals), ["projects", "evaluations"])
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(frame, getattr(results.frames, name))


def test_a_frame_that_was_damaged_after_opening_is_refused_again_and_again(built):
    _, folder = built
    frames = jixiao.load(folder / "built")
    parquet_files(folder / "built", "budgets")[0].write_bytes(b"broken")
    for _ in range(2):
        with pytest.raises(RequestError):
            frames.budgets  # noqa: B018
    assert len(frames.projects)


def test_frames_that_go_to_another_process_are_read_before(built):
    results, folder = built
    sent = pickle.loads(pickle.dumps(jixiao.load(folder / "built")))
    pd.testing.assert_frame_equal(sent.indicators, results.frames.indicators)


def test_frames_of_two_builds_are_never_mixed(built):
    results, folder = built
    frames = jixiao.load(folder / "built")
    assert len(frames.projects) == len(results.frames.projects)
    (path,) = list_forms(results.place)[:1]
    path.unlink()
    build(results.place, folder / "built")
    assert len(jixiao.load(folder / "built").ingest) < len(results.frames.ingest)
    pd.testing.assert_frame_equal(frames.ingest, results.frames.ingest)


def test_a_holder_knows_its_fields():
    with pytest.raises(TypeError):
        Frames.deferred({"projects": pd.DataFrame})
    with pytest.raises(AttributeError):
        Frames.deferred(dict.fromkeys(SCHEMAS, pd.DataFrame)).nothing  # noqa: B018
    with pytest.raises(TypeError):
        Frames(**dict.fromkeys(SCHEMAS, pd.DataFrame())).changed(nothing=1)
    copied = pickle.loads(pickle.dumps(Frames(**dict.fromkeys(SCHEMAS, pd.DataFrame()))))
    assert len(copied.projects) == 0
