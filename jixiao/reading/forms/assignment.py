"""The best assignment of columns to meanings (栏目判定): what headers say and what the cells below hold, as a whole.

Each meaning is given at most once in a table. A header whose parts say what it is keeps that meaning; where parts
leave a doubt, the spelling of known headers and the contents of the column are evidence, and what stays below the
declared threshold is asked, not made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from jixiao.reading.forms.below import fits_content, gives_most, is_filled, prove_points, proves
from jixiao.reading.forms.families import load_families
from jixiao.reading.forms.meanings import Meaning, header_words, meaning_of, parse_header, pattern
from jixiao.reading.forms.records import label_key

Position = tuple[int, int]

NAMES = ("level1", "level2", "level3", "level4", "name")
VALUES = ("target", "target_adjusted", "actual", "weight", "reported_score")
MONEY = ("initial_budget", "annual_budget", "arrived", "executed")
FOREIGN = ("forecast", "possible", "month_actual")
"""Columns of a form that watches the year while it runs (绩效监控)."""
REPEATED = frozenset(
    {
        "other",
        "last",
        "review_score",
        "deduct",
        "half_target",
        "half_score",
        "level_score",
        "month_actual",
        "adjustment",
    }
    | {"balance", "month", "forecast", "possible", "part"}
)
"""Meanings that no frame keeps and that any number of columns may have."""
_ALTERNATIVES = {
    "standard": (("target", 0.7), ("explanation", 0.5)),
    "goal": (("target", 0.65),),
    "situation": (("actual", 0.7),),
    "name": (("level3", 0.75),),
    "unit_name": (("measure_unit", 0.3),),
    "amount": (("annual_budget", 0.7),),
    "remark": (("deviation_reason", 0.3),),
    "level_score": (("reported_score", 0.3),),
    "half_target": (("target", 0.5),),
}
_FOUND_BY_CONTENT = ("target_relation", "weight", "target")
"""What the contents of a column can prove alone, without a known word in its header; whose score it is they cannot."""
_FOUND = 0.65
_CONTRADICTED = -0.6
_PROVED = 0.9
"""How sure a meaning is that the contents of the table prove."""
_FITTING = 0.6
"""From here on the cells of a column speak for a meaning that its header leaves open."""
_CHECKED = frozenset({"weight", "reported_score", "execution_rate", "arrival_rate"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: where it stands, what its header prints, what it means and how sure that is.

    ``how`` says by what it was understood: ``exact`` (a declared header), ``parts``, ``content`` or ``taught``; it is
    empty where nothing was understood.
    """

    left: int
    right: int
    at: Position
    text: str
    name: str = ""
    sure: float = 0.0
    how: str = ""
    choices: tuple[tuple[str, float], ...] = field(default=())


@cache
def known_headers() -> dict[str, str]:
    """Return every declared header, as headers are compared, with the column it names (登记的表头)."""
    named: dict[str, str] = {}
    for family in load_families():
        for block in family.blocks:
            if block.name in {"indicators", "funds"}:
                for label, columns in block.columns.items():
                    named.setdefault(label, columns[0])
    return named


@lru_cache(maxsize=16_384)
def is_exact(text: str) -> bool:
    """Say whether a header is printed as it is declared."""
    return label_key(text) in known_headers()


@lru_cache(maxsize=4_096)
def spelled_like(text: str, context: str) -> Meaning | None:
    """Return what the known header of the closest spelling means (近似拼写), if one is close enough."""
    from rapidfuzz import fuzz, process  # the parts of most headers leave no doubt

    core = parse_header(text).core
    if len(core) < 3:
        return None
    found = process.extractOne(core, known_headers().keys(), scorer=fuzz.ratio, score_cutoff=header_words()["similar"])
    meaning = meaning_of(found[0], context) if found else None
    return (
        Meaning(meaning.name, round(meaning.sure * found[1] / 100 * 0.85, 3), 1 - found[1] / 100)
        if meaning and found
        else None
    )


def candidates(text: str, context: str) -> tuple[tuple[str, float], ...]:
    """Return what a header may mean, the surest first (候选含义)."""
    found = meaning_of(text, context)
    if found is None or found.sure < float(header_words()["threshold"]):
        similar = spelled_like(text, context) if parse_header(text).tags else None
        if similar is not None and (found is None or similar.sure > found.sure):
            found = similar
    if found is None:
        return ()
    sure = found.sure if found.rest == 0 else min(found.sure, float(header_words()["doubtful"]))
    more = _ALTERNATIVES.get(found.name, ())
    return ((found.name, sure), *((name, round(share * sure, 3)) for name, share in more))


