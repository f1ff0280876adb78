"""What the styles of an .xlsx workbook say about a cell (单元格样式): number format, font, whether it is seen."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from jixiao.reading.files.shown import NumberFormat, number_format
from jixiao.reading.files.signs import symbol_font

_FORMAT = re.compile(rb"<(?:\w+:)?numFmt\s([^<>]*?)/?>")
_ATTRIBUTES = re.compile(rb"""([\w:]+)\s*=\s*["']([^"']*)["']""")
_BLOCKS = {
    name: re.compile(rb"<(?:\w+:)?%s\b.*?</(?:\w+:)?%s>" % (name, name), re.DOTALL)
    for name in (b"cellXfs", b"fonts", b"fills")
}
_XF = re.compile(rb"<(?:\w+:)?xf\s([^<>]*?)/?>")
_FONT = re.compile(rb"<(?:\w+:)?font\s*/>|<(?:\w+:)?font>(.*?)</(?:\w+:)?font>", re.DOTALL)
_FILL = re.compile(rb"<(?:\w+:)?fill\s*/>|<(?:\w+:)?fill>(.*?)</(?:\w+:)?fill>", re.DOTALL)
_STRUCK = re.compile(rb"""<(?:\w+:)?strike(?:\s*/>|\s+val\s*=\s*["'](?:1|true)["'])""")
_NAME = re.compile(rb"""<(?:\w+:)?(?:name|rFont)\s[^<>]*?val\s*=\s*["']([^"']*)["']""")
_COLOR = re.compile(rb"<(?:\w+:)?color\s([^<>]*?)/?>")
_SOLID = re.compile(rb"""patternType\s*=\s*["']solid["']""")
_SURFACE = re.compile(rb"<(?:\w+:)?fgColor\s([^<>]*?)/?>")
_SECTION = re.compile(r'"[^"]*"|\\.|[^;"\\]+|;')
WHITE = "white"


@dataclass(frozen=True)
class Styles:
    """The cell styles that matter, by their number in the file."""

    formats: dict[bytes, NumberFormat] = field(default_factory=dict)
    """Styles that add something to a number."""
    struck: frozenset[bytes] = frozenset()
    fonts: dict[bytes, str] = field(default_factory=dict)
    """Styles in a symbol font, with its name."""
    blind: dict[bytes, tuple[bool, bool, bool, bool]] = field(default_factory=dict)
    """Styles whose number format hides positive numbers, negative ones, zeros, texts."""
    pale: frozenset[bytes] = frozenset()
    """Styles whose text has the colour of the cell it stands on."""

    @property
    def is_plain(self) -> bool:
        """Whether no style hides, strikes out or draws signs."""
        return not (self.struck or self.fonts or self.blind or self.pale)


@lru_cache(maxsize=64)
def read_styles(content: bytes) -> Styles:
    """Return the styles of a workbook from its part ``xl/styles.xml`` (读取单元格样式).

    Example:
        >>> read_styles(b'<cellXfs><xf numFmtId="10"/></cellXfs>').formats[b"0"].decimals
        2
    """
    codes = {}
    for found in _FORMAT.findall(content):
        attributes = dict(_ATTRIBUTES.findall(found))
        codes[attributes.get(b"numFmtId", b"")] = html.unescape(attributes.get(b"formatCode", b"").decode())
    fonts = [found[1] or b"" for found in _FONT.finditer(_block(content, b"fonts"))]
    fills = [_surface(found[1] or b"") for found in _FILL.finditer(_block(content, b"fills"))]
    struck = {number for number, font in enumerate(fonts) if _STRUCK.search(font)}
    names = {number: known for number, font in enumerate(fonts) if (known := font_of(font))}
    colors = [color_of(font) for font in fonts]
    formats, symbols, blind = {}, {}, {}
    struck_styles, pale = set(), set()
    for number, found in enumerate(_XF.findall(_block(content, b"cellXfs"))):
        style = str(number).encode()
        attributes = dict(_ATTRIBUTES.findall(found))
        identity = attributes.get(b"numFmtId", b"0")
        code = codes.get(identity, "")
        shown = number_format(code, int(identity))
        if shown:
            formats[style] = shown
        if ";" in code and any(hides := hidden_sections(code)):
            blind[style] = hides
        font, fill = int(attributes.get(b"fontId", b"0")), int(attributes.get(b"fillId", b"0"))
        if font in struck:
            struck_styles.add(style)
        if font in names:
            symbols[style] = names[font]
        color, surface = (colors[font] if font < len(colors) else ""), (fills[fill] if fill < len(fills) else WHITE)
        if color and color == surface:
            pale.add(style)
    return Styles(formats, frozenset(struck_styles), symbols, blind, frozenset(pale))


def _block(content: bytes, name: bytes) -> bytes:
    found = _BLOCKS[name].search(content)
    return found[0] if found else b""


def font_of(properties: bytes) -> str:
    """Return the symbol font that the properties of a font or of a run name, empty for any other."""
    name = _NAME.search(properties)
    return symbol_font(html.unescape(name[1].decode("utf-8", "replace"))) if name else ""


def is_struck(properties: bytes) -> bool:
    """Say whether the properties of a run strike it out."""
    return bool(_STRUCK.search(properties))


def color_of(properties: bytes) -> str:
    """Return the colour of a font, white under one name; empty when it is that of all text."""
    found = _COLOR.search(properties)
    return _color(found[1]) if found else ""


def _surface(fill: bytes) -> str:
    """Return the colour of a fill: a cell without one is white."""
    if b"gradientFill" in fill:
        return ""
    if not _SOLID.search(fill):
        return WHITE
    found = _SURFACE.search(fill)
    return _color(found[1]) if found else ""


def _color(attributes: bytes) -> str:
    values = dict(_ATTRIBUTES.findall(attributes))
    tint = values.get(b"tint", b"0")
    if b"rgb" in values:
        rgb = values[b"rgb"].decode().upper()[-6:]
        return WHITE if rgb == "FFFFFF" else f"rgb {rgb} {tint!r}"
    if b"theme" in values:
        return WHITE if values[b"theme"] == b"0" and float(tint) == 0 else f"theme {values[b'theme']!r} {tint!r}"
    if b"indexed" in values:
        return WHITE if values[b"indexed"] in {b"1", b"9"} else f"indexed {values[b'indexed']!r} {tint!r}"
    return ""


def hidden_sections(code: str) -> tuple[bool, bool, bool, bool]:
    """Say which values a number format shows as nothing: positive numbers, negative ones, zeros, texts.

    Example:
        >>> hidden_sections(";;;"), hidden_sections("0;-0;;@"), hidden_sections("0.00;-0.00")
        ((True, True, True, True), (False, False, True, False), (False, False, False, False))
    """
    sections = [""]
    for piece in _SECTION.findall(code):
        if piece == ";":
            sections.append("")
        else:
            sections[-1] += piece
    if len(sections) == 1 or any(section.lstrip().startswith("[") and "=" in section for section in sections):
        return False, False, False, False
    empty = [not section.strip() or section.strip() == '""' for section in sections]
    positive, negative = empty[0], empty[1]
    zero = empty[2] if len(sections) > 2 else positive
    text = empty[3] if len(sections) > 3 else False
    return positive, negative, zero, text


def is_blind(value: Any, hides: tuple[bool, bool, bool, bool]) -> bool:
    """Say whether a number format that hides some values hides this one."""
    positive, negative, zero, text = hides
    if isinstance(value, int | float) and not isinstance(value, bool):
        return positive if value > 0 else negative if value < 0 else zero
    return text if isinstance(value, str) else positive
