"""Rule files are read strictly: every mistake at once, with file and key."""

from __future__ import annotations

import contextlib
import os
import re
from decimal import Decimal

import pytest
from conftest import framework_text
from hypothesis import given, settings
from hypothesis import strategies as st

from jixiao.core.declared import LARGEST, RULES, load_shipped, load_yaml
from jixiao.core.errors import DeclarationError
from jixiao.core.models import Flag, Model, Number, Text, Texts, Words, checked_words, load_model, take
from jixiao.core.vocabulary import reading_words
from jixiao.scoring.frameworks import load_framework_file


def written(tmp_path, text, name="rule.yaml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_scalars_are_what_was_written(tmp_path):
    content, mistakes = load_yaml(
        written(
            tmp_path,
            """
        a: no
        b: 010
        c: 1:30
        d: 2021-12-31
        e: 1e3
        f: 0.10
        g: 7
        h: true
        i: ~
        j: yes
        k: 0x10
        l: 1_000
        m: .inf
        n: -3
        o: '5'
    """,
        )
    )
    assert mistakes == []
    assert content == {
        "a": "no",
        "b": "010",
        "c": "1:30",
        "d": "2021-12-31",
        "e": "1e3",
        "f": Decimal("0.10"),
        "g": 7,
        "h": True,
        "i": None,
        "j": "yes",
        "k": "0x10",
        "l": "1_000",
        "m": ".inf",
        "n": -3,
        "o": "5",
    }
    assert isinstance(content["f"], Decimal)


def test_a_repeated_key_is_a_mistake_with_its_line(tmp_path):
    _, mistakes = load_yaml(written(tmp_path, "a: 1\nb: 2\na: 3\n"))
    assert mistakes == ["第3行：“a”重复出现，请只保留一个"]


@pytest.mark.parametrize(
    "text",
    [
        "a: [1, 2",
        "a: b: c",
        "\tb: 1",
        "a: !!python/object/apply:os.system ['true']",
        "--- 1\n--- 2\n",
        "a: *b",
        "%YAML 9",
        "? [a, b]\n: 1",
        "a: !!float abc",
    ],
)
def test_what_is_not_plain_yaml_is_one_chinese_sentence(tmp_path, text):
    with pytest.raises(DeclarationError) as caught:
        load_yaml(written(tmp_path, text))
    assert "rule.yaml" in str(caught.value) and "Traceback" not in str(caught.value)


def test_a_file_in_another_encoding_or_not_there(tmp_path):
    path = tmp_path / "rule.yaml"
    path.write_bytes("名称: 指标".encode("gb18030"))
    for other in (path, tmp_path / "no.yaml", tmp_path):
        with pytest.raises(DeclarationError, match="UTF-8"):
            load_yaml(other)


class Named(Model):
    id: Text


def test_an_empty_file_and_a_list_are_mistakes_not_crashes(tmp_path):
    for text in ("", "- a\n- b\n", "text"):
        path = written(tmp_path, text)
        with pytest.raises(DeclarationError) as caught:
            load_model(path, Named)
        assert "id" in str(caught.value)


def test_six_different_mistakes_are_reported_in_one_message(tmp_path):
    text = (
        framework_text(
            evaluations=["selv"],  # 1 not a kind of evaluation
            grades=[
                {"id": "excellent", "name": "优", "from": 80},
                {"id": "good", "name": "良", "from": 90},  # 2 bands overlap
                {"id": "poor", "name": "差", "from": 0},
            ],
            categories=[{"id": "output", "names": ["产出指标"], "weight": 90}],  # 3 weights add up to 90
            rules=[
                {"method": "proportionl", "basis": {"text": "依据", "mark": "F"}},  # 4 unknown method
                {"method": "pass_line", "basis": {"text": "依据", "mark": "F"}},  # 5 parameter missing
                {"method": "judged", "basis": {"text": "", "mark": "F"}},  # 6 empty basis
            ],
            wieght=3,  # 7 unknown key
        )
        + "name: 又一次\n"
    )  # 8 repeated key
    path = written(tmp_path, text, "caiyu_case.yaml")
    with pytest.raises(DeclarationError) as caught:
        load_framework_file(path)
    message = str(caught.value)
    assert message.startswith("规则文件 caiyu_case.yaml 有 8 处错误")
    for place in (
        "evaluations：",
        "grades[2].from：",
        "categories：",
        "rules[1].method：",
        "rules[2].line：",
        "rules[3].basis.text：",
        "wieght：",
        "“name”重复出现",
    ):
        assert place in message, place
    assert "90" in message and "proportional_to_target" in message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", None),
        ("name", None),
        ("evaluations", None),
        ("effective_from", None),
        ("basis", None),
        ("grades", None),
        ("grades_basis", None),
        ("rules", None),
        ("execution_definition", None),
    ],
)
def test_each_required_key_is_named_when_it_is_missing(tmp_path, key, value):
    with pytest.raises(DeclarationError) as caught:
        load_framework_file(written(tmp_path, framework_text(**{key: value}), "caiyu_case.yaml"))
    assert f" {key}" in str(caught.value)


