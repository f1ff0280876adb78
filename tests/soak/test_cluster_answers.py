"""What a worker of a cluster sends back, broken in any way: one sentence, never a report that is not there."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from io import BytesIO
from types import SimpleNamespace

import pytest
from conftest import ROOT
from shares import keep_share, part, seeded
from test_fuzz import mutate

import jixiao
from jixiao.core.errors import RequestError
from jixiao.publish.reports import Manner, batch, distribution, list_reports, run_reports
from jixiao.publish.reports.report_workers import packed, send_answer

ANSWERS = 2000
BATCHES = 40


@pytest.fixture(scope="module")
def results():
    return jixiao.evaluate(ROOT / "data" / "sample")


def hostile_answers(chance, good):
    """Yield what may come in the place of an answer: bytes cut and changed, JSON of other kinds, no bytes at all."""
    odd = [None, 7, "x", [], {}, {"record": None}, {"error": 99, "message": "x"}, {"error": "x"}, {"size": -1}]
    odd += [{"record": {"key": 1}, "size": 10**12}, {"error": 0, "message": "\x1b[31m\u202e" * 9}, {"message": "x"}]
    while True:
        kind = chance.randrange(3)
        if kind == 0:
            yield mutate(good, chance)
        elif kind == 1:
            yield json.dumps(chance.choice(odd)).encode() + chance.choice((b"", b"\n", b"\n\0"))
        else:
            yield chance.choice((None, 7, "text", b"", b"\n", b"[" * 100_000 + b"\n", {"record": {}}))


def test_broken_answers_are_one_sentence_or_an_answer(results):
    seed, chance = seeded()
    counted = Counter()
    task = SimpleNamespace(request=list_reports(results, place="sample")[0])
    good = packed(send_answer, {"key": "1", "files": {"html": "a.html"}})
    answers = hostile_answers(chance, good)
    for _ in range(part(ANSWERS)):
        said = next(answers)
        future = SimpleNamespace(key="a", result=lambda said=said: said, release=lambda: None)
        _, answer = distribution._taken(iter([future]), {"a": task})
        broken = isinstance(answer, RequestError)
        counted["one sentence" if broken else "taken as an answer"] += 1
        assert not broken or "\n" not in str(answer), seed
    keep_share("集群工作进程的错误答复：读取", seed, {"answers": part(ANSWERS), **counted, "tracebacks": 0})


def test_no_answer_makes_a_report_that_is_not_there(results, tmp_path, monkeypatch):
    seed, chance = seeded()
    counted = Counter()
    requests = list_reports(results, place="sample")[:4]
    good = packed(send_answer, {"key": "1"})
    answers = hostile_answers(chance, good)
    manner = Manner(formats=("html",), cluster="tcp://127.0.0.1:1")

    def make_there(tasks, address, out):
        for task in tasks:
            future = SimpleNamespace(key="a", result=lambda: next(answers), release=lambda: None)
            yield distribution._taken(iter([future]), {"a": task})

    monkeypatch.setattr(batch, "make_there", make_there)
    for number in range(part(BATCHES)):
        try:
            outcomes = run_reports(requests, results, tmp_path / str(number), manner=replace(manner))
        except RequestError as error:
            assert "\n" not in str(error), seed
            counted["batches stopped by one sentence"] += 1
            continue
        assert [one.folder for one in outcomes] == [None] * len(requests), seed
        assert all(one.error and "\n" not in one.error for one in outcomes), seed
        counted["reports said to be missing"] += len(outcomes)
    keep_share("集群工作进程的错误答复：整批", seed, {"batches": part(BATCHES), **counted, "silent": 0})


def test_the_answer_of_a_good_worker_is_taken():
    assert distribution.read_answer(BytesIO(packed(send_answer, {"key": "1"}))) == {"key": "1"}
