"""Thousands of layouts nobody declared, other ones each time: not one wrong value (未登记版式长测试)."""

from __future__ import annotations

import os
import time

from figures import keep
from layouts.generator import make_layout
from layouts.judging import Judgement
from layouts.writing import KINDS, write_layout

LAYOUTS = int(os.environ.get("JIXIAO_LAYOUTS", "2000"))


def test_thousands_of_layouts_are_read_without_a_wrong_value(tmp_path):
    start, found = int(time.time()), Judgement()
    for number in range(LAYOUTS):
        layout = make_layout(start + number)
        path = write_layout(layout, tmp_path / str(number), KINDS[number % len(KINDS)])
        found.judge(layout, path)
        path.unlink()
    counts = found.counts
    assert counts["wrong"] == counts["invented"] == 0, found.lines
    assert counts["read"] >= 0.95 * LAYOUTS, found.lines
    keep(
        "未登记版式",
        {
            "版式": LAYOUTS,
            "读出的表": counts["read"],
            "相符的值": counts["right"],
            "未读的值": counts["missed"],
            "读错的值": counts["wrong"],
            "凭空的行": counts["invented"],
        },
    )