def test_a_wrong_type_is_a_mistake(tmp_path):
    for key in (
        "id",
        "evaluations",
        "effective_from",
        "full_score",
        "default",
        "basis",
        "grades",
        "rules",
        "categories",
        "rounding",
    ):
        for value in (True, 5, "x", ["x"], {"x": 1}, [[1]]):
            path = written(tmp_path, framework_text(**{key: value}), "caiyu_case.yaml")
            try:
                load_framework_file(path)
            except DeclarationError as error:
                assert error.mistakes, (key, value)


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-5, 200) | st.text("abc优-: \n", max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "id",
                        "name",
                        "grades",
                        "rules",
                        "basis",
                        "text",
                        "mark",
                        "method",
                        "when",
                        "weight",
                        "from",
                        "categories",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_content_makes_the_loader_crash(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("rules") / "caiyu_case.yaml"
    changes = dict(content.items()) if isinstance(content, dict) else {"rules": content}
    path.write_text(framework_text(**changes), encoding="utf-8")
    with contextlib.suppress(DeclarationError):
        load_framework_file(path)


class Line(Model):
    y: Number = Decimal(0)


class Page(Model):
    flag: Flag = False
    names: Texts = ()
    number: Number = Decimal(0)
    part: Line = Line()
    list: tuple[Line, ...] = ()


def test_a_model_takes_out_what_it_declares():
    content = {"flag": True, "names": ["a"], "number": 2, "part": None, "list": [{"y": 1}]}
    page, mistakes = take(Page, content)
    assert (page.flag, page.names, page.number, page.part.y, page.list[0].y) == (True, ("a",), 2, 0, 1)
    assert mistakes == []
    assert take(Page, {"part": {"x": 1}, "list": [{"y": 1}, 3]})[1] == [
        "part.x：不认识的项，请检查拼写或删除",
        "list[2]：应为若干“键: 值”，实际为 3",
    ]


def test_true_is_not_a_number():
    assert take(Page, {"number": True})[1] == ["number：应为数字，实际为 True"]


@pytest.mark.parametrize("path", sorted(RULES.rglob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_rule_file_is_strict_yaml(path):
    content, mistakes = load_yaml(path)
    assert mistakes == [] and isinstance(content, dict)


def test_a_shipped_file_that_does_not_exist():
    with pytest.raises(DeclarationError):
        load_shipped("nothing.yaml")


def test_aliases_are_read_but_never_pile_up(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("a: &a [1, 2]\nb: *a\nc: {d: *a}\n", encoding="utf-8")
    assert load_yaml(path) == ({"a": [1, 2], "b": [1, 2], "c": {"d": [1, 2]}}, [])
    for text, line in (("a: &a [1]\nb: &b [*a]\nc: *b\n", 3), ("a: &a [*a]\n", 1), ("a: *a\n", 1)):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DeclarationError, match=f"第{line}行：别名"):
            load_yaml(path)
    path.write_text(f"a: &a [{'1,' * 2000}]\nb: [{'*a ,' * 600}]\n", encoding="utf-8")
    with pytest.raises(DeclarationError, match="内容超过1000000项"):
        load_yaml(path)


def test_files_that_are_too_large_or_no_files_are_refused(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("a: " + "x" * LARGEST, encoding="utf-8")
    with pytest.raises(DeclarationError, match="上限为5MB"):
        load_yaml(path)
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(DeclarationError, match="不是普通文件"):
        load_yaml(tmp_path / "pipe.yaml")


def test_a_key_that_is_a_number_is_named(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(
        framework_text(grades=[{"id": "a", "name": "b", "from": 0}]).replace('"id"', "80"), encoding="utf-8"
    )
    with pytest.raises(DeclarationError, match="80：不认识的项"):
        load_framework_file(path)


def reading_patterns():
    """Return every pattern among the words of reading: what holds a class, a group without a name, an edge."""
    listed = {name: rule if isinstance(rule, list) else [rule] for name, rule in reading_words().items()}
    is_pattern = re.compile(r"\\[dwsW]|\(\?|^\^|\$$|\[.+\]").search
    return {
        name: rules
        for name, rules in listed.items()
        if all(isinstance(rule, str) for rule in rules) and any(map(is_pattern, rules))
    }


def examples():
    """Return the declared patterns with what stands beside them."""
    declared = load_shipped("reading.yaml")
    return {name: rule for name, rule in declared.items() if isinstance(rule, dict) and "pattern" in rule}


def test_every_pattern_of_reading_has_examples_beside_it():
    assert set(examples()) == set(reading_patterns())


@pytest.mark.parametrize("name", examples())
def test_a_pattern_reads_its_examples_and_leaves_the_look_alikes(name):
    example = examples()[name]
    assert len(example["reads"]) and len(example["not"]) >= 2
    rules = [re.compile(rule.replace("{level}", "三级指标")) for rule in reading_patterns()[name]]
    how = "fullmatch" if example.get("whole") else "match" if example.get("begins") else "search"

    def found(text):
        match = next((match for rule in rules if (match := getattr(rule, how)(text))), None)
        return match and next((group for group in match.groups() if group), match[0])

    assert {text: found(text) for text in example["reads"]} == example["reads"]
    assert [text for text in example["not"] if found(text)] == []


def test_words_are_texts_all_the_way_down():
    class Said(Model):
        words: Words

    assert take(Said, {"words": {"a": "甲", "b": {"c": ["乙"]}}})[1] == []
    assert take(Said, {"words": {"a": 1, "b": {"c": ["乙", None]}}})[1] == [
        "words.a：应为文字，实际为 1",
        "words.b.c[2]：应为文字，实际为 None",
    ]
    assert take(Said, {"words": "甲"})[1] == ["words：应为若干“键: 值”，实际为 '甲'"]
    assert checked_words("scenarios.yaml")["join"]
