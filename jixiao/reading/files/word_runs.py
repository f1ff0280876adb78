"""The words of a Word paragraph as a reader sees them (段落文字): run by run, with fields, controls and equations.

Hidden, struck-out and deleted words, prompts of empty controls, readings above characters and numbers of notes are no
text; what was left out is told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from jixiao.reading.files.equations import EQUATIONS, equation_text
from jixiao.reading.files.signs import boxed_sign, glyph, raised, shown_signs, symbol_font, tick_box

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_OLE = "{urn:schemas-microsoft-com:office:office}OLEObject"
_PICTURES = (
    "{http://schemas.openxmlformats.org/drawingml/2006/picture}pic",
    "{urn:schemas-microsoft-com:vml}imagedata",
)
_R, _T, _RPR = f"{W}r", f"{W}t", f"{W}rPr"
_BREAKS = {f"{W}tab", f"{W}br", f"{W}cr", f"{W}ptab"}
_DELETED = {f"{W}del", f"{W}moveFrom"}
_PASSED = {f"{W}txbxContent", _FALLBACK, f"{W}rt", f"{W}rubyPr", f"{W}sdtPr", f"{W}pPr", f"{W}rPr"}
_OFF = {"0", "false", "off", "none"}
_ODD_STYLE = ("vanish", "strike", "dstrike")
_PROMPT = "jixiao-prompt"
_ENCLOSED = re.compile(r"\\o\s*(?:\\ac|\\al|\\ar)?\s*\(\s*(.)\s*[,;，；]\s*(.*?)\s*\)\s*$", re.IGNORECASE)
_FRACTION = re.compile(r"\\f\s*\(\s*([^(),;]+)\s*[,;，；]\s*([^(),;]+)\s*\)", re.IGNORECASE)
_SYMBOL = re.compile(r"SYMBOL\s+(0x[0-9A-F]+|\d+|\S)(?:.*?\\f\s*\"?([^\"\\]+)\"?)?", re.IGNORECASE)
_TYPED_PROMPT = re.compile("\u2002{2,}")


@dataclass
class Seen:
    """The text of a paragraph or cell, and what of it was left out: pairs of a kind of remark and the words."""

    text: str = ""
    left: list[tuple[str, str]] = field(default_factory=list)
    has_picture: bool = False
    objects: list[str] = field(default_factory=list)
    """Programs of the objects that are embedded in it."""


@dataclass
class _Field:
    """A complex field that was begun: its code, what its form data say, and where its result starts in the text."""

    code: str = ""
    shown: str | None = None
    has_result: bool = False


@dataclass(frozen=True)
class RunStyles:
    """The styles of a document that hide words, strike them out or mark a prompt, by their identity."""

    odd: dict[str, dict[str, bool]] = field(default_factory=dict)
    prompts: frozenset[str] = frozenset()
    fonts: dict[str, str] = field(default_factory=dict)
    raised: frozenset[str] = frozenset()


def read_run_styles(root: Any) -> RunStyles:
    """Return the styles that matter of ``word/styles.xml`` (样式); what they are based on counts too."""
    based: dict[str, str] = {}
    own: dict[str, dict[str, bool]] = {}
    fonts: dict[str, str] = {}
    prompts, small = set(), set()
    for style in root.iter(f"{W}style"):
        identity = style.get(f"{W}styleId", "")
        above = style.find(f"{W}basedOn")
        if above is not None:
            based[identity] = above.get(f"{W}val", "")
        name = style.find(f"{W}name")
        if name is not None and name.get(f"{W}val", "").lower() == "placeholder text":
            prompts.add(identity)
        properties = style.find(_RPR)
        if properties is not None:
            own[identity] = _switches(properties)
            if font := _font(properties):
                fonts[identity] = font
            if _is_raised(properties):
                small.add(identity)
    odd: dict[str, dict[str, bool]] = {}
    for identity in {*own, *based}:
        found: dict[str, bool] = {}
        step, passed = identity, set()
        while step and step not in passed:
            found = {**own.get(step, {}), **found}
            passed.add(step)
            step = based.get(step, "")
        if any(found.values()):
            odd[identity] = found
    return RunStyles(odd, frozenset(prompts), fonts, frozenset(small))


def _switches(properties: Any) -> dict[str, bool]:
    found = {}
    for name in _ODD_STYLE:
        node = properties.find(f"{W}{name}")
        if node is not None:
            found[name] = node.get(f"{W}val", "1").lower() not in _OFF
    return found


def _font(properties: Any) -> str:
    fonts = properties.find(f"{W}rFonts")
    if fonts is None:
        return ""
    return symbol_font(fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") or "")


def _is_raised(properties: Any) -> bool:
    node = properties.find(f"{W}vertAlign")
    return node is not None and node.get(f"{W}val") == "superscript"


def settle_controls(root: Any, styles: RunStyles) -> None:
    """Mark the prompts of empty content controls and set the signs of tick boxes (内容控件), once for a document."""
    for control in root.iter(f"{W}sdt"):
        properties, content = control.find(f"{W}sdtPr"), control.find(f"{W}sdtContent")
        if properties is None or content is None:
            continue
        shows = properties.find(f"{W}showingPlcHdr")
        if shows is not None and shows.get(f"{W}val", "1").lower() not in _OFF:
            for text in content.iter(_T):
                text.set(_PROMPT, "1")
            continue
        box = properties.find(f"{_W14}checkbox")
        if box is not None:
            state = box.find(f"{_W14}checked")
            is_checked = state is not None and state.get(f"{_W14}val", "1").lower() not in _OFF
            signs = list(content.iter(_T, f"{W}sym"))
            for number, node in enumerate(signs):
                node.tag = _T
                node.text = tick_box(is_checked) if number == 0 else ""
            continue
        for run in content.iter(_R):
            style = run.find(f"{_RPR}/{W}rStyle")
            if style is not None and style.get(f"{W}val", "") in styles.prompts:
                for text in run.iter(_T):
                    text.set(_PROMPT, "1")


class Words:
    """Reads the paragraphs of one document with its styles."""

    def __init__(self, styles: RunStyles | None = None) -> None:
        self._styles = styles or RunStyles()

    def seen(self, paragraph: Any) -> Seen:
        """Return the text of a paragraph and what was left out of it; the text of its text boxes is not part of it."""
        found = Seen()
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        around = self._styles.odd.get(style.get(f"{W}val", ""), {}) if style is not None else {}
        _Reading(self._styles, found, around).walk(paragraph)
        return found


class _Reading:
    """The state of reading one paragraph."""

    def __init__(self, styles: RunStyles, found: Seen, around: dict[str, bool]) -> None:
        self._styles, self._found, self._around = styles, found, around
        self._fields: list[_Field] = []
        self._small = ""
        self._silent = 0
        self._parts: list[str] = []

    def walk(self, node: Any) -> None:
        """Read a paragraph to its end."""
        self._walk(node)
        self._flush()
        self._found.text = _TYPED_PROMPT.sub("", "".join(self._parts))

    def _add(self, text: str) -> None:
        if not text:
            return
        if any(held.shown is not None for held in self._fields):  # the state of the field is shown, not its result
            return
        if self._fields:
            self._fields[-1].has_result = True
        self._flush()
        self._parts.append(text)

    def _flush(self) -> None:
        if self._small:
            small, self._small = self._small, ""
            joined, mark = raised("".join(self._parts), small)
            if mark:
                self._found.left.append(("note_mark", mark))
            if joined:
                self._parts.append(joined)

    def _leave(self, kind: str, text: str) -> None:
        if text.strip():
            if self._found.left and self._found.left[-1][0] == kind:
                text = self._found.left.pop()[1] + text
            self._found.left.append((kind, text.strip()))

    def _walk(self, parent: Any) -> None:
        for item in parent:
            tag = item.tag
            if tag == _R:
                self._run(item)
            elif tag in EQUATIONS:
                self._add(equation_text(item))
            elif tag in _DELETED:
                self._leave("deleted", "".join(node.text or "" for node in item.iter(f"{W}delText", _T)))
            elif tag == f"{W}fldSimple":
                self._simple(item)
            elif tag not in _PASSED and len(item):
                self._walk(item)

    def _simple(self, item: Any) -> None:
        before = len(self._parts)
        self._walk(item)
        if len(self._parts) == before and not self._small:
            self._add(_field_text(item.get(f"{W}instr", "")))

    def _run(self, run: Any) -> None:
        properties = run.find(_RPR)
        switches, font, is_small = self._around, "", False
        if properties is not None:
            style = properties.find(f"{W}rStyle")
            if style is not None:
                identity = style.get(f"{W}val", "")
                switches = {**switches, **self._styles.odd.get(identity, {})}
                font = self._styles.fonts.get(identity, "")
                is_small = identity in self._styles.raised
            own = _switches(properties)
            switches = {**switches, **own} if own else switches
            font = _font(properties) or font
            is_small = is_small or _is_raised(properties)
        kind = ""
        if switches:
            kind = "hidden_part" if switches.get("vanish") else ""
            kind = kind or ("struck_part" if switches.get("strike") or switches.get("dstrike") else "")
        self._content(run, kind, font, is_small)

    def _content(self, parent: Any, kind: str, font: str, is_small: bool) -> None:
        for item in parent:
            tag = item.tag
            if tag == _T:
                self._words(item, kind, font, is_small)
            elif tag in _BREAKS:
                if not kind:
                    self._add("\n")
            elif tag == f"{W}noBreakHyphen":
                self._words(item, kind, "", is_small, "-")
            elif tag == f"{W}sym":
                shown = glyph(int(item.get(f"{W}char", "0"), 16), item.get(f"{W}font", ""))
                self._words(item, kind, "", is_small, shown)
            elif tag == f"{W}fldChar":
                self._mark(item, kind)
            elif tag == f"{W}instrText":
                if self._fields:
                    self._fields[-1].code += item.text or ""
            elif tag in EQUATIONS:
                self._add(equation_text(item))
            elif tag == _R:
                self._run(item)
            elif tag == f"{W}ruby":
                base = item.find(f"{W}rubyBase")
                if base is not None:
                    self._walk(base)
            elif tag not in _PASSED:
                self._beside(item)
                if len(item):
                    self._content(item, kind, font, is_small)

    def _beside(self, item: Any) -> None:
        """Note a picture or an embedded object."""
        if item.tag == f"{W}object":
            self._found.objects += [str(node.get("ProgID", "")) for node in item.iter(_OLE)]
        if item.tag in {f"{W}drawing", f"{W}pict"} and next(item.iter(*_PICTURES), None) is not None:
            self._found.has_picture = True

    def _words(self, item: Any, kind: str, font: str, is_small: bool, text: str | None = None) -> None:
        words = (item.text or "") if text is None else text
        if item.get(_PROMPT):
            self._leave("placeholder", words)
        elif kind:
            self._leave(kind, words)
        elif is_small:
            self._small += shown_signs(words, font)
        else:
            self._add(shown_signs(words, font))

    def _mark(self, item: Any, kind: str) -> None:
        """Take the begin, the separator or the end of a complex field."""
        mark = item.get(f"{W}fldCharType")
        if mark == "begin":
            data = item.find(f"{W}ffData")
            shown = _state(data) if data is not None else None
            if shown is not None:
                if kind:
                    self._leave(kind, shown)
                else:
                    self._add(shown)
            self._fields.append(_Field(shown=shown))
        elif mark == "end" and self._fields:
            ended = self._fields.pop()
            if ended.has_result and self._fields:
                self._fields[-1].has_result = True
            if ended.shown is None and not ended.has_result and not kind:
                self._add(_field_text(ended.code))


def _state(data: Any) -> str | None:
    """Return what an old form field shows: the chosen entry or the tick box; None for a field of text."""
    chosen = data.find(f"{W}ddList")
    if chosen is not None:
        entries = [node.get(f"{W}val", "") for node in chosen.findall(f"{W}listEntry")]
        place = _number(chosen, "result", _number(chosen, "default", 0))
        return entries[place] if 0 <= place < len(entries) else ""
    box = data.find(f"{W}checkBox")
    if box is not None:
        state = box.find(f"{W}checked")
        state = box.find(f"{W}default") if state is None else state
        return tick_box(state is not None and state.get(f"{W}val", "1").lower() not in _OFF)
    return None


def _number(node: Any, name: str, default: int) -> int:
    found = node.find(f"{W}{name}")
    value = "" if found is None else found.get(f"{W}val", "")
    return int(value) if value.isdigit() else default


def _field_text(code: str) -> str:
    """Return what a field without a stored result shows: a sign, a framed sign, a fraction; nothing for any other."""
    plain = code.strip()
    if plain.upper().startswith("SYMBOL"):
        found = _SYMBOL.match(plain)
        if not found:
            return ""
        number = found[1]
        value = (
            int(number, 0)
            if number[0].isdigit() and number.lower().startswith(("0x", *"123456789"))
            else ord(number[0])
        )
        return glyph(value, (found[2] or "Symbol").strip())
    if plain.upper().startswith("EQ"):
        rest = plain[2:].strip()
        framed = _ENCLOSED.match(rest)
        if framed:
            return boxed_sign(framed[1], framed[2])
        split = _FRACTION.search(rest)
        if split:
            return f"{split[1].strip()}/{split[2].strip()}"
    return ""
