"""The built store: written whole, read back equal, and honest about being stale or damaged."""

import shutil

import pandas as pd
import pytest

import jixiao
from jixiao.errors import RequestError
from jixiao.store import build, find_place, is_stale, parquet_files, read_built, write_safely


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
