"""Columns -> points (得分): scaled to exact integers at the door, then one formula for all rows of a rule.

Rows go through in blocks that fit into the cache of a processor. Within a block the rows of one rule are cut out, and
only the columns that its formula asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import numpy as np

from jixiao.core.exact import coded, half_up
from jixiao.reading.values.values import parse_points
from jixiao.scoring import formulas
from jixiao.scoring.frameworks import IndicatorRule, rates

BLOCK = 16_384
"""Rows that are worked on at a time."""
_SIGNS = frozenset({"sign", "word"})
"""The inputs that are only compared."""
_DTYPES = {"case": np.int8, "score": np.int32, "low": np.int32, "high": np.int32}

Columns = Mapping[str, Any]


class Scaled(dict[str, Any]):
    """The inputs of a formula (公式的输入) for some rows, cut out of whole columns of integers when first asked for.

    The columns are those that :mod:`jixiao.scoring.formulas` names, under those names and scaled as it says.
    """

    def __init__(self, columns: Columns, at: Any, rule: IndicatorRule) -> None:
        super().__init__()
        self.columns, self.at, self.rule = columns, at, rule

    def __missing__(self, name: str) -> Any:
        self[name] = self.take(name)
        return self[name]

    def take(self, name: str) -> Any:
        """Cut the rows out of a column; whole numbers that are reckoned with get 64 bits, in which products fit."""
        values = self.columns[name][self.at]
        return values.astype(np.int64, copy=False) if values.dtype.kind in "iu" and name not in _SIGNS else values


class Door(Scaled):
    """The inputs of a formula for some rows of the frames, scaled when first asked for (入口换算).

    The columns are those of the frame ``indicators`` as arrays, with ``is_negative``, ``is_strict``, ``is_rate`` and
    ``position``, the number of the evaluation, instead of texts; ``funds`` holds the money by evaluation, and a last
    row that is missing.
    """

    def __missing__(self, name: str) -> Any:
        self.update(_SCALED[name](self))
        return self[name]

    def take(self, name: str) -> Any:
        """Cut the rows out of a column."""
        return self.columns[name][self.at]


def _hundredths(points: np.ndarray) -> np.ndarray:
    """Points as whole hundredths, half up; missing is -1."""
    scaled = points * formulas.POINT
    scaled += 0.5 + 1e-9
    np.floor(scaled, out=scaled)
    scaled[np.isnan(scaled)] = -1
    return scaled.astype(np.int64)


def _weight(door: Door) -> dict[str, Any]:
    return {"weight": np.maximum(_hundredths(door.take("weight")), 0)}


def _reported(door: Door) -> dict[str, Any]:
    return {"reported": _hundredths(door.take("reported_score"))}


_FACTORS = ((1e3, 1e6), (1e6, 1e3), (1e9, 1.0))
"""From which size on a pair of numbers is scaled by how much; a smaller one by 10⁹."""


def _scaled(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Scale two columns row by row to integers by one power of ten, so that their ratio stays exact."""
    largest = np.maximum(np.abs(first), np.abs(second))  # missing when one of them is
    scale = np.full(len(largest), 1e9)
    for least, factor in _FACTORS:
        above = largest >= least
        if not above.any():
            break
        scale[above] = factor
    known = largest * scale < formulas.LIMIT
    missing = ~known
    whole = []
    for column in (first, second):
        scaled = column * scale
        scaled[missing] = 0
        whole.append(np.rint(scaled, out=scaled).astype(np.int64))
    return whole[0], whole[1], scale.astype(np.int64), known


def _pair(door: Door) -> dict[str, Any]:
    """Scale target and actual; they can be compared when both are numbers of one unit and the target is no day."""
    target, actual, scale, known = _scaled(door.take("target_value"), door.take("actual_value"))
    ready = known & door.take("is_comparable")
    comparable = ready & np.isnat(door.take("target_date"))
    return {"target": target, "actual": actual, "one": scale, "comparable": comparable, "ready": ready}


def _rate_pair(door: Door) -> dict[str, Any]:
    """Return numerator and denominator of the rate that the rule names; denominator 0 when there is none."""
    declared = rates().get(door.rule.parameters.get("rate", ""))
    if declared is None:
        nothing = np.zeros(len(door["weight"]), np.int64)
        return {"numerator": nothing, "denominator": nothing}
    if declared.numerator == "actual_value" and declared.denominator == "target_value":
        return {"numerator": door["actual"], "denominator": np.where(door["ready"], door["target"], 0)}
    if not declared.denominator:
        stated = np.where(door.take("is_rate"), door.take("actual_value"), np.nan)
        under, over, _, known = _scaled(np.ones(len(stated)), stated)
        return {"numerator": over, "denominator": np.where(known, under, 0)}
    funds, place = door.columns["funds"], door.take("position")
    under, over, _, known = _scaled(funds[declared.denominator][place], funds[declared.numerator][place])
    return {"numerator": over, "denominator": np.where(known, np.maximum(under, 0), 0)}


def _direction(door: Door) -> dict[str, Any]:
    return {"sign": np.where(door.take("is_negative"), np.int8(-1), np.int8(1))}


def _strict(door: Door) -> dict[str, Any]:
    return {"strict": door.take("is_strict")}


def _word(door: Door) -> dict[str, Any]:
    return {"word": door.take("word_met")}


