"""The words and patterns by which claims are found (识别用语), compiled once from ``rules/claims.yaml``."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator

from jixiao.checks.findings import ClaimKind, coded
from jixiao.core.declared import RULES
from jixiao.core.models import Model, Number, Text, Texts, load_model

_INSIDE = str.maketrans({"“": "‘", "”": "’"})


class Grammar:
    """The declared words and the compiled patterns."""

    def __init__(self, declared: _Claims) -> None:
        self.words = declared.words
        self.sentences = declared.sentences
        self.money = declared.money
        self.money_unit = next(unit for unit, factor in self.money.items() if factor == 1)
        self.scales = declared.scales
        self.counts = set(declared.counts)
        self.synonyms = declared.unit_synonyms
        self.identities = declared.accounts.identities
        self.figures = declared.accounts.figures
        self.residues = declared.residues
        units = sorted({*self.money, *self.counts, *self.synonyms, *declared.measures}, key=len, reverse=True)
        self._fragments = {
            "n": r"\d+(?:\.\d+)?",
            "unit": "|".join(map(re.escape, units)),
            "scale": "|".join(sorted(self.scales, key=len, reverse=True)),
            **declared.fragments,
        }
        self._declared = declared.patterns
        self._patterns: dict[str, re.Pattern[str]] = {}

    def compile(self, written: str) -> re.Pattern[str]:
        """Compile a pattern whose ``<name>`` stand for fragments."""
        for _ in range(3):
            written = re.sub(r"(?<!\?P)<(\w+)>", lambda match: f"(?:{self._fragments[match[1]]})", written)
        return re.compile(written)

    def pattern(self, name: str) -> re.Pattern[str]:
        """Return a compiled pattern by its name."""
        if name not in self._patterns:
            self._patterns[name] = self.compile(self._declared[name])
        return self._patterns[name]

    def worded(self, name: str) -> str:
        """Return a pattern as it is declared, to be put behind other words."""
        return self._declared[name]

    def find(self, name: str, text: str) -> re.Match[str] | None:
        """Search a text for a named pattern."""
        return self.pattern(name).search(text)

    def same_unit(self, unit: str) -> str:
        """Return the usual word of a measure unit."""
        return self.synonyms.get(unit, unit)

    def has(self, name: str, text: str) -> bool:
        """Say whether a text contains one of the named words."""
        return any(word in text for word in self.words[name])

    def number(self, written: str) -> int | None:
        """Read a small number written with digits or in Chinese (十二).

        Example:
            >>> load_grammar().number("25"), load_grammar().number("x")
            (25, None)
        """
        if written.isascii():
            return int(written) if written.isdecimal() and len(written) < 7 else None
        digits: dict[str, int] = self.words["digits"]
        tens = next(word for word, value in digits.items() if value == 10)
        if tens not in written:
            return digits.get(written)
        before, _, after = written.partition(tens)
        first, last = digits.get(before, 1 if not before else None), digits.get(after, 0 if not after else None)
        return None if first is None or last is None else first * 10 + last

    def number_of(self, heading: str) -> int | None:
        """Return the number a heading begins with, None where it has none.

        Example:
            >>> load_grammar().number_of("三、保障措施")
            3
        """
        match = self.find("numerals", heading[:6])
        return self.number(match[0]) if match else None

    def sentence(self, name: str, /, **parts: Any) -> str:
        """Write the arithmetic of a claim as a sentence."""
        inner = {key: self.inside(part) if isinstance(part, str) else part for key, part in parts.items()}
        return str(self.sentences[name]).format(**inner)

    def inside(self, words: str) -> str:
        """Return words with the quotation marks they bear inside other ones: ‘’ for “”.

        Example:
            >>> load_grammar().inside("甲“乙”丙")
            '甲‘乙’丙'
        """
        return words.translate(_INSIDE)


class _Accounts(Model):
    identities: list[dict[str, Any]]
    figures: list[dict[str, Any]]


class _Claims(Model):
    claims: Annotated[dict[str, ClaimKind], BeforeValidator(coded)]
    words: dict[str, Any]
    sentences: dict[str, Text]
    money: dict[str, Number]
    scales: dict[str, Number]
    unit_synonyms: dict[str, Text]
    residues: dict[str, Any]
    fragments: dict[str, Text]
    patterns: dict[str, Text]
    counts: Texts
    measures: Texts
    accounts: _Accounts


@cache
def load_claim_rules() -> tuple[dict[str, ClaimKind], Grammar]:
    """Load the declared kinds of claims and the grammar.

    Raises:
        DeclarationError: With every mistake of the file.
    """
    whole = load_model(RULES / "claims.yaml", _Claims)
    return whole.claims, Grammar(whole)


def load_claims() -> dict[str, ClaimKind]:
    """Return the declared kinds of claims by code.

    Example:
        >>> load_claims()["claim_parts"].severity
        'error'
    """
    return load_claim_rules()[0]


def load_grammar() -> Grammar:
    """Return the compiled grammar of claims.

    Example:
        >>> load_grammar().same_unit("%")
        '%'
    """
    return load_claim_rules()[1]
