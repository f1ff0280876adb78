"""The corpus of hostile files: every one is read or refused with one sentence, in bounded time and memory."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "hostile"))

from make_hostile import write_corpus

from jixiao.checks.set_aside import load_aliases, load_suppressions
from jixiao.core.declared import load_yaml
from jixiao.core.errors import DeclarationError, JixiaoError
from jixiao.reading.corrections import list_corrections
from jixiao.reading.files import load_limits
from jixiao.reading.workers import read_files
from jixiao.scoring.frameworks import load_framework_file


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("hostile"))


def test_every_hostile_file_is_one_sentence(corpus, tmp_path, monkeypatch):
    (tmp_path / "limits.yaml").write_text("seconds: 4\n", encoding="utf-8")
    monkeypatch.setenv("JIXIAO_LIMITS", str(tmp_path / "limits.yaml"))
    files = [path for path in corpus if path.suffix != ".yaml"]
    assert len(files) > 70
    results = list(read_files([(path, path.name) for path in files]))
    for path, result in zip(files, results, strict=True):
        assert isinstance(result, JixiaoError), path.name  # none of them holds a form
        text = str(result)
        assert "\n" not in text and "内部错误" not in text, text
        assert path.name.partition(".")[0] in text
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    assert used < load_limits().memory_mb * 1_000_000
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
