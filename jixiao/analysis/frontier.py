"""Efficiency frontier (投入产出, DEA): who gets the same output from less input, and from whom it could be learnt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from jixiao.analysis.choices import choices, sentence, take_choice, take_columns
from jixiao.core.errors import RequestError
from jixiao.core.writing import percent_text

_NEAR = 1e-6


def _named(frame: pd.DataFrame, inputs: Any, outputs: Any, name: str) -> tuple[list[str], list[str]]:
    take_columns(frame, name)
    taken, given = take_columns(frame, inputs), take_columns(frame, outputs)
    if not taken or not given:
        raise RequestError("投入（inputs）和产出（outputs）应各写明至少一列")
    return taken, given


def _usable(frame: pd.DataFrame, inputs: list[str], outputs: list[str]) -> tuple[np.ndarray, pd.Series]:
    """Return which rows can be compared and the reason of those that cannot."""
    taken, given = (frame[names].astype("float64").to_numpy() for names in (inputs, outputs))
    bad_input = ~((taken > 0) & np.isfinite(taken)).all(axis=1)
    bad_output = ~((given >= 0) & np.isfinite(given)).all(axis=1)
    reason = np.select([bad_input, bad_output], [sentence("bad_input"), sentence("bad_output")], "")
    usable = ~(bad_input | bad_output)
    most = choices("frontier")["most_units"]
    if usable.sum() > most:
        raise RequestError(f"参与比较的单位有 {usable.sum()} 个，超过 {most} 个，请先按年度、类别或规模缩小范围")
    return usable, pd.Series(reason, index=frame.index, dtype="str")


def _solve(taken: np.ndarray, given: np.ndarray, variable: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the efficiency of every unit and the weights of its peers; units in rows.

    Phase 1 finds the smallest θ, phase 2 the largest sum of slacks at that θ, so that peers lie on the frontier.
    """
    from scipy.optimize import linprog

    count, inputs, outputs = len(taken), taken.shape[1], given.shape[1]
    x, y = taken / taken.max(axis=0), given / np.where(given.max(axis=0) > 0, given.max(axis=0), 1)
    equal = np.append(np.ones(count), 0)[None, :] if variable else None
    efficiency, peers = np.empty(count), np.zeros((count, count))
    limits = np.vstack([np.hstack([x.T, np.zeros((inputs, 1))]), np.hstack([-y.T, np.zeros((outputs, 1))])])
    slack = np.hstack([np.vstack([x.T, y.T]), np.diag(np.append(np.ones(inputs), -np.ones(outputs)))])
    reward = np.append(np.zeros(count), -np.ones(inputs + outputs))
    for unit in range(count):
        limits[:inputs, count] = -x[unit]
        first = linprog(
            np.append(np.zeros(count), 1.0),
            A_ub=limits,
            b_ub=np.append(np.zeros(inputs), -y[unit]),
            A_eq=equal,
            b_eq=[1.0] if variable else None,
            method="highs",
        )
        theta = min(float(first.x[-1]), 1.0)
        rows = np.vstack([slack, np.append(np.ones(count), np.zeros(inputs + outputs))]) if variable else slack
        wanted = np.concatenate([theta * x[unit], y[unit], [1.0] if variable else []])
        second = linprog(reward, A_eq=rows, b_eq=wanted, method="highs")
        efficiency[unit] = theta
        peers[unit] = (second if second.status == 0 else first).x[:count]
    return efficiency, np.where(peers > _NEAR, peers, 0)


def _solved(
    frame: pd.DataFrame, inputs: list[str], outputs: list[str], returns: str
) -> tuple[np.ndarray, pd.Series, np.ndarray, np.ndarray]:
    take_choice("returns", returns, ["constant", "variable"])
    usable, reason = _usable(frame, inputs, outputs)
    part = frame.loc[usable]
    taken, given = part[inputs].to_numpy("float64"), part[outputs].to_numpy("float64")
    if len(part) == 0:
        return usable, reason, np.array([]), np.zeros((0, 0))
    efficiency, peers = _solve(taken, given, returns == "variable")
    return usable, reason, efficiency, peers


