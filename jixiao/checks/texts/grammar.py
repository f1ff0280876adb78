"""The words and patterns by which claims are found (识别用语), compiled once from ``rules/claims.yaml``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from jixiao.core.declared import RULES, open_declaration, refuse
from jixiao.core.frames import SEVERITIES
from jixiao.scoring.frameworks import MARKS


@dataclass(frozen=True)
class ClaimKind:
    """One declared kind of claim (一类陈述) and the finding it becomes when it fails."""

    code: str
    title: str
    severity: str
    message: str
    resolution: str
    basis: str
    basis_mark: str


class Grammar:
    """The declared words and the compiled patterns."""

    def __init__(self, declared: dict[str, Any]) -> None:
        self.words: dict[str, Any] = declared["words"]
        self.sentences: dict[str, str] = declared["sentences"]
        self.money = {unit: Decimal(factor) for unit, factor in declared["money"].items()}
        self.money_unit = next(unit for unit, factor in self.money.items() if factor == 1)
        self.scales = {word: Decimal(factor) for word, factor in declared["scales"].items()}
        self.counts = set(declared["counts"])
        self.synonyms: dict[str, str] = declared["unit_synonyms"]
        self.identities: list[dict[str, Any]] = declared["identities"]
        self.figures: list[dict[str, Any]] = declared["figures"]
        self.residues: dict[str, str] = declared["residues"]
        units = sorted({*self.money, *self.counts, *self.synonyms, *declared["measures"]}, key=len, reverse=True)
        self._fragments = {
            "n": r"\d+(?:\.\d+)?",
            "unit": "|".join(map(re.escape, units)),
            "scale": "|".join(sorted(self.scales, key=len, reverse=True)),
            **declared["fragments"],
        }
        self._declared: dict[str, str] = declared["patterns"]
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

    def sentence(self, name: str, /, **parts: Any) -> str:
        """Write the arithmetic of a claim as a sentence."""
        return str(self.sentences[name]).format(**parts)


@cache
def load_claim_rules() -> tuple[dict[str, ClaimKind], Grammar]:
    """Load the declared kinds of claims and the grammar.

    Raises:
        DeclarationError: With every mistake of the file.
    """
    path = RULES / "claims.yaml"
    whole, mistakes = open_declaration(path)
    kinds = {}
    declared = whole.part("claims", required=True)
    for code in declared.keys():
        part = declared.part(code)
        basis = part.part("basis", required=True)
        kinds[code] = ClaimKind(
            code,
            part.text("title") or "",
            part.text("severity", choices=SEVERITIES) or "",
            part.text("message") or "",
            part.text("resolution") or "",
            basis.text("text") or "",
            basis.text("mark", choices=MARKS) or "",
        )
        if kinds[code].basis_mark == "J" and kinds[code].severity != "question":
            declared.note(code, "依据只是本工具口径（J）的，严重程度只能是 question")
        basis.close()
        part.close()
    names = ["words", "sentences", "money", "scales", "unit_synonyms", "residues", "fragments", "patterns"]
    content: dict[str, Any] = {name: whole.mapping(name) for name in names}
    content |= {name: whole.texts(name) for name in ("counts", "measures")}
    grammar = whole.mapping("accounts")
    whole.close()
    refuse(path, mistakes)
    return kinds, Grammar(content | grammar)


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
