"""Any query is an answer or one sentence, in bounded time and memory."""

from __future__ import annotations

import re
import sys
from datetime import date, datetime
from decimal import Decimal

import psutil
import pytest

from jixiao.builds import query_child
from jixiao.builds.query import query
from jixiao.builds.run import evaluate
from jixiao.core.errors import RequestError

HEAVY = {
    "every pair of a billion": ("select count(*) from range(100000) a, range(100000) b where a.range % 7 = 3", ""),
    "rows without end": (
        "with recursive t(n) as (select 1 union all select n + 1 from t) select max(n) from t",
        "超过1秒",
    ),
    "a text doubled": (
        "with recursive t(n, s) as (select 1, 'ab' union all select n+1, s||s from t where n<60) from t",
        "",
    ),
    "a billion rows": ("select * from range(1000000000)", "超过1000000格"),
    "a wide list": ("select list(range) from range(300000000)", "超过300MB|超过1秒"),
    "one call, two billion times": ("select repeat('ab', 2000000000)", "超过300MB"),
    "one call, a list of billions": ("select list_sum(range(4000000000))", "超过300MB"),
    "one call, ten billion steps": ("select levenshtein(repeat('ab', 100000), repeat('ba', 100000))", "超过1秒"),
    "one call, a search that goes back": ("select regexp_replace(repeat('ab', 50000000), '(a|b)*?c', '', 'g')", ""),
}


@pytest.fixture(autouse=True)
def sample(monkeypatch):
    results = evaluate("sample")
    monkeypatch.setattr("jixiao.builds.query.evaluate", lambda folder: results)


@pytest.fixture
def tight(tmp_path, monkeypatch):
    path = tmp_path / "limits.yaml"
    path.write_text("query_seconds: 1\nquery_memory_mb: 300\nquery_cells: 1000000\n", encoding="utf-8")
    monkeypatch.setenv("JIXIAO_LIMITS", str(path))


@pytest.mark.parametrize("heavy", HEAVY)
def test_a_heavy_query_is_an_answer_or_one_sentence(heavy, tight):
    held = psutil.Process().memory_info().rss
    sql, said = HEAVY[heavy]
    try:
        query(sql, place="sample")
        assert not said
    except RequestError as error:
        assert "\n" not in str(error) and re.search(said or "查询", str(error))
    assert psutil.Process().memory_info().rss - held < 100_000_000


def test_a_query_after_a_heavy_one_is_answered(tight, monkeypatch):
    with pytest.raises(RequestError, match="超过1秒"):
        query(HEAVY["rows without end"][0], place="sample")
    monkeypatch.delenv("JIXIAO_LIMITS")
    assert query("select count(*) as n from totals", place="sample")["n"].tolist() == [10]


def test_an_answer_of_many_pieces_is_whole():
    rows = query("select range as n, 'x' as t from range(300000)", place="sample")
    assert rows["n"].tolist() == list(range(300_000)) and rows.index.tolist() == rows["n"].tolist()
    assert query("select * from totals where false", place="sample").empty


def test_a_query_that_ends_its_process_costs_itself_alone(monkeypatch):
    query("select 1 from totals", place="sample")
    (child,) = query_child.CHILDREN.idle()
    query("select 1 from totals", place="sample")
    assert query_child.CHILDREN.idle() == [child], "the next query starts no other"
    child.process.kill()
    child.process.wait()
    assert query("select count(*) as n from totals", place="sample")["n"].tolist() == [10]
    code = "import sys; print('ready', flush=True); sys.stdin.buffer.read(8); sys.stdout.buffer.write({said})"
    for said in ("b'x'", "b'[]\\n'", "b'{\"size\": -1}\\n'", "b'{\"size\": 99999999999}\\n'", "b'{\"size\": 9}\\nabc'"):
        monkeypatch.setattr(query_child, "COMMAND", (sys.executable, "-c", code.format(said=said)))
        query_child.CHILDREN.close()
        with pytest.raises(RequestError, match="意外结束"):
            query("select 1 from totals", place="sample")
    query_child.CHILDREN.close()


def test_what_is_wrong_in_one_row_is_said():
    with pytest.raises(RequestError, match=r"查询不能执行：.*Conversion"):
        query("select case when range > 90000 then 'x' else '1' end::int from range(100000)", place="sample")


def test_a_process_that_held_much_is_not_asked_again(tight):
    with pytest.raises(RequestError, match="超过300MB"):
        query("select repeat('ab', 2000000000)", place="sample")
    assert query_child.CHILDREN.idle() == []


def test_parameters_of_every_kind_arrive():
    values = [1, 1.5, "甲", None, True, Decimal("1.25"), date(2026, 1, 2), datetime(2026, 1, 2, 3), [1, 2], b"x"]
    marks = ", ".join(f"? as c{n}" for n in range(len(values)))
    row = query(f"select {marks}", place="sample", parameters=values).iloc[0]
    assert row["c2"] == "甲" and row["c5"] == 1.25 and list(row["c8"]) == [1, 2] and row["c7"].hour == 3
    assert query("select $n + 1 as n", place="sample", parameters={"n": 2})["n"].tolist() == [3]
    for wrong in (object(), 10**30, [1, "甲"]):
        with pytest.raises(RequestError, match="参数“0”不能使用"):
            query("select ?", place="sample", parameters=[wrong])


@pytest.mark.parametrize(
    "sql",
    [
        "select 'infinity'::date", "select '-infinity'::date", "select '5877641-06-24'::date",
        "select 'infinity'::timestamp", "select 'infinity'::timestamptz", "select '294247-01-10'::timestamp_s",
        "select [date '9999-12-31', 'infinity'::date]", "select date '0044-03-15 (BC)'", "select interval 5000000 year",
    ],
)  # fmt: skip
def test_a_moment_that_no_frame_holds_is_one_sentence(sql):
    with pytest.raises(RequestError, match="不能表示的值"):
        query(sql, place="sample")


def test_moments_that_a_frame_holds_are_answered():
    found = query(
        "select date '9999-12-31' as a, null::date as b, cast('infinity'::date as varchar) as c", place="sample"
    )
    assert found["a"].dt.year.tolist() == [9999] and found["b"].isna().all() and found["c"].tolist() == ["infinity"]


@pytest.mark.parametrize("sql", ["", " ", ";", "-- nothing", "/* nothing */"])
def test_a_query_that_asks_nothing_is_told_so_in_words(sql):
    with pytest.raises(RequestError, match="不是一个有结果的查询；请写一个 select") as caught:
        query(sql, place="sample")
    assert "Error" not in str(caught.value)