def efficiency_frontier(
    frame: pd.DataFrame,
    *,
    inputs: str | Sequence[str],
    outputs: str | Sequence[str],
    name: str = "project",
    returns: str = "constant",
) -> pd.DataFrame:
    """Measure the efficiency of each unit against the best practice found (投入产出效率, DEA), input-oriented.

    Formula: the smallest θ for which some mixture λ ≥ 0 of the units gives at least the outputs of this unit with at
    most θ times its inputs: Σλx ≤ θ·x₀, Σλy ≥ y₀; with ``variable`` returns also Σλ = 1 (BCC), else CCR.

    Args:
        frame: One row per unit.
        inputs: Columns of what goes in, such as executed_wan; above zero.
        outputs: Columns of what comes out, counted in the same measure unit in every row; zero or above.
        name: Column that names the unit in the explanation.
        returns: ``constant`` (CCR) compares regardless of size, ``variable`` (BCC) only with mixtures of like size.

    Returns:
        The rows of ``frame`` in their order with ``efficiency`` above 0 to 1 (1 is on the frontier), ``peers`` (names
        of the units it is measured against, largest weight first, with the weight), ``explanation`` as a sentence. A
        unit with a missing or unusable figure stays in the frame, has no efficiency and says why.

    Limits: the units must do the same kind of work and their outputs must be counted alike. It is relative: the best
    are best of those compared, and one wrong figure of a best unit moves all others. With few units for the number of
    measures nearly every unit looks efficient. Quality and needs of the place are not in it. Several mixtures of peers
    may be equally good; one is named.

    Basis: 成本效益分析 and 标杆 are methods of 财预〔2020〕10号 art.17; the frontier is our own choice of method.

    Raises:
        RequestError: A column is missing, or there are more units than declared.

    Example:
        >>> rows = pd.DataFrame({"unit": ["甲", "乙", "丙"], "money": [2.0, 4.0, None], "done": [2.0, 2.0, 1.0]})
        >>> efficiency_frontier(rows, inputs="money", outputs="done", name="unit")["efficiency"].tolist()
        [1.0, 0.5, nan]
    """
    taken, given = _named(frame, inputs, outputs, name)
    usable, reason, efficiency, peers = _solved(frame, taken, given, returns)
    names = frame.loc[usable, name].astype("str").tolist()
    wanted = choices("frontier")["units_per_measure"] * (len(taken) + len(given))
    few = sentence("few", count=len(names), wanted=wanted) if len(names) < wanted else ""
    listed, told = [], []
    for unit, share in enumerate(efficiency):
        others = [place for place in np.argsort(-peers[unit], kind="stable") if peers[unit, place] > 0]
        is_best = share > 1 - _NEAR
        listed.append("" if is_best else "、".join(f"{names[place]}×{peers[unit, place]:.2f}" for place in others))
        alike = "、".join(names[place] for place in others)
        words = (
            sentence("efficient", count=len(names))
            if is_best
            else sentence("inefficient", peers=alike, share=percent_text(share))
        )
        told.append(words + few)
    result = frame.assign(efficiency=np.nan, peers="", explanation=reason)
    result.loc[usable, "efficiency"] = np.where(efficiency > 1 - _NEAR, 1.0, efficiency)
    result.loc[usable, "peers"] = listed
    result.loc[usable, "explanation"] = told
    return result


def frontier_slacks(
    frame: pd.DataFrame,
    *,
    inputs: str | Sequence[str],
    outputs: str | Sequence[str],
    name: str = "project",
    returns: str = "constant",
) -> pd.DataFrame:
    """Return what each unit could save or add to stand with its peers (松弛量): one row per unit and measure.

    Formula: the goal of an input is Σλx, of an output Σλy; ``radial_cut`` = (1 − θ)·x is what every input shrinks by
    alike, ``slack`` is what remains beyond it.

    Args:
        frame: As for :func:`efficiency_frontier`.
        inputs: As there.
        outputs: As there.
        name: As there.
        returns: As there.

    Returns:
        Key ``name``, measure. ``flow`` is input or output; ``amount``, ``goal``, ``radial_cut`` and ``slack`` are in
        the unit of the measure, slack 0 or above. Units that cannot be compared are not here;
        :func:`efficiency_frontier` lists them with their reason.

    Example:
        >>> rows = pd.DataFrame({"unit": ["甲", "乙"], "money": [2.0, 4.0], "done": [2.0, 2.0]})
        >>> frontier_slacks(rows, inputs="money", outputs="done", name="unit")["goal"].tolist()
        [2.0, 2.0, 2.0, 2.0]
    """
    taken, given = _named(frame, inputs, outputs, name)
    usable, _, efficiency, peers = _solved(frame, taken, given, returns)
    part = frame.loc[usable].reset_index(drop=True)
    parts = []
    for flow, measures in (("input", taken), ("output", given)):
        for measure in measures:
            amount = part[measure].to_numpy("float64")
            goal = peers @ amount
            cut = (1 - efficiency) * amount if flow == "input" else np.zeros(len(part))
            slack = amount - cut - goal if flow == "input" else goal - amount
            near = np.abs(slack) < _NEAR * np.maximum(np.abs(amount), 1)
            parts.append(
                part[[name]].assign(
                    flow=flow, measure=measure, amount=amount, goal=goal, radial_cut=cut, slack=np.where(near, 0, slack)
                )
            )
    return pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