def _dates(door: Door) -> dict[str, Any]:
    """Return started months after the planned day (延迟月数), 0 or less when in time or without dates."""
    planned, actual = door.take("target_date"), door.take("actual_date")
    known = ~(np.isnat(planned) | np.isnat(actual))
    months = np.zeros(len(known), np.int64)
    late = np.flatnonzero(actual > planned)
    if len(late):
        months[late] = _months_late(planned[late], actual[late])
    return {"months_late": months, "has_dates": known}


def _months_late(planned: np.ndarray, actual: np.ndarray) -> np.ndarray:
    days = [dates.astype("M8[D]") for dates in (planned, actual)]
    months = [dates.astype("M8[M]") for dates in (planned, actual)]
    in_month = [day - month.astype("M8[D]") for day, month in zip(days, months, strict=True)]
    is_month_end = (days[0] + 1).astype("M8[M]") != months[0]
    return (months[1] - months[0]).astype(np.int64) + ((in_month[1] > in_month[0]) & ~is_month_end)


def _is_reachable(door: Door) -> dict[str, Any]:
    """Say whether the given points are a sum of element points (要点之和), and the very sum the row writes out."""
    reported = door["reported"]
    elements: tuple[Decimal, ...] = door.rule.parameters.get("elements", ())
    if not elements:
        return {"is_reachable": np.ones(len(reported), bool)}
    sums = {Decimal(0)}
    for points in elements:
        sums |= {points + known for known in sums}
    allowed = {int(half_up(points) * formulas.POINT) for points in sums}
    codes, texts = coded(door.columns["actual_text"])
    written = [parse_points(str(texts.iat[code])) for code in codes[door.at]]
    agrees = [
        points is None or int(half_up(points) * formulas.POINT) == given
        for points, given in zip(written, reported, strict=True)
    ]
    return {"is_reachable": np.isin(reported, list(allowed)) & np.array(agrees, bool)}


_SCALED: dict[str, Callable[[Door], dict[str, Any]]] = {
    "weight": _weight,
    "reported": _reported,
    **dict.fromkeys(("target", "actual", "one", "comparable", "ready"), _pair),
    **dict.fromkeys(("numerator", "denominator"), _rate_pair),
    "sign": _direction,
    "strict": _strict,
    "word": _word,
    **dict.fromkeys(("months_late", "has_dates"), _dates),
    "is_reachable": _is_reachable,
}
"""What makes each input of a formula out of the columns of the frames."""


def score_columns(
    columns: Columns,
    rule: np.ndarray,
    rules: Sequence[IndicatorRule],
    *,
    door: type[Scaled] = Scaled,
    steps: Sequence[str] = ("score",),
    threads: int = 1,
) -> dict[str, np.ndarray]:
    """Score whole columns (整列计分) by the functions of :mod:`jixiao.scoring.formulas`.

    Args:
        columns: What ``door`` takes its inputs from: integers scaled as the formulas say, or columns of the frames.
        rule: The number of the rule of each row.
        rules: The rules by number.
        door: ``Scaled`` for integers, ``Door`` for columns of the frames.
        steps: Which steps of the formulas are wanted.
        threads: How many blocks are worked on side by side.

    Returns:
        The wanted steps of every row: ``score``, ``low`` and ``high`` in hundredths of a point (a score of -1: the rule
        gives none), ``case``, ``rate_over`` and ``rate_under``.

    Example:
        >>> from jixiao.scoring.frameworks import load_framework
        >>> rule = next(one for one in load_framework("caiyu_2020_10").rules if one.method == "judged_level")
        >>> given = {"weight": np.array([1000, 500]), "reported": np.array([850, 600]), "word": np.array([1, -1])}
        >>> score_columns(given, np.zeros(2, np.int8), [rule])["score"].tolist()
        [850, -1]
    """
    size = len(rule)
    out = {name: np.empty(size, _DTYPES.get(name, np.int64)) for name in steps}
    program, programs = _programs(rules)

    def work(blocks: Iterable[slice]) -> None:
        for block in blocks:
            for first, at in _cut(program[rule[block]], block):
                found = formulas.METHODS[first.method](door(columns, at, first), first.parameters, formulas.COLUMNS)
                for name, values in out.items():
                    values[at] = found[name]

    def _cut(numbers: np.ndarray, block: slice) -> Iterator[tuple[IndicatorRule, Any]]:
        counts = np.bincount(numbers, minlength=len(programs))
        most = int(counts.argmax())
        is_most = 2 * counts[most] > len(numbers)  # cheaper for the whole block; the others are written over it
        if is_most:
            yield programs[most], block
        for number in np.flatnonzero(counts):
            if number != most or not is_most:
                yield programs[number], np.flatnonzero(numbers == number) + block.start

    blocks = [slice(start, min(start + BLOCK, size)) for start in range(0, size, BLOCK)]
    if threads > 1 and len(blocks) > threads:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, [blocks[start::threads] for start in range(threads)]))
    else:
        work(blocks)
    return out


def _programs(rules: Sequence[IndicatorRule]) -> tuple[np.ndarray, list[IndicatorRule]]:
    """Number the rules by what they do: rules of one formula with the same parameters are worked out together."""
    same: dict[tuple[Any, str], int] = {}
    numbers = [same.setdefault((formulas.METHODS[rule.method], repr(rule.parameters)), len(same)) for rule in rules]
    firsts = [rules[numbers.index(number)] for number in range(len(same))]
    return np.array(numbers, np.uint8 if len(same) < 256 else np.int64), firsts
