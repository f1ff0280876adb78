"""The corpus of hostile files: every one is read or refused with one sentence, in bounded time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "hostile"))

from make_hostile import write_corpus

from jixiao.checks.set_aside import load_aliases, load_suppressions
from jixiao.core.declared import load_yaml
from jixiao.core.errors import DeclarationError
from jixiao.reading.corrections import list_corrections
from jixiao.reading.files import load_limits
from jixiao.scoring.frameworks import load_framework_file


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("hostile"))


_READ = """
import atexit, json, resource, sys
from pathlib import Path

answers = []

@atexit.register  # before what ends the reading children, and so called after it
def tell():
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(json.dumps({"answers": answers, "used": used}))

from jixiao.core.errors import JixiaoError
from jixiao.reading.workers import read_files

for found in read_files([(Path(name), Path(name).name) for name in json.load(sys.stdin)]):
    answers.append(str(found) if isinstance(found, JixiaoError) else None)
"""
"""Reads in a process of its own: what other tests of this process started is not measured."""


def test_every_hostile_file_is_one_sentence(corpus, tmp_path):
    (tmp_path / "limits.yaml").write_text("seconds: 4\n", encoding="utf-8")
    files = [path for path in corpus if path.suffix != ".yaml"]
    assert len(files) > 70
    done = subprocess.run(
        [sys.executable, "-c", _READ],
        input=json.dumps([str(path) for path in files]),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "JIXIAO_LIMITS": str(tmp_path / "limits.yaml")},
    )
    told = json.loads(done.stdout)
    for path, text in zip(files, told["answers"], strict=True):
        assert text, path.name  # none of them holds a form
        assert "\n" not in text and "内部错误" not in text, text
        assert path.name.partition(".")[0] in text
    assert 20_000_000 < told["used"] < load_limits().memory_mb * 1_000_000
    assert not Path("/tmp/jixiao_was_run").exists()


@pytest.mark.parametrize(
    "load",
    [load_yaml, list_corrections, load_suppressions, load_aliases, load_framework_file],
    ids=lambda f: f.__name__,
)
def test_every_hostile_declaration_is_a_list_of_mistakes(corpus, load):
    files = [path for path in corpus if path.suffix == ".yaml"]
    assert len(files) > 15
    for path in files:
        try:
            load(path)
            assert load is load_yaml, path.name
        except DeclarationError as error:
            assert len(str(error)) < 60_000, path.name
    assert not Path("/tmp/jixiao_was_run").exists()
