"""Signs as a reader sees them (符号): glyphs of symbol fonts, tick boxes, and small raised figures."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator

from jixiao.core.models import Model, Text, Words, checked_shipped, with_text_keys

_PRIVATE = re.compile("[\uf020-\uf0ff]")
_SMALL = str.maketrans("0123456789+-−－", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
_POWER = re.compile(r"[-−－+]?\d{1,2}")


class _Font(Model):
    """A font of signs: what it shows from two codes on, one sign each, and at single codes."""

    from_20: Text | None = None
    from_a0: Text | None = None
    signs: Annotated[dict[str, Text], BeforeValidator(with_text_keys)] = {}


class _Signs(Model):
    """The whole of ``rules/signs.yaml`` (符号)."""

    fonts: dict[str, _Font]
    unknown_sign: Text
    boxes: Words
    tick_signs: Text
    box_signs: Text
    note_mark: Text
    bracketed_mark: Text
    raised_units: Text
    raised_powers: Text
    times_ten: Text
    unseen: Words


@cache
def sign_words() -> dict[str, Any]:
    """Return the declared signs (符号用词)."""
    return dict(checked_shipped("signs.yaml", _Signs))


@cache
def _glyphs(font: str) -> dict[int, str]:
    """Return the signs of a font by their code; nothing when it is no symbol font."""
    declared = sign_words()["fonts"].get(font)
    if declared is None:
        return {}
    glyphs = {0x20 + place: sign for place, sign in enumerate(declared.get("from_20", ""))}
    glyphs |= {0xA0 + place: sign for place, sign in enumerate(declared.get("from_a0", ""))}
    return glyphs | {int(str(code), 16): sign for code, sign in declared.get("signs", {}).items()}


@cache
def symbol_font(name: str) -> str:
    """Return the name of a symbol font as it is declared, empty for any other font.

    Example:
        >>> symbol_font("Wingdings 2"), symbol_font("BCDEEE+SymbolMT"), symbol_font("SimSun")
        ('wingdings 2', 'symbol', '')
    """
    plain = re.sub(r"^[A-Z]{6}\+", "", name).lower().replace("-", " ")
    plain = re.sub(r"(?<=wingdings)(?=[23])", " ", plain)
    for font in sorted(sign_words()["fonts"], key=len, reverse=True):
        if font != "unknown" and re.fullmatch(rf"{font}(?:\s*(?:mt|ps|std|regular|neu))*", plain):
            return str(font)
    return ""


def glyph(code: int, font: str) -> str:
    """Return the sign that a font shows for a code.

    Example:
        >>> glyph(0xF0B3, "Symbol"), glyph(0xFE, "Wingdings"), glyph(0xF0A3, "Wingdings 2")
        ('≥', '☑', '□')
    """
    code = code - 0xF000 if 0xF000 <= code <= 0xF0FF else code
    if code in (0x20, 0xA0):
        return " "
    glyphs = _glyphs(symbol_font(font) or "unknown")
    return glyphs.get(code, str(sign_words()["unknown_sign"]))


def shown_signs(text: str, font: str = "") -> str:
    """Return a text as its font shows it (按字体显示的文字).

    Signs of the private area mean what the font shows, that of Symbol when it is not known; in a symbol font plain
    letters are signs too.

    Example:
        >>> shown_signs(chr(0xF0B3) + "300"), shown_signs("£24", "Symbol"), shown_signs("24", "SimSun")
        ('≥300', '≤24', '24')
    """
    known = symbol_font(font) if font else ""
    if known:
        return "".join(
            glyph(code, known) if (code := ord(sign)) in range(0x20, 0x100) or 0xF020 <= code <= 0xF0FF else sign
            for sign in text
        )
    if text.isascii() or not _PRIVATE.search(text):
        return text
    return _PRIVATE.sub(lambda found: glyph(ord(found[0]), ""), text)


def tick_box(is_checked: bool) -> str:
    """Return the sign of a tick box (复选框)."""
    return str(sign_words()["boxes"]["checked" if is_checked else "open"])


def boxed_sign(frame: str, inner: str) -> str:
    """Return what a sign in a frame means (带圈字符): a tick in a box is a ticked box.

    Example:
        >>> boxed_sign("□", "√"), boxed_sign("○", "1")
        ('☑', '1')
    """
    if frame.strip() in set(sign_words()["box_signs"]):
        if inner.strip() in set(sign_words()["tick_signs"]):
            return tick_box(True)
        return inner or tick_box(False)
    return inner or frame


def raised(before: str, mark: str) -> tuple[str, str]:
    """Say what a small raised text means behind another (上标): part of it, or only the number of a note.

    Args:
        before: The text that it stands behind.
        mark: The raised text.

    Returns:
        The text to join, and the mark of a note that is left out; one of them is empty.

    Example:
        >>> raised("310", "1"), raised("120km", "2"), raised("5×10", "4"), raised("92%", "[2]"), raised("30", "o")
        (('', '1'), ('²', ''), ('⁴', ''), ('', '[2]'), ('o', ''))
    """
    plain = mark.strip()
    if not plain:
        return mark, ""
    words = sign_words()
    if _POWER.fullmatch(plain):
        behind = before.rstrip()
        if plain in {"2", "3"} and re.search(words["raised_units"], behind):
            return plain.translate(_SMALL), ""
        is_power = re.search(words["times_ten"], behind) or (
            re.search(words["raised_powers"], behind) and (not plain.isdigit() or int(plain) > 2)
        )
        if is_power or (plain[0] in "-−－" and re.search(r"[A-Za-z]$", behind)):
            return plain.translate(_SMALL), ""
    if before.strip():
        return ("", plain) if re.fullmatch(words["note_mark"], plain) else (mark, "")
    return ("", plain) if re.fullmatch(words["bracketed_mark"], plain) else (mark, "")
