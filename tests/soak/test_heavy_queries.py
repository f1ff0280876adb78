"""SQL made at random to eat memory or time: each is an answer or one sentence, in bounded time, and the next too."""

from __future__ import annotations

import time
from collections import Counter

import psutil
import pytest
from conftest import ROOT
from shares import keep_share, part, seeded

from jixiao.builds import query_child
from jixiao.builds.query import query
from jixiao.builds.run import evaluate
from jixiao.core.errors import RequestError

QUERIES = 200
SECONDS, MEMORY = 5, 300
PIECES = (
    "repeat('ab', {n})",
    "list_sum(range({n}))",
    "length(repeat(repeat('x', {m}), {m}))",
    "levenshtein(repeat('ab', {m}), repeat('ba', {m}))",
    "regexp_matches(repeat('a', {n}), '(a|aa)+$')",
    "len(string_split(repeat('a,', {n}), ','))",
    "list_aggregate(range({n}), 'histogram')",
    "md5(repeat('x', {n}))",
    "list_sort(range({n}))[1]",
    "to_json(range({n}))",
    "rpad('', {n}, 'x')",
    "printf('%{n}d', 1)",
    "power({n}, {n})",
    "factorial({m})",
)
SOURCES = (
    "",
    "from range({n})",
    "from range({m}) a, range({m}) b",
    "from totals a, totals b, totals c, totals d, totals e, totals f",
    "from (select unnest(range({n})) as x)",
    "from generate_series(1, {n}) t(x) group by x",
    "from range({n}) order by hash(range)",
)


@pytest.fixture(autouse=True)
def limited(tmp_path, monkeypatch):
    results = evaluate(ROOT / "data" / "sample")
    monkeypatch.setattr("jixiao.builds.query.evaluate", lambda folder: results)
    path = tmp_path / "limits.yaml"
    path.write_text(f"query_seconds: {SECONDS}\nquery_memory_mb: {MEMORY}\nquery_cells: 1000000\n", encoding="utf-8")
    monkeypatch.setenv("JIXIAO_LIMITS", str(path))
    yield
    query_child.CHILDREN.close()


def test_heavy_queries_cost_themselves_alone():
    seed, chance = seeded()
    counted, slowest, most = Counter(), 0.0, 0
    held = psutil.Process().memory_info().rss
    for number in range(part(QUERIES)):
        size = {"n": 10 ** chance.randrange(3, 12), "m": 10 ** chance.randrange(2, 7)}
        sql = f"select {chance.choice(PIECES)} {chance.choice(SOURCES)}".format(**size)
        if chance.random() < 0.1:
            endless = "select 1, 'ab' union all select n + 1, s || s from t"
            sql = f"with recursive t(n, s) as ({endless}) {sql} union select s from t"
        start = time.monotonic()
        try:
            query(sql, place="sample")
            counted["answered"] += 1
        except RequestError as error:
            said = str(error)
            assert "\n" not in said and "查询" in said, (seed, sql, said)
            kind = next((word for word in ("秒", "内存", "格") if f"{word}，" in said or word in said[:16]), "")
            counted[
                {"秒": "stopped: time", "内存": "stopped: memory", "格": "stopped: cells"}.get(kind, "refused")
            ] += 1
        slowest = max(slowest, time.monotonic() - start)
        most = max(most, psutil.Process().memory_info().rss - held)
        if number % 10 == 0:
            assert query("select count(*) as n from totals", place="sample")["n"].tolist() == [10], (seed, sql)
    assert most < 300_000_000, seed
    keep_share("吃内存、占时间的 SQL", seed, {"queries": part(QUERIES), **counted, "slowest (s)": round(slowest, 1),
               "limit (s)": SECONDS, "grown here (MB)": most // 1_000_000, "tracebacks": 0})  # fmt: skip
