"""Find the checkable claims of report texts (文稿核查): each one with its line, its arithmetic and whether it holds.

What a claim looks like, what it is called and what it says is declared in ``rules/claims.yaml``. A claim that fails
becomes a finding (问题) in the same shape as those of ``checks``; a difference that rounding explains does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path

import pandas as pd

from jixiao.checks.texts.absent import find_absent
from jixiao.checks.texts.amounts import find_amounts
from jixiao.checks.texts.column_relations import find_column_relations
from jixiao.checks.texts.compared_words import find_compared
from jixiao.checks.texts.copied import find_copied
from jixiao.checks.texts.counts import find_counts
from jixiao.checks.texts.dates import find_dates, find_documents, find_report_years
from jixiao.checks.texts.derived import find_derived
from jixiao.checks.texts.events import find_events
from jixiao.checks.texts.facts import find_facts, find_residues
from jixiao.checks.texts.foreign import find_foreign
from jixiao.checks.texts.found import Claim, Finder
from jixiao.checks.texts.grammar import load_claims, load_grammar
from jixiao.checks.texts.growth import find_growth, find_signs
from jixiao.checks.texts.justified import find_reasons
from jixiao.checks.texts.level_lists import find_level_lists
from jixiao.checks.texts.listed_sums import find_listed_sums
from jixiao.checks.texts.mentions import find_same_mentions
from jixiao.checks.texts.named_rates import find_named_rates
from jixiao.checks.texts.names import find_names
from jixiao.checks.texts.near_pairs import find_near_pairs
from jixiao.checks.texts.official_names import find_official_names
from jixiao.checks.texts.one_fact import find_one_fact
from jixiao.checks.texts.one_fault import join_places, join_points
from jixiao.checks.texts.own_standards import find_own_standards
from jixiao.checks.texts.parts import find_parts
from jixiao.checks.texts.per_unit import find_per_unit
from jixiao.checks.texts.points_tree import find_points
from jixiao.checks.texts.printed_figures import find_figures, find_openings
from jixiao.checks.texts.products import find_products
from jixiao.checks.texts.prose import Document, make_document
from jixiao.checks.texts.rates import find_formulas, find_shares
from jixiao.checks.texts.rests import find_rests
from jixiao.checks.texts.scores import find_scores
from jixiao.checks.texts.standing import find_standing
from jixiao.checks.texts.table_values import find_table_values
from jixiao.checks.texts.table_words import find_table_words
from jixiao.checks.texts.told import find_told_twice
from jixiao.checks.texts.unborne import find_unborne
from jixiao.core.frames import FINDINGS, SEVERITIES, typed
from jixiao.reading.files import TextLine, load_limits, read_lines

SCHEMA = {
    "source_file": "str",
    "line": "Int64",
    "code": "str",
    "quote": "str",
    "printed": "str",
    "derived": "str",
    "difference": "float64",
    "verdict": "str",
    "arithmetic": "str",
    "severity": "str",
}
"""The columns of claims (陈述): one row is one statement of a text that can be checked."""

VERDICTS = ["fails", "rounding", "open", "holds"]

FINDERS: tuple[Finder, ...] = (
    find_parts,
    find_formulas,
    find_shares,
    find_growth,
    find_signs,
    find_counts,
    find_facts,
    find_residues,
    find_scores,
    find_dates,
    find_names,
    find_openings,
    find_told_twice,
    find_reasons,
    find_standing,
    find_amounts,
    find_events,
    find_official_names,
    find_named_rates,
    find_points,
    find_absent,
    find_near_pairs,
    find_per_unit,
    find_compared,
    find_level_lists,
    find_foreign,
    find_one_fact,
    find_table_values,
    find_listed_sums,
    find_rests,
)
"""Every finder that knows what it reads: a sentence, a table, a heading."""

GENERAL: tuple[Finder, ...] = (
    find_report_years,
    find_own_standards,
    find_products,
    find_column_relations,
    find_table_words,
    find_derived,
    find_unborne,
    find_same_mentions,
)
"""Finders that know nothing but numbers and the words around them; they are silent where another one has spoken."""


PAIRED = frozenset({find_standing, find_near_pairs, find_per_unit, find_one_fact, find_listed_sums, *GENERAL})
"""Finders that compare each number or name of a text with every other one; left out where there are too many."""


def is_crowded(document: Document) -> bool:
    """Say whether a text has more numbers and names than are compared with one another (数字过多).

    ``text_numbers`` of ``rules/limits.yaml`` says how many; twice as many would take four times as long and more, and
    between so many some agree by chance.

    Example:
        >>> is_crowded(make_document("a.txt", [TextLine(1, "参会386人次。")]))
        False
    """
    return _numbers(document) > load_limits().text_numbers


def _numbers(document: Document) -> int:
    grammar = load_grammar()
    names = sum(
        len(grammar.pattern(name).findall(one.text))
        for one in document.prose
        for name in ("organisation", "cited_name")
    )
    return names + sum(len(one.quantities) for one in document.paragraphs)


def say_crowded(documents: Sequence[Document]) -> list[str]:
    """Say of each text with too many numbers and names that they were not compared with one another (未两两核对)."""
    return [
        load_grammar().sentence(
            "crowded", file=document.file, count=str(_numbers(document)), most=str(load_limits().text_numbers)
        )
        for document in documents
        if is_crowded(document)
    ]


def name_files(paths: Sequence[Path]) -> list[str]:
    """Name files for the reader: by their name, or by their path where two names are equal (文件名).

    Example:
        >>> name_files([Path("a/x.txt"), Path("b/x.txt"), Path("c/y.txt")])
        ['a/x.txt', 'b/x.txt', 'y.txt']
    """
    counted = Counter(path.name for path in paths)
    return [path.name if counted[path.name] == 1 else path.as_posix() for path in paths]


def read_document(path: Path, name: str) -> Document:
    """Read one report text (读取文稿).

    Args:
        path: A .txt, .docx or .pdf file.
        name: How the file is named to the reader.

    Raises:
        FormError: The file cannot be read.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.txt"
        >>> _ = path.write_text("1+1=2", encoding="utf-8")
        >>> read_document(path, "a.txt").prose[0].text
        '1+1=2'
    """
    return make_document(name, read_lines(path, name))


def find_claims(documents: Sequence[Document], *, accounts: pd.DataFrame | None = None) -> pd.DataFrame:
    """Find every checkable claim of some texts (找出可核对的陈述).

    Args:
        documents: The texts; numbers of documents are compared between them.
        accounts: The frame ``accounts`` that belongs to the texts, if there is one; else the tables printed in a text.

    Returns:
        claims: one row is one claim, in the order of the texts; ``verdict`` is holds, rounding, fails or open.

    Basis:
        A text against itself (L).

    Example:
        >>> text = [TextLine(1, "保障会议386次，其中国家级18次，省级216次，市级152次。")]
        >>> find_claims([make_document("a.txt", text)])[["line", "verdict", "derived"]].values.tolist()
        [[1, 'holds', '386']]
    """
    found: list[tuple[Document, Claim]] = []
    for document in documents:
        left_out = PAIRED if is_crowded(document) else frozenset()
        known = [claim for finder in FINDERS if finder not in left_out for claim in finder(document)]
        known += find_figures(document, accounts)
        for finder in (one for one in GENERAL if one not in left_out):
            known += _untold(known, finder(document))
        found += [(document, claim) for claim in known]
    found += find_documents(documents)
    found += find_copied(documents)
    order = {id(document): number for number, document in enumerate(documents)}
    rows = [
        {
            **vars(claim),
            "code": claim.kind,
            "source_file": document.file,
            "severity": claim.severity or load_claims()[claim.kind].severity,
        }
        for document, claim in sorted(found, key=lambda item: (order[id(item[0])], item[1].line, item[1].kind))
    ]
    claims = typed(join_points(rows), SCHEMA).drop_duplicates(ignore_index=True)
    again = claims.duplicated(["source_file", "line", "code", "printed", "derived", "verdict"])
    again &= claims["verdict"] == "fails"
    return claims[~again].reset_index(drop=True)


def _untold(known: list[Claim], general: Iterable[Claim]) -> list[Claim]:
    """Return the claims whose number no failing claim tells yet at the same place (同一错误只报一次)."""
    told = {place for claim in known if claim.verdict == "fails" for place in _told(claim, claim.arithmetic)}
    kept: list[Claim] = []
    for claim in general:
        if claim.verdict == "fails" and not told.isdisjoint(_told(claim, "")):
            continue
        kept.append(claim)
        told.update(_told(claim, claim.arithmetic))
    return kept


def _told(claim: Claim, words: str) -> set[tuple[int, str]]:
    """Return each line a claim speaks of with each number that it and the words tell."""
    grammar = load_grammar()
    lines = {claim.line, *(int(match["line"]) for match in grammar.pattern("line_told").finditer(claim.arithmetic))}
    numbers = {match[0] for match in grammar.pattern("any_number").finditer(f"{claim.printed} {claim.derived} {words}")}
    return set(product(lines, numbers))


def claim_findings(claims: pd.DataFrame, *, documents: Sequence[Document] = ()) -> pd.DataFrame:
    """Turn the claims that fail into findings (问题).

    Args:
        claims: What :func:`find_claims` returned.
        documents: The texts, for the year of each finding.

    Returns:
        findings: one row is one fault, worst first; its place is the line (第n行) of the text where it shows first. The
        same wrong figure said again elsewhere is the same fault: ``places`` lists every line.

    Example:
        >>> text = [TextLine(1, "保障会议386次，其中国家级18次，省级216次，市级162次。")]
        >>> findings = claim_findings(find_claims([make_document("a.txt", text)]))
        >>> findings[["code", "derived", "source_cell"]].values.tolist()
        [['claim_parts', '396', '第1行']]
    """
    years = {document.file: document.year for document in documents}
    kinds, grammar = load_claims(), load_grammar()
    rows = []
    for row in claims[claims["verdict"] == "fails"].to_dict("records"):
        kind = kinds[row["code"]]
        rows.append(
            {
                **dict.fromkeys(FINDINGS, ""),
                "place_count": 1,
                "code": kind.code,
                "title": kind.title,
                "severity": row["severity"],
                "year": years.get(row["source_file"]),
                "message": kind.message.format(**{**row, "quote": grammar.inside(row["quote"])}),
                "printed": row["printed"],
                "derived": row["derived"],
                "difference": row["difference"],
                "resolution": kind.resolution,
                "basis": kind.basis,
                "basis_mark": kind.basis_mark,
                "source_file": row["source_file"],
                "source_cell": grammar.sentence("line", line=row["line"]),
            }
        )
    rank = {severity: number for number, severity in enumerate(SEVERITIES)}
    return typed(sorted(join_places(rows), key=lambda row: rank[row["severity"]]), FINDINGS)


def count_verdicts(claims: pd.DataFrame) -> dict[str, int]:
    """Count claims by verdict (核对结果): so that no finding means checked.

    Example:
        >>> count_verdicts(find_claims([]))
        {'fails': 0, 'rounding': 0, 'open': 0, 'holds': 0}
    """
    counted = claims["verdict"].value_counts()
    return {verdict: int(counted.get(verdict, 0)) for verdict in VERDICTS}


__all__ = [
    "FINDERS",
    "GENERAL",
    "SCHEMA",
    "VERDICTS",
    "TextLine",
    "claim_findings",
    "count_verdicts",
    "find_claims",
    "is_crowded",
    "load_claims",
    "make_document",
    "name_files",
    "read_document",
    "say_crowded",
]