def assign(columns: list[Column], cells: Sequence[Sequence[str]], context: str) -> list[Column]:
    """Give every column the meaning that fits best over the whole table (整体最优), each meaning once.

    Args:
        columns: The columns with their possible meanings.
        cells: For each column the cells below its header.
        context: ``columns`` or ``funds``.

    Returns:
        The columns with name and sureness; a column that stays below the threshold has no name.
    """
    threshold = float(header_words()["threshold"])
    if context == "columns":
        columns = _before_the_year(_lone_score(_scores_by_content(columns, cells), cells))
    settled = {
        place: replace(column, name=column.choices[0][0], sure=column.choices[0][1], how=column.how or "parts")
        for place, column in enumerate(columns)
        if column.choices and column.choices[0][0] in REPEATED and column.choices[0][1] >= threshold
    }
    if settled:
        rest = [place for place in range(len(columns)) if place not in settled]
        others = assign([columns[place] for place in rest], [cells[place] for place in rest], context) if rest else []
        whole = {**settled, **dict(zip(rest, others, strict=True))}
        return [whole[place] for place in range(len(columns))]
    columns = _proved(columns, cells, context, threshold)
    first = [column.choices[0] if column.choices else ("", 0.0) for column in columns]
    names = [name for name, sure in first if sure >= threshold]
    is_plain = len(names) == len(columns) == len(set(names)) and not set(names) & _ALTERNATIVES.keys()
    is_plain = is_plain and not any(
        name in _CHECKED and fits_content(name, texts, {}) <= _CONTRADICTED
        for name, texts in zip(names, cells, strict=True)
    )
    if is_plain:
        return [
            replace(column, name=name, sure=sure, how=column.how or ("exact" if is_exact(column.text) else "parts"))
            for column, (name, sure) in zip(columns, first, strict=True)
        ]
    known = {
        name: texts for (name, sure), texts in zip(first, cells, strict=True) if sure >= threshold and name in VALUES
    }
    scores: list[dict[str, float]] = []
    for column, texts in zip(columns, cells, strict=True):
        given = dict(column.choices)
        for name in given:
            fit = fits_content(name, texts, {k: v for k, v in known.items() if v is not texts})
            given[name] += 0.1 * fit - (0.5 if name in _CHECKED and fit <= _CONTRADICTED else 0)
        scores.append(given)
    return _chosen(columns, _settle_ties(columns, scores, threshold), threshold)


def _before_the_year(columns: list[Column]) -> list[Column]:
    """Set apart what was reached in a year before that of the targets (2021年实际 beside 2022年目标)."""
    first = [(one.choices[0][0] if one.choices else "", parse_header(one.text).year) for one in columns]
    years = {stated for name, stated in first if name in {"target", "goal"}}
    year = years.pop() if len(years) == 1 else ""
    return [
        replace(one, choices=(("last", 1.0),)) if name == "actual" and "" < stated < year else one
        for one, (name, stated) in zip(columns, first, strict=True)
    ]


def _proved(columns: list[Column], cells: Sequence[Sequence[str]], context: str, threshold: float) -> list[Column]:
    """Make the headers sure of which the contents prove what their known words say; the others stay doubtful."""
    columns = _apart(columns, cells, threshold)
    first = [column.choices[0] if column.choices else ("", 0.0) for column in columns]
    sure = {name: texts for (name, known), texts in zip(first, cells, strict=True) if known >= threshold}
    open_places = [place for place, (_, known) in enumerate(first) if known < threshold and is_filled(cells[place])]
    result = list(columns)
    for place in open_places:
        name, how = first[place][0], columns[place].how or "content"
        others = [cells[other] for other in open_places if other != place]
        tried: tuple[str, ...] = (
            (name, "target_relation") if name else _FOUND_BY_CONTENT if context == "columns" else ()
        )
        if not name and "reported_score" not in sure:
            tried = tuple(one for one in tried if one != "weight")  # points and scores look the same
        if not name and pattern("bare_points").search(columns[place].text) and "weight" in sure:
            tried = (*tried, *(["reported_score"] if gives_most(cells[place], sure["weight"]) else []))
        found = next((one for one in tried if proves(one, cells[place], sure, others)), "")
        if found:
            result[place] = replace(columns[place], choices=((found, _PROVED if name else _FOUND),), how=how)
    named = {column.choices[0][0] for column in result if column.choices and column.choices[0][1] >= threshold}
    counted = [place for place in open_places if pattern("bare_points").search(columns[place].text)]
    apart = prove_points([cells[place] for place in counted]) if not named & _POINTS else None
    for name, at in zip(("weight", "reported_score"), apart or (), strict=False):
        place = counted[at]
        result[place] = replace(columns[place], choices=((name, _PROVED),), how=columns[place].how or "content")
    return result


