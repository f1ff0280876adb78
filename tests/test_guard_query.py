"""Any query is an answer or one sentence, in bounded time and memory."""

from __future__ import annotations

import psutil
import pytest

from jixiao.builds.query import query
from jixiao.builds.run import evaluate
from jixiao.core.errors import RequestError

HEAVY = {
    "every pair of a billion": "select count(*) from range(100000) a, range(100000) b where a.range % 7 = 3",
    "rows without end": "with recursive t(n) as (select 1 union all select n + 1 from t) select max(n) from t",
    "a text doubled": "with recursive t(n, s) as (select 1, 'ab' union all select n+1, s||s from t where n<60) from t",
    "a billion rows": "select * from range(1000000000)",
    "a wide list": "select list(range) from range(300000000)",
}


@pytest.fixture(autouse=True)
def sample(tmp_path, monkeypatch):
    results = evaluate("sample")
    monkeypatch.setattr("jixiao.builds.query.evaluate", lambda folder: results)
    path = tmp_path / "limits.yaml"
    path.write_text("query_seconds: 2\nquery_memory_mb: 300\nquery_cells: 1000000\n", encoding="utf-8")
    monkeypatch.setenv("JIXIAO_LIMITS", str(path))


@pytest.mark.parametrize("heavy", HEAVY)
def test_a_heavy_query_is_an_answer_or_one_sentence(heavy):
    held = psutil.Process().memory_info().rss
    try:
        query(HEAVY[heavy], place="sample")
    except RequestError as error:
        assert "\n" not in str(error) and "查询" in str(error)
    assert psutil.Process().memory_info().rss - held < 900_000_000
    assert query("select count(*) as n from totals", place="sample")["n"].tolist() == [10]


def test_what_was_too_much_is_said():
    told = {"rows without end": "超过2秒", "a billion rows": "超过1000000格", "a wide list": "超过300MB|超过2秒"}
    for heavy, said in told.items():
        with pytest.raises(RequestError, match=said):
            query(HEAVY[heavy], place="sample")


def test_an_answer_of_many_pieces_is_whole():
    rows = query("select range as n, 'x' as t from range(300000)", place="sample")
    assert rows["n"].tolist() == list(range(300_000)) and rows.index.tolist() == rows["n"].tolist()
    assert query("select * from totals where false", place="sample").empty
