"""Templates of users: whatever one does, it is a document or one sentence, in bounded time and memory."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import docx
import psutil
import pytest

from jixiao.builds.run import evaluate
from jixiao.core.errors import RequestError
from jixiao.publish import papers
from jixiao.publish.papers import foreign_templates

LOOP = "{% for a in range(9999) %}"
ENDLESS = LOOP * 3 + "{% endfor %}" * 3
ATTACKS = {
    "three loops in each other": ENDLESS,
    "a loop that writes": LOOP * 2 + "{{ unit }}" + "{% endfor %}" * 2,
    "a text of four billion signs": "{{ 'x' * 4000000000 }}",
    "a list of four billion": "{% set a = [1] * 4000000000 %}",
    "a number of a billion digits": "{{ (10 ** 1000000000) % 7 }}",
    "doubled sixty times": "{% set n = namespace(t='a') %}{% for a in range(60) %}{% set n.t = n.t * 2 %}{% endfor %}",
    "centred in two billion signs": "{{ unit.center(2000000000) }}",
    "a width of two billion": "{{ '%2000000000d' % 1 }}",
    "a format of two billion": "{{ '{:>2000000000}'.format(unit) }}",
    "a range too long": "{% for a in range(10 ** 12) %}{% endfor %}",
    "filled until nothing is left": "{% set a = 'x'.ljust(100000000) %}{{ a.replace('x', a).replace(' ', a) }}",
    "a macro that calls itself": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "divided by nothing": "{{ 1 / 0 }}",
    "a text and a number": "{{ unit + 1 }}",
    "a filter that fails": "{{ unit | round }}",
    "a key that is none": "{{ [1][9].a }}",
    "a class": "{{ unit.__class__.__mro__ }}",
    "globals by a filter": "{{ (unit | attr('__class__')).__subclasses__() }}",
    "the globals of a function": "{{ cycler.__init__.__globals__.os.popen('touch ran').read() }}",
    "another template": "{% include '/etc/passwd' %}",
    "an import": "{% import 'os' as os %}{{ os }}",
    "an extension": "{% do unit %}",
    "an undefined filter": "{{ unit | nothing }}",
    "an open block": "{% if unit %}",
    "nothing by that name": "{{ nothing }}",
    "changes what it is given": "{% set x = money.update({'a': 1}) %}",
    "a thousand brackets": "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
}


@pytest.fixture(scope="module")
def results():
    return evaluate("sample")


@pytest.fixture(autouse=True)
def limits(tmp_path, monkeypatch):
    path = tmp_path / "limits.yaml"
    path.write_text("template_seconds: 4\ntemplate_memory_mb: 900\n", encoding="utf-8")
    monkeypatch.setenv("JIXIAO_LIMITS", str(path))


def template_with(text: str, target: Path) -> Path:
    own = papers.copy_template("self_evaluation", target)
    document = docx.Document(str(own))
    document.paragraphs[0].insert_paragraph_before(text)
    document.save(str(own))
    return own


def named(results) -> dict[str, object]:
    row = results.totals.iloc[0]
    return {"year": int(row["year"]), "project": row["project_id"], "evaluation": row["evaluation"]}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_template_costs_only_itself(results, tmp_path, attack):
    own = template_with(ATTACKS[attack], tmp_path / "own.docx")
    target, held = tmp_path / "a.docx", psutil.Process().memory_info().rss
    target.write_text("kept")
    with pytest.raises(RequestError, match=r"own\.docx") as said:
        papers.write_report(results, target, template=own, **named(results))
    text = str(said.value)
    assert "\n" not in text and "Traceback" not in text and 20 < len(text) < 400, text
    assert said.value.__cause__ is None or isinstance(said.value.__cause__, OSError)
    assert target.read_text() == "kept" and not Path("ran").exists() and not (tmp_path / "ran").exists()
    assert psutil.Process().memory_info().rss - held < 200_000_000


def test_where_it_stopped_is_said(results, tmp_path):
    for attack, said in (("three loops in each other", "超过4秒"), ("a text of four billion signs", "内存超过900MB")):
        own = template_with(ATTACKS[attack], tmp_path / "own.docx")
        with pytest.raises(RequestError, match=said):
            papers.write_report(results, tmp_path / "a.docx", template=own, **named(results))
    left = [one for one in psutil.Process().children(recursive=True) if "foreign_templates" in " ".join(one.cmdline())]
    assert len(left) <= 1


@pytest.mark.parametrize("kind", ["bomb", "no archive", "pipe", "folder", "huge", "entities"])
def test_a_template_that_is_no_document(results, tmp_path, kind):
    own = papers.copy_template("self_evaluation", tmp_path / "own.docx")
    if kind == "bomb":
        own.write_bytes(changed(own, "word/document.xml", b"<!-- " + b" " * 1_000_000_000 + b" -->"))
    if kind == "entities":
        bomb = b'<!DOCTYPE a [<!ENTITY a "ha">' + b"".join(
            b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"ha" * 10) for n in range(12)
        )
        own.write_bytes(changed(own, "word/document.xml", bomb + b"]><a>&a11;</a>"))
    if kind == "no archive":
        own.write_bytes(os.urandom(9_999))
    if kind in ("pipe", "folder"):
        own.unlink()
        os.mkfifo(own) if kind == "pipe" else own.mkdir()
    if kind == "huge":
        with own.open("wb") as file:
            file.truncate(3_000_000_000)
    with pytest.raises(RequestError) as said:
        papers.write_report(results, tmp_path / "a.docx", template=own, **named(results))
    assert "\n" not in str(said.value) and "own.docx" in str(said.value)


def changed(document: Path, part: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(document) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for entry in old.infolist():
            new.writestr(entry, content if entry.filename == part else old.read(entry))
    return stream.getvalue()


def test_a_good_template_goes_on_after_a_bad_one_and_says_the_same(results, tmp_path, monkeypatch):
    monkeypatch.delenv("JIXIAO_LIMITS")
    good = papers.copy_template("self_evaluation", tmp_path / "good.docx")
    wanted = papers.write_report(results, tmp_path / "a.docx", **named(results)).read_bytes()
    for turn in range(3):
        bad = template_with(ATTACKS["a macro that calls itself"], tmp_path / "own.docx")
        with pytest.raises(RequestError):
            papers.write_report(results, tmp_path / "c.docx", template=bad, **named(results))
        written = papers.write_report(results, tmp_path / "b.docx", template=good, **named(results))
        assert written.read_bytes() == wanted, turn
    department = papers.copy_template("department", tmp_path / "summary.docx")
    chosen = results.totals.iloc[0]
    asked = {"year": int(chosen["year"]), "department": chosen["department"]}
    papers.write_department(results, tmp_path / "d.docx", template=department, **asked)


def test_an_answer_that_is_none_ends_the_child(monkeypatch, results, tmp_path):
    """What the child says is data: a wrong size, half a document or no JSON is one sentence."""
    good = papers.copy_template("self_evaluation", tmp_path / "good.docx")
    for said in ("b'x'", "b'{\"size\": 99999999999}\\n'", "b'{\"size\": -1}\\n'", "b'{\"size\": 9}\\nabc'", "b'[]\\n'"):
        code = f"import sys; print('ready', flush=True); sys.stdin.buffer.read(8); sys.stdout.buffer.write({said})"
        monkeypatch.setattr(foreign_templates, "COMMAND", (foreign_templates.COMMAND[0], "-c", code))
        foreign_templates.CHILDREN.close()
        with pytest.raises(RequestError, match="意外结束"):
            papers.write_report(results, tmp_path / "a.docx", template=good, **named(results))