_POINTS = frozenset({"weight", "reported_score"})


def _apart(columns: list[Column], cells: Sequence[Sequence[str]], threshold: float) -> list[Column]:
    """Take the lower of two columns of points for the scores, where no other column is (权重、绩效分值)."""
    first = [column.choices[0] if column.choices else ("", 0.0) for column in columns]
    named = [name for name, known in first if known >= threshold]
    if named.count("weight") != 2 or "reported_score" in named or "deduct" in named:
        return columns
    both = [place for place, (name, known) in enumerate(first) if name == "weight" and known >= threshold]
    found = prove_points([cells[place] for place in both])
    if found is None or not gives_most(cells[both[found[1]]], cells[both[found[0]]]):
        return columns
    result = list(columns)
    place = both[found[1]]
    result[place] = replace(columns[place], choices=(("reported_score", _PROVED),), how="content")
    return result


def _scores_by_content(columns: list[Column], cells: Sequence[Sequence[str]]) -> list[Column]:
    """Take a header that names score and remark (得分及说明) for the score where only numbers stand below it."""
    first = [column.choices[0][0] if column.choices else "" for column in columns]
    if "reported_score" in first or "weight" not in first:
        return columns
    weights = {"weight": cells[first.index("weight")]}
    result = list(columns)
    for place, (column, name) in enumerate(zip(columns, first, strict=True)):
        says = name == "other" and "score" in parse_header(column.text).tags
        if says and fits_content("reported_score", cells[place], weights) >= _FITTING:
            result[place] = replace(column, choices=(("reported_score", 0.7),))
            return result
    return columns


def _lone_score(columns: list[Column], cells: Sequence[Sequence[str]]) -> list[Column]:
    """Take the one score of a table for its score, whoever gave it (核定得分)."""
    first = [column.choices[0][0] if column.choices else "" for column in columns]
    if "reported_score" in first or not first.count("review_score") == first.count("weight") == 1:
        return columns
    at, points = first.index("review_score"), cells[first.index("weight")]
    if not (proves("reported_score", cells[at], {"weight": points}, []) and gives_most(cells[at], points)):
        return columns
    result = list(columns)
    result[at] = replace(columns[at], choices=(("reported_score", _PROVED),), how="content")
    return result


def _settle_ties(columns: list[Column], scores: list[dict[str, float]], threshold: float) -> list[dict[str, float]]:
    """Lower all but one of the columns whose headers say the same (同义栏): the one of the year counts.

    Where nothing in the headers tells which one that is, none of them is taken: both are asked.
    """
    preferred = header_words()["preferred"]
    settled = [dict(given) for given in scores]
    for name, parts in preferred.items():
        rivals = [
            place
            for place, column in enumerate(columns)
            if column.choices and column.choices[0][0] == name and column.choices[0][1] >= threshold
        ]
        if len(rivals) < 2:
            continue
        ranks = {place: _rank(columns[place].text, parts) for place in rivals}
        best = max(ranks.values())
        first = [place for place in rivals if ranks[place] == best]
        for place in rivals:
            if len(first) > 1 or place != first[0]:
                settled[place].pop(name, None)
    return settled


def _rank(text: str, parts: list[str]) -> tuple[bool, ...]:
    """Return how close a header is to the value of the year: the parts it has, in their declared order."""
    tags = parse_header(text).tags
    return tuple(part in tags for part in parts)


def _chosen(columns: list[Column], scores: list[dict[str, float]], threshold: float) -> list[Column]:
    names = sorted({name for given in scores for name in given})
    if not names:
        return columns
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    matrix = np.zeros((len(columns), len(names) + len(columns)))
    for row, given in enumerate(scores):
        for name, sure in given.items():
            matrix[row, names.index(name)] = sure if sure >= 0.3 else 0.0
    rows, places = linear_sum_assignment(matrix, maximize=True)
    result = list(columns)
    for row, place in zip(rows, places, strict=True):
        column = columns[row]
        if place >= len(names) or matrix[row, place] <= 0:
            continue
        name = names[place]
        stated, found = dict(column.choices).get(name), round(min(float(matrix[row, place]), 1.0), 3)
        how = "content" if stated is None else "exact" if is_exact(column.text) and stated >= 1 else "parts"
        sure = found if stated is None or found < stated - 0.3 else stated  # the contents speak against the header
        if sure >= threshold:
            result[row] = replace(column, name=name, sure=sure, how=column.how or how)
    return result
