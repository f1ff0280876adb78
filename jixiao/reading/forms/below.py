"""What stands below a header (内容佐证): how well the cells of a column fit a meaning, and when they prove one.

A header with a word nobody knows says too little alone: the word may turn its meaning round (上年完成值). It is taken
for what its other words say only where the cells below it, together with the columns that are sure, leave nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from jixiao.reading.forms.meanings import header_words, pattern
from jixiao.reading.values.values import load_grammar, normalise

_DIGITS = re.compile(r"-?\d+(?:\.\d+)?")
_LARGEST_RATE = 200
"""A rate in % that is larger is none: it is an amount under the wrong header."""
_MOSTLY = 0.8
_NEAR = 0.006
"""How far a printed rate may lie from the one of two amounts: it is rounded."""
_FULL = frozenset({50.0, 60.0, 70.0, 80.0, 90.0, 100.0})
"""What the points of a whole table add up to, with or without those of the execution of its budget."""


def numbers_of(texts: Sequence[str]) -> list[float | None]:
    """Return the numbers of a column, nothing where a cell holds none."""
    found: list[float | None] = []
    for text in texts:
        plain = normalise(text).replace(",", "")
        digits = _DIGITS.match(plain) if pattern("number_cell").fullmatch(plain) else None
        found.append(float(digits[0]) if digits else None)
    return found


def _share(texts: Sequence[str], is_such: Callable[[str], bool]) -> float:
    filled = [text for text in texts if not pattern("blank_cell").fullmatch(normalise(text))]
    return sum(map(is_such, filled)) / len(filled) if filled else 0.0


@cache
def _signs() -> frozenset[str]:
    return frozenset(dict(load_grammar().prefixes)) | {"=", *header_words()["kinds_of_target"]}


def fits_content(name: str, texts: Sequence[str], others: dict[str, Sequence[str]]) -> float:
    """Return how well the cells of a column fit a meaning (内容佐证), from -1 to 1.

    Args:
        name: The meaning.
        texts: The cells below the header.
        others: The cells of the columns that are understood already.
    """
    filled = [text for text in texts if not pattern("blank_cell").fullmatch(normalise(text))]
    if not filled:
        return 0.0
    numbers = numbers_of(texts)
    numeric = _share(texts, lambda text: pattern("number_cell").fullmatch(normalise(text).replace(",", "")) is not None)
    if name in {"weight", "reported_score"}:
        if numeric < 0.8 or any(number is not None and not 0 <= number <= 100 for number in numbers):
            return -0.6
        total = sum(number for number in numbers if number is not None)
        other = others.get("weight" if name == "reported_score" else "reported_score")
        pairs = [
            (ours, theirs)
            for ours, theirs in zip(numbers, numbers_of(other or []), strict=False)
            if ours is not None and theirs is not None
        ]
        below = all(ours <= theirs if name == "reported_score" else ours >= theirs for ours, theirs in pairs)
        if pairs and not below:
            return -0.4
        if name == "weight":
            return 0.7 if round(total, 2) in _FULL else 0.2
        return 0.6 if pairs else 0.3
    if name in {"execution_rate", "arrival_rate"}:
        with_sign = _share(texts, lambda text: normalise(text).endswith("%"))
        is_large = any(number is not None and number > _LARGEST_RATE for number in numbers) and with_sign < 0.5
        return -0.8 if is_large else 0.6 if with_sign > 0.5 else 0.0
    if name == "measure_unit":
        return (
            0.6 if _share(texts, lambda text: len(text.strip()) <= 5 and not text.strip()[:1].isdigit()) > 0.9 else -0.5
        )
    if name == "target_relation":
        return 0.9 if _share(texts, lambda text: normalise(text) in _signs()) > 0.8 else -0.5
    if name in {"target", "actual"}:
        with_sign = _share(texts, lambda text: normalise(text).startswith(tuple("≥≤><=")))
        if name == "target":
            return 0.6 if with_sign > 0.5 else 0.1
        return -0.2 if with_sign > 0.5 else 0.2
    if name == "deviation_reason":
        return 0.2 if numeric < 0.2 else -0.6
    return 0.0


def is_filled(texts: Sequence[str]) -> bool:
    """Say whether anything stands below a header."""
    return any(not pattern("blank_cell").fullmatch(normalise(text)) for text in texts)


def _is_numeric(texts: Sequence[str]) -> bool:
    return _share(texts, lambda text: pattern("number_cell").fullmatch(normalise(text)) is not None) >= _MOSTLY


def _pairs(ours: Sequence[str], theirs: Sequence[str]) -> list[tuple[float, float]]:
    numbers = zip(numbers_of(ours), numbers_of(theirs), strict=False)
    return [(one, other) for one, other in numbers if one is not None and other is not None]


def _proves_weight(texts: Sequence[str], sure: Mapping[str, Sequence[str]], others: Sequence[Sequence[str]]) -> bool:
    numbers = [number for number in numbers_of(texts) if number is not None]
    if not _is_numeric(texts) or round(sum(numbers), 2) not in _FULL or len(numbers) < 3:
        return False
    if any(_is_numeric(other) for other in others):
        return False
    if "reported_score" not in sure:
        return True
    pairs = _pairs(texts, sure["reported_score"])
    return bool(pairs) and all(points >= score for points, score in pairs)


def _proves_score(texts: Sequence[str], sure: Mapping[str, Sequence[str]], others: Sequence[Sequence[str]]) -> bool:
    if "weight" not in sure or not _is_numeric(texts) or any(_is_numeric(other) for other in others):
        return False
    pairs = _pairs(texts, sure["weight"])
    return len(pairs) >= 3 and all(0 <= score <= points for score, points in pairs)


def gives_most(scores: Sequence[str], points: Sequence[str]) -> bool:
    """Say whether a column holds at least half of the points, as what was given does and what was taken off does not.

    Example:
        >>> gives_most(["9", "5"], ["10", "10"]), gives_most(["1", "0"], ["10", "10"])
        (True, False)
    """
    pairs = _pairs(points, scores)
    return bool(pairs) and 2 * sum(given for _, given in pairs) >= sum(whole for whole, _ in pairs)


def prove_points(columns: Sequence[Sequence[str]]) -> tuple[int, int] | None:
    """Tell two columns of numbers apart as points and scores by what they hold alone (分值、得分互证).

    Returns:
        The place of the points, which make a whole, and that of the scores, none above its points and less in all;
        None where the contents leave more than one answer.

    Example:
        >>> prove_points([["10", "40", "38"], ["10", "45", "45"]]), prove_points([["50", "50"], ["50", "50"]])
        ((1, 0), None)
    """
    numbers = [at for at, texts in enumerate(columns) if _is_numeric(texts)]
    if len(numbers) != 2:
        return None
    for points, scores in (numbers, numbers[::-1]):
        pairs = _pairs(columns[points], columns[scores])
        whole, given = (round(sum(one[side] for one in pairs), 2) for side in (0, 1))
        if len(pairs) >= 3 and whole in _FULL and given < whole and all(0 <= low <= high for high, low in pairs):
            return points, scores
    return None


def _without_sign(text: str) -> str:
    """Return a value without the sign of its relation (≥), as it is where it has none or is nothing else."""
    plain = normalise(text)
    sign = max((one for one in _signs() if plain.startswith(one)), key=len, default="")
    return plain[len(sign) :] or plain


def _signed(texts: Sequence[str]) -> float:
    return _share(texts, lambda text: _without_sign(text) != normalise(text))


def _proves_target(texts: Sequence[str], sure: Mapping[str, Sequence[str]], others: Sequence[Sequence[str]]) -> bool:
    return _signed(texts) > 0.5 and not any(map(_signed, others)) and "last" not in sure


def _shape(text: str) -> str:
    """Return what a value looks like without its numbers: its unit, or that it is words."""
    plain = _without_sign(text)
    return _DIGITS.sub("0", plain) if plain[:1].isdigit() else "words"


def _proves_actual(texts: Sequence[str], sure: Mapping[str, Sequence[str]], others: Sequence[Sequence[str]]) -> bool:
    """A form with scores has a column of results; where no other column is left, it is the one like the targets."""
    is_left = {"target", "reported_score"} <= sure.keys() and not others
    return is_left and are_alike(sure["target"], texts)


def are_alike(targets: Sequence[str], results: Sequence[str]) -> bool:
    """Say whether the cells of two columns look like targets and what was reached: the same units, signs on one side.

    Example:
        >>> are_alike(["≥15个", "100%", "≥88%"], ["14个", "100%", "93%"]), are_alike(["15个"], ["14个"])
        (True, False)
    """
    if _signed(results) > 0.5:
        return False
    pairs = [(_shape(one), _shape(two)) for one, two in zip(results, targets, strict=False) if one and two]
    return len(pairs) >= 3 and sum(one == two for one, two in pairs) >= _MOSTLY * len(pairs)


def _proves_reason(texts: Sequence[str], sure: Mapping[str, Sequence[str]], others: Sequence[Sequence[str]]) -> bool:
    return not others and "reported_score" in sure and not any(number is not None for number in numbers_of(texts))


def _proves_level(texts: Sequence[str], listed: str) -> bool:
    return _share(texts, lambda text: re.fullmatch(header_words()[listed], normalise(text)) is not None) >= _MOSTLY


def _proves_rate(texts: Sequence[str], sure: Mapping[str, Sequence[str]]) -> bool:
    budgets = [sure[name] for name in ("annual_budget", "initial_budget") if name in sure]
    return "executed" in sure and any(is_rate_of(texts, sure["executed"], budget) for budget in budgets)


def is_rate_of(rates: Sequence[str], parts: Sequence[str], wholes: Sequence[str]) -> bool:
    """Say whether the rates of a column are those of two columns of amounts, which they prove by that (执行率)."""
    rows = [
        (rate / 100, part / whole)
        for rate, part, whole in zip(numbers_of(rates), numbers_of(parts), numbers_of(wholes), strict=False)
        if rate is not None and part is not None and whole
    ]
    return bool(rows) and all(abs(stated - found) <= _NEAR for stated, found in rows)


def _proves_money(name: str, texts: Sequence[str], sure: Mapping[str, Sequence[str]]) -> bool:
    """What was spent is the rate of the budget; a budget is proved where the other one has another rate."""
    rates = sure.get("execution_rate")
    if rates is None:
        return False
    if name == "executed":
        return any(is_rate_of(rates, texts, sure[one]) for one in ("annual_budget", "initial_budget") if one in sure)
    other = sure.get("initial_budget")
    if name != "annual_budget" or other is None or "executed" not in sure:
        return False
    return is_rate_of(rates, sure["executed"], texts) and not is_rate_of(rates, sure["executed"], other)


def proves(name: str, texts: Sequence[str], sure: Mapping[str, Sequence[str]], others: Sequence[Sequence[str]]) -> bool:
    """Say whether the cells of a column prove what the known words of its header say (内容证实).

    Args:
        name: The meaning that the known words have.
        texts: The cells below the header.
        sure: The cells of the columns that are sure, by their meanings.
        others: The cells of the other columns that are not understood for sure and hold something.

    Returns:
        Whether nothing else is left for the column; a meaning that no contents can prove is never proved.

    Example:
        >>> sure = {"reported_score": ["10", "40", "38"]}
        >>> proves("weight", ["10", "40", "40"], sure, []), proves("weight", ["10", "40", "40"], sure, [["1", "2"]])
        (True, False)
    """
    if name in sure or not is_filled(texts):
        return False
    simple: dict[str, Callable[[], bool]] = {
        "weight": lambda: _proves_weight(texts, sure, others),
        "reported_score": lambda: _proves_score(texts, sure, others),
        "target": lambda: _proves_target(texts, sure, others),
        "actual": lambda: _proves_actual(texts, sure, others),
        "deviation_reason": lambda: _proves_reason(texts, sure, others),
        "level1": lambda: _proves_level(texts, "category_words"),
        "level2": lambda: _proves_level(texts, "subcategory_words"),
        "target_relation": lambda: _share(texts, lambda text: normalise(text) in _signs()) > _MOSTLY,
        "execution_rate": lambda: _proves_rate(texts, sure),
        "executed": lambda: _proves_money(name, texts, sure),
        "annual_budget": lambda: _proves_money(name, texts, sure),
    }
    return name in simple and simple[name]()
