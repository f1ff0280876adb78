"""Nothing is proposed for a budget without a dated local rule; a decision is a person's and is kept beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command import run_command

from jixiao.builds.ledger import book
from jixiao.builds.ledger.consequences import (
    Rule,
    consequence_words,
    decide,
    load_rule,
    proposal_text,
    propose,
    rule_line,
)
from jixiao.core.errors import DeclarationError, RequestError
from jixiao.core.models import take

OWN = """name: 示例市办法
document: 示财〔2022〕9号
article: 第十二条
effective_from: 2022
mark: F
proposals:
  - {grades: [excellent], action: keep}
  - {execution_below: 0.9, action: recover}
"""


@pytest.fixture(scope="module")
def results(sample_results):
    return sample_results


@pytest.fixture
def desk(ledger_desk, monkeypatch):
    monkeypatch.setenv("JIXIAO_HOME", str(ledger_desk))
    (ledger_desk / "data" / "consequences").mkdir(parents=True)
    return ledger_desk


def own(desk, text=OWN):
    (desk / "data" / "consequences" / "ours.yaml").write_text(text, encoding="utf-8")
    return load_rule("ours")


def test_without_a_rule_nothing_is_proposed(desk):
    with pytest.raises(RequestError, match="没有登记本地规定，不提出任何预算建议"):
        load_rule("")
    with pytest.raises(RequestError, match="没有本地规定“ours”，最接近的：henan_2020"):
        load_rule("ours")


def test_every_shipped_rule_is_one_and_says_that_it_is_second_hand():
    for name, declared in consequence_words()["rules"].items():
        assert take(Rule, declared)[1] == [], name
        assert load_rule(name).mark == "F2" and "间接来源（非官方原文）" in rule_line(load_rule(name))
    assert [proposal_text(one) for one in load_rule("henan_2020").proposals] == ["压减10.00%至30.00%", "压减30.00%以上"]


def test_a_proposal_shows_its_article(desk, results):
    rows = propose(results, own(desk), 2024)
    assert set(rows["proposal"]) == {"保持"} and set(rows["article"]) == {"示财〔2022〕9号 第十二条"}
    assert set(rows["basis_mark"]) == {"F"} and set(rows["decision"]) == {""}
    other = own(desk, OWN.replace("  - {grades: [excellent], action: keep}\n", ""))
    slow = propose(results, other, 2023)
    assert slow["project"].tolist() == ["示例农村公路养护项目"] and slow["proposal"].tolist() == ["收回"]
    assert propose(results, load_rule("henan_2020"), 2024).empty, "no grade of the sample is one the rule speaks of"


def test_a_rule_is_not_used_before_its_date(desk, results):
    with pytest.raises(RequestError, match="自2022年起施行，不能用于2021年度"):
        propose(results, own(desk), 2021)


def test_a_wrong_rule_says_every_mistake(desk):
    with pytest.raises(DeclarationError, match="article：缺少该项"):
        own(desk, OWN.replace("article: 第十二条\n", "").replace("mark: F", "mark: X"))


def test_a_decision_and_who_made_it_stay_beside_the_proposal(desk, results):
    rule = own(desk)
    row = propose(results, rule, 2024).iloc[0]
    with pytest.raises(RequestError, match="--by"):
        decide(row, decision="压减5%", decider="", reason="结余多")
    decide(row, decision="压减5%", decider="预算科李", reason="结余多")
    after = propose(results, rule, 2024).iloc[0]
    assert (after["decision"], after["decider"], after["decision_reason"]) == ("压减5%", "预算科李", "结余多")
    assert after["proposal"] == "保持"
    (entry,) = book.load_ledger().about("decision")
    assert entry["said"]["article"] == "示财〔2022〕9号 第十二条"


def test_the_commands(desk):
    place = ("--place", "sample", "--year", "2024")
    assert "不提出任何预算建议" in run_command("consequences", "propose", *place).stderr
    said = run_command("consequences", "propose", *place, "--rule", "henan_2020").stdout
    assert "〔间接来源（非官方原文）〕" in said and "有建议的 0 份评价" in said
    own(desk)
    assert "第十二条" in run_command("consequences", "propose", *place, "--rule", "ours").stdout
    done = run_command(
        *(
            "consequences",
            "decide",
            "助学金",
            *place,
            "--rule",
            "ours",
            "--decision",
            "保持",
            "--by",
            "局党组",
            "--reason",
            "绩效好",
        )
    )
    assert "决定保持（局党组）" in done.stdout, done.stderr


def test_the_rule_of_the_manual_is_one(desk, results):
    manual = (Path(__file__).parents[1] / "docs" / "extending.md").read_text(encoding="utf-8")
    (text,) = [
        one for one in re.findall(r"^```yaml\n(.*?)^```$", manual, re.MULTILINE | re.DOTALL) if "document:" in one
    ]
    rule = own(desk, text)
    assert [one.action for one in rule.proposals] == ["recover", "keep", "cut", "cancel", "cut", "cut"]
    said = ["收回", "保持", "压减10.00%至30.00%", "取消", "压减50.00%以上", "压减5.00%"]
    assert [proposal_text(one) for one in rule.proposals] == said
    assert len(propose(results, rule, 2024))


def test_words_are_taken_for_codes_and_a_percentage_without_its_sign_is_refused(desk):
    by_word = own(desk, OWN.replace("[excellent]", "[优]").replace("keep", "保持").replace("0.9", "90%"))
    assert by_word == own(desk)
    for wrong, told in (("90", "0.1 或 10%，实际为 90"), ("九成", "0.1 或 10%"), ("-0.1", "0.1 或 10%")):
        with pytest.raises(DeclarationError, match=told):
            own(desk, OWN.replace("0.9", wrong))
    with pytest.raises(DeclarationError, match="也要写 least"):
        own(desk, OWN.replace("action: keep", "action: cut, most: 10%"))
