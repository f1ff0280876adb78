"""What stands on a page of a PDF and is no text of it (水印): watermarks, white letters; and pages that lie turned."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from jixiao.reading.files.cells import Remark, remark

Char = dict[str, Any]

TURNED_SHARE = 0.6
"""Share of the signs of a page from which it lies turned."""
LEAN = 3.0
"""Degrees by which upright text may lean."""
LIGHT, WHITE = 0.55, 0.97
"""Brightness of a sign that is pale, and of one that nobody sees on paper."""
LARGE = 1.25
"""A watermark has letters so many times as large as the text under it, or pale ones."""
HUGE = 1.8
COVERED_SHARE = 0.2
"""Share of the signs of a watermark that lie over other signs."""
_BIN = 24.0
_FULL_PICTURE = 0.7
"""Share of a page that a picture covers when the page is a scan."""


def angle_of(char: Char) -> int:
    """Return the direction in which a sign is read, in degrees counted against the clock."""
    matrix = char.get("matrix")
    if not matrix:
        return 0 if char.get("upright", True) else 90
    return round(math.degrees(math.atan2(matrix[1], matrix[0]))) % 360


def upright(page: Any) -> tuple[Any, int]:
    """Return a page as it is to be held, and by how many degrees it lay turned (转正).

    Args:
        page: A page of pdfplumber.
    """
    from pdfplumber.page import Page

    angles = Counter(angle for char in page.chars if (angle := angle_of(char)) in (0, 90, 180, 270))
    if not angles:
        return page, 0
    angle, count = angles.most_common(1)[0]
    if angle == 0 or count < TURNED_SHARE * len(page.chars):
        return page, 0
    page.page_obj.rotate = (page.page_obj.rotate + angle) % 360
    return Page(page.pdf, page.page_obj, page.page_number, page.initial_doctop), (360 - angle) % 360


def take_marks(page: Any, place: str) -> tuple[Any, list[Remark]]:
    """Return a page without what is no text of it, and what was taken out (去除水印).

    A watermark runs aslant, or is pale or large and lies over other text. White letters on white paper are hidden.

    Args:
        page: A page of pdfplumber, upright.
        place: How the page is named in a remark.
    """
    groups: dict[tuple[Any, ...], list[Char]] = defaultdict(list)
    for char in page.chars:
        groups[angle_of(char), round(char["size"]), str(char.get("non_stroking_color")), char["fontname"]].append(char)
    if len(groups) < 2 and not any(_is_light(chars[0]) for chars in groups.values()):
        return page, []
    usual = median(char["size"] for char in page.chars)
    marks: list[tuple[str, list[Char]]] = []
    for (angle, *_), chars in groups.items():
        if min(angle % 90, 90 - angle % 90) > LEAN:
            marks.append(("watermark", chars))
    aslant = {id(char) for _, chars in marks for char in chars}
    for (angle, *_), chars in groups.items():
        if id(chars[0]) in aslant or angle not in (0, 90, 270):
            continue
        brightness = _brightness(chars[0].get("non_stroking_color"))
        is_large = chars[0]["size"] >= LARGE * usual
        if brightness >= WHITE:
            unseen = [char for char in chars if not _has_ground(page, char)]
            marks += [("hidden_color", unseen)] if unseen else []
        elif (brightness >= LIGHT or is_large) and len(chars) < TURNED_SHARE * len(page.chars):
            own = {id(char) for char in chars}
            others = [char for char in page.chars if id(char) not in aslant and id(char) not in own]
            share = _covered(chars, others)
            if share >= COVERED_SHARE or (brightness >= LIGHT and chars[0]["size"] >= HUGE * usual):
                marks.append(("watermark", chars))
    if not marks:
        return page, []
    taken = {id(char) for _, chars in marks for char in chars}
    remarks: dict[tuple[str, str], Remark] = {}
    for kind, chars in marks:
        said = _said(chars)
        remarks.setdefault((kind, said), remark(kind, place, said))
    return page.filter(lambda item: id(item) not in taken), list(remarks.values())


def is_scan(page: Any) -> bool:
    """Say whether a page is one picture with a text over it that some program has recognised."""
    whole = float(page.width) * float(page.height)
    return any(
        (image["x1"] - image["x0"]) * (image["bottom"] - image["top"]) >= _FULL_PICTURE * whole for image in page.images
    )


def _is_light(char: Char) -> bool:
    return _brightness(char.get("non_stroking_color")) >= LIGHT


def _brightness(color: Any) -> float:
    """Return how bright a colour is, from 0 to 1; black when the file names a pattern or nothing."""
    if isinstance(color, int | float):
        color = (color,)
    if not isinstance(color, tuple | list) or not all(isinstance(part, int | float) for part in color):
        return 0.0
    if len(color) == 1:
        return float(color[0])
    if len(color) == 3:
        return float(min(color)) if max(color) - min(color) > 0.3 else float(sum(color)) / 3
    if len(color) == 4:
        return max(0.0, 1 - float(max(color[:3])) - float(color[3]))
    return 0.0


def _has_ground(page: Any, char: Char) -> bool:
    """Say whether something darker lies under a white sign: a filled cell or a picture."""
    x, y = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2

    def is_under(item: dict[str, Any]) -> bool:
        return bool(item["x0"] <= x <= item["x1"] and item["top"] <= y <= item["bottom"])

    if any(is_under(image) for image in page.images):
        return True
    filled = (item for item in [*page.rects, *page.curves] if item.get("fill"))
    return any(is_under(item) and _brightness(item.get("non_stroking_color")) < WHITE for item in filled)


def _covered(chars: Sequence[Char], others: Iterable[Char]) -> float:
    """Return the share of some signs that lie over the middle of others."""
    bins: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    for char in others:
        if char["text"].strip():
            x, y = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
            bins[int(x // _BIN), int(y // _BIN)].append((x, y))
    over = 0
    for char in chars:
        left, right, top, bottom = char["x0"], char["x1"], char["top"], char["bottom"]
        over += any(
            left < x < right and top < y < bottom
            for column in range(int(left // _BIN), int(right // _BIN) + 1)
            for row in range(int(top // _BIN), int(bottom // _BIN) + 1)
            for x, y in bins.get((column, row), ())
        )
    return over / len(chars)


def _said(chars: Sequence[Char]) -> str:
    """Return the words of a mark; one that is repeated over the page is said once."""
    text = "".join(char["text"] for char in chars).strip()
    for length in range(2, len(text) // 2 + 1):
        if len(text) % length == 0 and text == text[:length] * (len(text) // length):
            return text[:length]
    return text[:60]


def in_reading_order(chars: Sequence[Char]) -> tuple[list[Char], str]:
    """Part the signs of a cell that are read upwards or downwards (竖排) from the others, and return their words."""
    level = [char for char in chars if angle_of(char) not in (90, 270)]
    if len(level) == len(chars):
        return level, ""
    lines: dict[tuple[int, int], list[Char]] = defaultdict(list)
    for char in chars:
        angle = angle_of(char)
        if angle in (90, 270):
            middle = (char["x0"] + char["x1"]) / 2
            near = next((key for key in lines if key[0] == angle and abs(key[1] - middle) < char["size"] / 2), None)
            lines[near or (angle, round(middle))].append(char)
    words = []
    for (angle, _), line in sorted(lines.items(), key=lambda item: item[0][1] * (1 if item[0][0] == 90 else -1)):
        ordered = sorted(line, key=lambda char: char["top"], reverse=angle == 90)
        words.append("".join(char["text"] for char in ordered))
    return level, "\n".join(words)
