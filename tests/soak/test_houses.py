"""Hundreds of reports of houses nobody has seen, others each time: no wrong number, little missed (报告写法长测试)."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))

from figures import keep  # noqa: E402
from test_documents import miss  # noqa: E402

HOUSES = int(os.environ.get("JIXIAO_HOUSES", "600"))
NAMES = dict(
    zip(
        ("sections", "indicators", "indicator_paragraphs", "problems", "advice"),
        ("章节", "指标行", "指标段落", "问题", "建议"),
        strict=True,
    )
)
LEAST = {"sections": 0.95, "indicators": 0.9, "indicator_paragraphs": 0.9, "problems": 0.9, "advice": 0.9}


def test_hundreds_of_houses_are_read_without_a_wrong_number(tmp_path):
    start, read, wanted = int(time.time()), Counter(), Counter()
    for number in range(HOUSES):
        missed = miss(start + number, tmp_path)
        assert missed.pop("wrong") == [], start + number
        for name, (count, of) in missed.items():
            read[name] += count
            wanted[name] += of
    shares = {name: read[name] / wanted[name] for name in LEAST}
    assert all(share >= LEAST[name] for name, share in shares.items()), (start, shares)
    keep("报告写法", {"报告": HOUSES, **{NAMES[name]: f"{share:.3f}" for name, share in shares.items()}})
