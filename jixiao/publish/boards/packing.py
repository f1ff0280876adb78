"""Frames as compact columns a page can read (列式压缩): texts by number, figures as whole numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from jixiao.core.vocabulary import columns

_SCALES = {"money": 1_000_000, "points": 10_000, "rate": 1_000_000_000}


def pack(frame: pd.DataFrame) -> dict[str, Any]:
    """Return a frame as JSON-able columns (打包): ``count`` rows, each column with its values.

    Figures become whole numbers of 1 ÷ ``scale``, so that whoever reads them adds exactly: money millionths of 万元 (a
    form in 元 prints six decimals), points ten-thousandths, rates billionths. Texts that repeat are numbers into
    ``words``. Missing numbers are None, missing texts empty. The type of a column is that of the vocabulary.

    Example:
        >>> pack(pd.DataFrame({"unit": ["甲", "甲"], "weight": [10.0, None]}))["columns"]["weight"]
        {'scale': 10000, 'values': [100000, None]}
    """
    return {"count": len(frame), "columns": {str(name): _column(str(name), frame[name]) for name in frame}}


def _column(name: str, values: pd.Series) -> dict[str, Any]:
    kind = columns()[name]["type"]
    if kind in {"text", "date"}:
        texts = values.astype("object").where(values.notna(), "").astype("str")
        codes, words = pd.factorize(texts)
        if len(words) > 0.8 * len(texts):
            return {"values": texts.tolist()}
        return {"words": words.tolist(), "values": codes.tolist()}
    numbers = values.astype("float64").to_numpy()
    scale = _SCALES.get(kind, 1)
    whole = np.rint(numbers * scale)
    return {"scale": scale, "values": [None if number != number else int(number) for number in whole.tolist()]}
