"""What a result means for next year's budget (结果应用): proposals by a dated local rule, and decisions beside them.

No national document gives numbers. Without a rule nothing is proposed; a proposal shows the article it rests on and how
far that can be relied on; a decision is a person's and is kept with its name, whatever was proposed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BeforeValidator, model_validator

from jixiao.builds.ledger import book
from jixiao.core.declared import load_shipped
from jixiao.core.errors import RequestError, brief, say_nearest
from jixiao.core.files import workbench
from jixiao.core.frames import EVALUATION_KEY, GRADES, typed
from jixiao.core.models import Integer, Model, Number, Text, Words, checked_shipped, load_model, refuse_value, take
from jixiao.core.results import Results
from jixiao.core.vocabulary import value_labels, word
from jixiao.core.writing import percent_text

PROPOSALS = {
    "year": "Int64",
    "project_id": "str",
    "project": "str",
    "department": "str",
    "evaluation": "str",
    "reported_grade": "str",
    "execution_rate": "float64",
    "annual_budget_wan": "float64",
    "proposal": "str",
    "article": "str",
    "basis_mark": "str",
    "decision": "str",
    "decider": "str",
    "decision_reason": "str",
}
"""The columns of proposals (预算建议): one row is one evaluation that a rule says something about."""


def _by_word(words: Callable[[], dict[str, str]]) -> BeforeValidator:
    """Return what takes the Chinese word of a code, as screens show it, for the code."""

    def code(value: Any) -> Any:
        return {shown: name for name, shown in words().items()}.get(value, value) if isinstance(value, str) else value

    return BeforeValidator(code)


def _share(value: Any) -> Any:
    """Take a share as a part of one or as a percentage (比例); a number above one is a percentage without its sign."""
    if isinstance(value, str) and (found := re.fullmatch(r"\s*(\d{1,3}(?:\.\d{1,4})?)\s*[%％]\s*", value)):
        value = Decimal(found[1]) / 100
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= 1:
        refuse_value(f"比例应写成 0 至 1 之间的小数或带百分号，如 0.1 或 10%，实际为 {brief(value)}")
    return value


_Grade = Annotated[
    Literal["excellent", "good", "fair", "poor"], _by_word(lambda: dict(value_labels()["reported_grade"]))
]
_Action = Annotated[
    Literal["keep", "cut", "cancel", "recover"], _by_word(lambda: dict(load_shipped("consequences.yaml")["actions"]))
]
_Share = Annotated[Number, BeforeValidator(_share)]


class Proposal(Model):
    """What follows from a grade, or from money not spent (一项建议); grades and actions by their words, too."""

    grades: tuple[_Grade, ...] = ()
    execution_below: _Share | None = None
    action: _Action
    least: _Share | None = None
    most: _Share | None = None

    @model_validator(mode="after")
    def _from_least_to_most(self) -> Proposal:
        if self.most is not None and (self.least is None or self.least > self.most):
            refuse_value("写了 most 的也要写 least，且不大于 most；只有一个比例的两项写成相同")
        return self


class Rule(Model):
    """A dated local rule (本地规定)."""

    name: Text
    document: Text
    article: Text
    effective_from: Integer
    mark: Literal["F", "F2", "J"]
    note: Text = ""
    proposals: tuple[Proposal, ...]


class _Consequences(Model):
    """The whole of ``rules/consequences.yaml`` (结果应用口径和用语)."""

    rules: dict[str, Rule]
    actions: Words
    words: Words


def consequence_words() -> dict[str, Any]:
    """Return the words of proposals (结果应用用语)."""
    return dict(checked_shipped("consequences.yaml", _Consequences))


def load_rule(name: str) -> Rule:
    """Load a local rule by its name (读取本地规定): one of the workbench, else one that comes with the program.

    Raises:
        RequestError: No name was given, or there is no such rule: nothing is proposed then.
        DeclarationError: The file of the rule is wrong.

    Example:
        >>> load_rule("henan_2020").mark
        'F2'
    """
    shipped = consequence_words()["rules"]
    folder = workbench() / "data" / "consequences"
    if not name:
        raise RequestError(str(consequence_words()["words"]["none"]))
    own = {path.stem: path for path in folder.glob("*.yaml")}
    if name in own:
        return load_model(own[name], Rule)
    if name not in shipped:
        raise RequestError(f"没有本地规定“{brief(name)}”，{say_nearest(name, [*own, *shipped])}")
    rule, _ = take(Rule, shipped[name])
    assert rule is not None  # a test loads every shipped rule
    return rule


def rule_line(rule: Rule) -> str:
    """Return a rule in one line: document, article, how far it can be relied on, since when (规定出处)."""
    said = consequence_words()["words"]["head"]
    mark = word("basis_mark", rule.mark)
    return str(
        said.format(
            name=rule.name,
            document=rule.document,
            article=rule.article,
            mark=mark,
            year=rule.effective_from,
            note=rule.note,
        )
    ).rstrip("｜")


def propose(results: Results, rule: Rule, year: int) -> pd.DataFrame:
    """Propose what the rule says of each evaluation of a year (提出建议), with the decisions that stand beside it.

    Args:
        results: What was read and scored.
        rule: From :func:`load_rule`.
        year: The evaluated year; the rule must be in force then.

    Returns:
        Columns ``PROPOSALS``; an evaluation the rule says nothing about has no row.

    Raises:
        RequestError: The rule is later than the year.
    """
    if year < rule.effective_from:
        raise RequestError(f"“{rule.name}”自{rule.effective_from}年起施行，不能用于{year}年度，不提出建议")
    totals = results.totals[results.totals["year"] == year]
    funds = results.frames.budgets[results.frames.budgets["fund"] == "total"]
    money = {tuple(row[name] for name in EVALUATION_KEY): row["annual_budget_wan"] for row in funds.to_dict("records")}
    decided = decisions(book.load_ledger())
    rows = []
    for row in totals.to_dict("records"):
        found = next((one for one in rule.proposals if _applies(one, row)), None)
        if found is None:
            continue
        key = tuple(row[name] for name in EVALUATION_KEY)
        rows.append(
            {
                **{name: row[name] for name in PROPOSALS if name in row},
                "annual_budget_wan": money.get(key),
                "proposal": proposal_text(found),
                "article": f"{rule.document} {rule.article}",
                "basis_mark": rule.mark,
                **decided.get(about(row), {}),
            }
        )
    return typed(rows, PROPOSALS)


def _applies(proposal: Proposal, row: dict[str, Any]) -> bool:
    grade, rate = row["reported_grade"], row["execution_rate"]
    is_grade = not proposal.grades or (grade in GRADES and grade in proposal.grades)
    limit = proposal.execution_below
    return is_grade and (limit is None or (rate == rate and rate < float(limit)))


def proposal_text(proposal: Proposal) -> str:
    """Say what is proposed (建议).

    Example:
        >>> [proposal_text(one) for one in load_rule("henan_2020").proposals]
        ['压减10.00%至30.00%', '压减30.00%以上']
    """
    words, action = consequence_words()["words"], consequence_words()["actions"][proposal.action]
    least, most = (None if one is None else percent_text(one) for one in (proposal.least, proposal.most))
    if least is None:
        return str(action)
    name = "cut_by" if least == most else "cut" if most else "cut_from"
    return str(words[name].format(action=action, least=least, most=most))


def about(row: Any) -> str:
    """Return what a decision is about, as the ledger names it (决定所指)."""
    return "/".join(str(row[name]) for name in EVALUATION_KEY)


def decisions(ledger: book.Ledger) -> dict[str, dict[str, str]]:
    """Return the last decision about each evaluation, with who made it and why (预算决定)."""
    return {
        entry["about"]: {name: str(entry["said"].get(name, "")) for name in ("decision", "decider", "decision_reason")}
        for entry in ledger.about("decision")
    }


def decide(row: Any, *, decision: str, decider: str, reason: str) -> None:
    """Keep a decision and who made it (登记决定), beside what was proposed.

    Raises:
        RequestError: The decision, the person or the reason is missing.
    """
    if not (decision.strip() and decider.strip() and reason.strip()):
        raise RequestError("登记决定须写明 --decision 决定、--by 由谁决定、--reason 理由")
    said = {"decision": decision, "decider": decider, "decision_reason": reason, "proposal": row["proposal"]}
    said |= {"article": row["article"], "basis_mark": row["basis_mark"]}
    with book.writing(decider) as writer:
        writer.write([{"what": "decision", "about": about(row), "said": said}])
