"""Reading many files in child processes: order, hanging and dying children, limits, the same result as reading here."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import ROOT, SOURCE, write_self_form
from file_factories import biff, compound, document, ods_cell, open_workbook, pdf, ruled

from jixiao.core.errors import FormError, JixiaoError
from jixiao.reading import workers
from jixiao.reading.files import Grid, read_grids
from jixiao.reading.forms.records import Reading, Record
from jixiao.reading.forms.sources import read_file
from jixiao.reading.workers import read_files, reading_from_json, reading_to_json


def named(paths):
    return [(path, path.name) for path in paths]


@pytest.fixture
def limits(tmp_path, monkeypatch):
    """Set limits for one test; children that were started under others are replaced."""

    def put(**values):
        path = tmp_path / "limits.yaml"
        path.write_text("".join(f"{key}: {value}\n" for key, value in values.items()), encoding="utf-8")
        monkeypatch.setenv("JIXIAO_LIMITS", str(path))

    return put


@pytest.fixture
def child(monkeypatch):
    """Put a child of our own in the place of the reading process: it does what a request tells it."""

    def put(code):
        start = "import json, os, sys, time\nprint('ready', flush=True)\nfor line in sys.stdin:\n"
        body = "    name = json.loads(line)['name']\n" + "".join(f"    {row}\n" for row in code.splitlines())
        answer = "    print(json.dumps({'error': name + str(os.getpid())}), flush=True)\n"
        monkeypatch.setattr(workers, "COMMAND", (sys.executable, "-c", start + body + answer))
        workers.CHILDREN.close()

    yield put
    workers.CHILDREN.close()


def readings_of(results):
    return [str(result) if isinstance(result, JixiaoError) else result for result in results]


def test_one_and_two_children_read_what_is_read_here(tmp_path):
    paths = sorted(SOURCE.rglob("*.xlsx"))[:3] + sorted(SOURCE.rglob("*.docx"))[:1]
    (tmp_path / "坏.xlsx").write_bytes(b"PK\x03\x04")
    (tmp_path / "清单.txt").write_text("甲,乙", encoding="utf-8")
    paths = [paths[0], tmp_path / "坏.xlsx", *paths[1:], tmp_path / "清单.txt"]
    expected = []
    for path in paths:
        try:
            found = read_file(path, name=path.name)
            expected.append(found if isinstance(found, list) else [found])
        except JixiaoError as error:
            expected.append(str(error))
    assert [isinstance(item, str) for item in expected] == [False, True, False, False, False, True]
    for count in (1, 2):
        results = list(read_files(named(paths), workers=count))
        assert readings_of(results) == expected
        assert all(type(result) is FormError for result in results if isinstance(result, JixiaoError))


def test_answers_come_in_the_order_of_the_files(child):
    child("time.sleep(0.3 if name == 'b' else 0)")
    results = [str(result) for result in read_files([(Path("x"), name) for name in "abcdefghijkl"], workers=2)]
    assert [result[0] for result in results] == list("abcdefghijkl")
    assert len({result[1:] for result in results}) == 2


def test_children_stay_for_the_next_call(child):
    child("")
    first, second = ([str(result) for result in read_files([(Path("x"), "a")], workers=1)] for _ in range(2))
    assert first == second


def test_a_child_that_hangs_is_ended_and_the_others_go_on(child, limits):
    limits(seconds=0.4)
    child("time.sleep(60 if name == 'b' else 0)")
    results = [str(result) for result in read_files([(Path("x"), name) for name in "abc"], workers=1)]
    assert "文件“b”：读取超过0.4秒，已停止" in results[1]
    assert results[0][0] == "a" and results[2][0] == "c" and results[0][1:] != results[2][1:]


@pytest.mark.parametrize("death", ["os.abort()", "os._exit(0)", "os.kill(os.getpid(), 9)"])
def test_a_child_that_dies_costs_only_its_file(child, death):
    child(f"if name == 'b': {death}")
    results = [str(result) for result in read_files([(Path("x"), name) for name in "abc"], workers=1)]
    assert "文件“b”：读取进程意外结束，可能所需内存超过2000MB" in results[1]
    assert results[0][0] == "a" and results[2][0] == "c"


def test_a_child_that_died_between_two_calls_is_replaced(child):
    child("")
    list(read_files([(Path("x"), "a")], workers=1))
    (waiting,) = workers.CHILDREN.idle()
    waiting.process.kill()
    waiting.process.wait()
    (result,) = read_files([(Path("x"), "b")], workers=1)
    assert str(result).startswith("b")


def test_a_child_that_never_starts(monkeypatch, child):
    child("")
    monkeypatch.setattr(workers, "COMMAND", (sys.executable, "-c", "pass"))
    (result,) = read_files([(Path("x"), "a")])
    assert "读取进程无法启动" in str(result)


def test_a_file_that_takes_too_long(tmp_path, limits):
    write_self_form(tmp_path / "a.xlsx")
    page = [("text", 20 + 10 * (number % 50), 20 + 10 * (number // 50), "甲") for number in range(2000)]
    pdf(tmp_path / "b.pdf", [page] * 60)
    limits(seconds=0.5)
    results = list(read_files(named([tmp_path / "a.xlsx", tmp_path / "b.pdf", tmp_path / "a.xlsx"]), workers=1))
    assert "读取超过0.5秒" in str(results[1])
    assert all(isinstance(result, list) for result in (results[0], results[2]))


def test_a_file_that_takes_too_much_memory(tmp_path, limits):
    write_self_form(tmp_path / "a.xlsx")
    (tmp_path / "b.csv").write_bytes(b"1234567890," * 4_000_000)
    limits(memory_mb=150, cells=100_000_000)
    results = list(read_files(named([tmp_path / "b.csv", tmp_path / "a.xlsx"]), workers=1))
    assert "内存" in str(results[0]) and isinstance(results[0], FormError)
    assert isinstance(results[1], list)


def test_a_call_that_is_given_up_leaves_no_child_at_work(child):
    child("")
    files = read_files([(Path("x"), str(number)) for number in range(50)], workers=2)
    assert str(next(files))[0] == "0"
    files.close()
    assert len(list(read_files([(Path("x"), "a")], workers=1))) == 1


def test_children_end_with_their_parent(tmp_path):
    code = (
        "import os; from pathlib import Path; from jixiao.reading import workers\n"
        f"list(workers.read_files([(Path({str(tmp_path / 'a.xlsx')!r}), 'a.xlsx')], workers=1))\n"
        "print(workers.CHILDREN.idle()[0].process.pid, flush=True)\n"
        "os._exit(0) if os.environ.get('AT_ONCE') else None"
    )
    for more in ({}, {"AT_ONCE": "1"}):
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=True,
            env={**os.environ, **more},
            timeout=60,
        )
        status = Path(f"/proc/{done.stdout.strip()}/stat")
        for _ in range(100):
            if not status.exists() or status.read_text().split()[2] == "Z":
                break
            subprocess.run(["sleep", "0.1"], check=True)
        assert not status.exists() or status.read_text().split()[2] == "Z"


def test_a_child_imports_nothing_heavy():
    code = "import sys, jixiao.reading.workers, jixiao.reading.forms.sources; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert not {"pandas", "numpy", "lxml", "pdfplumber", "xlrd", "openpyxl", "plotly"} & set(done.stdout.split())


def test_a_folder_with_modules_of_other_people_is_not_searched(tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit('taken from the folder')", encoding="utf-8")
    write_self_form(tmp_path / "a.xlsx")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JIXIAO_LIMITS", "")
    workers.CHILDREN.close()
    (result,) = read_files([(Path("a.xlsx"), "a.xlsx")], workers=1)
    workers.CHILDREN.close()
    assert isinstance(result, list)


def test_readings_go_over_the_pipe_and_back():
    record = Record("indicators", "表", 7, {"indicator": "甲"}, {"indicator": "B7"})
    reading = Reading("a.xlsx", "self_evaluation", "self", money_unit="万元", head={"unit": record}, records=[record])
    reading.skipped.append({"cell": "A1", "text": "乙"})
    assert reading_from_json(reading_to_json(reading)) == reading


@dataclass(frozen=True)
class Inner:
    amount: Decimal | None
    day: date


@dataclass
class Outer:
    inner: tuple[Inner, ...]
    pair: tuple[str, int]
    named: dict[str, Inner]
    flags: list[bool]
    share: float
    nothing: int | None = None


def test_fields_of_other_types_go_over_the_pipe_too():
    inner = Inner(Decimal("0.10"), date(2022, 4, 21))
    outer = Outer((inner, Inner(None, date(2023, 1, 1))), ("甲", 1), {"乙": inner}, [True, False], 0.5)
    assert workers._made(Outer, workers._plain(outer)) == outer


# Damaged files: a bounded number of cases, read in a child so that an abort of a parser is survived.


def good_files(folder):
    write_self_form(folder / "a.xlsx")
    document(folder / "a.docx", lambda doc: doc.add_table(3, 3))
    compound(folder / "a.xls", {"Workbook": biff([(0, 0, "甲", 0), (1, 1, 0.5, 1)], formats=["0%"])})
    row = f"<table:table-row>{ods_cell('甲')}{ods_cell('1', value='1', kind='float')}</table:table-row>"
    open_workbook(folder / "a.ods", row * 5)
    pdf(folder / "a.pdf", [ruled(60, 80, [100, 100], [24, 24], {(0, 0): "甲", (1, 1): "95%"})])
    (folder / "a.csv").write_bytes("项目,金额\n甲,1\n".encode() * 5)
    return sorted(folder.iterdir())


def damaged(good, chance):
    content = bytearray(good)
    for _ in range(chance.choice([1, 2, 8, 40])):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content[: chance.randrange(len(content))] if chance.random() < 0.25 else content)


def test_damaged_files_never_show_a_library_error(tmp_path):
    folder = tmp_path / "good"
    folder.mkdir()
    chance = random.Random(7)
    files = []
    for path in good_files(folder):
        for number in range(25):
            copy = tmp_path / f"{number}{path.suffix}"
            copy.write_bytes(damaged(path.read_bytes(), chance))
            files.append(copy)
    results = list(read_files(named(files)))
    wrong = [
        f"{file.name}: {result}"
        for file, result in zip(files, results, strict=True)
        if isinstance(result, JixiaoError) and ("内部错误" in str(result) or "意外结束" in str(result))
    ]
    assert wrong == []


def test_damaged_files_are_grids_or_one_sentence(tmp_path):
    folder = tmp_path / "good"
    folder.mkdir()
    chance = random.Random(11)
    for path in good_files(folder):
        assert read_grids(path, path.name), path.name
        outcomes = set()
        for number in range(40):
            copy = tmp_path / f"{number}{path.suffix}"
            copy.write_bytes(damaged(path.read_bytes(), chance))
            try:
                grids = read_grids(copy, copy.name)
                assert all(isinstance(grid, Grid) for grid in grids)
                outcomes.add("read")
            except FormError as error:
                assert str(error).count("\n") == 0
                outcomes.add("refused")
        assert "refused" in outcomes, path.name
