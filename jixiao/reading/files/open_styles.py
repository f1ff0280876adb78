"""The styles and paragraphs of an OpenDocument file (开放文档的样式与段落): what is hidden, struck out or raised."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jixiao.reading.files.archives import Archive
from jixiao.reading.files.signs import raised, shown_signs, symbol_font

OASIS = "{urn:oasis:names:tc:opendocument:xmlns:"
TABLE, OFFICE, TEXT = f"{OASIS}table:1.0}}", f"{OASIS}office:1.0}}", f"{OASIS}text:1.0}}"
DRAW = f"{OASIS}drawing:1.0}}"
_STYLE = f"{OASIS}style:1.0}}"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_MATH = "{http://www.w3.org/1998/Math/MathML}"
_SKIPPED = {f"{OFFICE}annotation", f"{OFFICE}annotation-end"} | {
    f"{TEXT}{name}" for name in ("tracked-changes", "note", "ruby-text", "bookmark")
}
_UNSEEN = {f"{TEXT}hidden-text", f"{TEXT}hidden-paragraph"}


@dataclass
class OpenStyles:
    """The styles that matter, by name."""

    struck: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    raised: set[str] = field(default_factory=set)
    fonts: dict[str, str] = field(default_factory=dict)


def read_open_styles(*roots: Any) -> OpenStyles:
    """Return the styles that hide, strike out or raise what bears them (读取样式); parents count too.

    Args:
        roots: The roots of ``styles.xml`` and ``content.xml``.
    """
    styles = OpenStyles()
    parents: dict[str, str] = {}
    for root in roots:
        for node in root.iter(f"{_STYLE}style"):
            name = node.get(f"{_STYLE}name", "")
            parents[name] = node.get(f"{_STYLE}parent-style-name", "")
            for properties in node:
                line = properties.get(f"{_STYLE}text-line-through-style", "none")
                kind = properties.get(f"{_STYLE}text-line-through-type", "none")
                if line != "none" or kind != "none":
                    styles.struck.add(name)
                if (
                    properties.get(f"{TABLE}display") == "false"
                    or properties.get(f"{OASIS}text:1.0}}display") == "none"
                ):
                    styles.hidden.add(name)
                position = str(properties.get(f"{_STYLE}text-position", "")).split(" ")[0]
                if position == "super" or (position[:1].isdigit() and position.strip("0%")):
                    styles.raised.add(name)
                font = symbol_font(properties.get(f"{_STYLE}font-name", "") or "")
                if font:
                    styles.fonts[name] = font
    for name, parent in parents.items():
        step, passed = parent, {name}
        while step and step not in passed:
            passed.add(step)
            for group in (styles.struck, styles.hidden, styles.raised):
                if step in group:
                    group.add(name)
            step = parents.get(step, "")
    return styles


class OpenWords:
    """Reads the paragraphs of one OpenDocument file with its styles."""

    def __init__(self, styles: OpenStyles, archive: Archive | None = None) -> None:
        self._styles, self._archive = styles, archive

    def seen(self, node: Any, font: str = "") -> tuple[str, list[tuple[str, str]]]:
        """Return the text of a paragraph, and what was left out of it as pairs of a kind of remark and the words."""
        parts: list[str] = []
        left: list[tuple[str, str]] = []
        own = node.get(f"{TEXT}style-name", "")
        kind = "struck_part" if own in self._styles.struck else "hidden_part" if own in self._styles.hidden else ""
        self._walk(node, parts, left, kind, font)
        return "".join(parts), left

    def _walk(self, node: Any, parts: list[str], left: list[tuple[str, str]], kind: str, font: str) -> None:
        self._add(node.text or "", parts, left, kind, font)
        for child in node:
            tag = child.tag
            if not isinstance(tag, str) or tag in _SKIPPED:
                pass
            elif tag == f"{TEXT}s":
                self._add(" ", parts, left, kind, font)
            elif tag in {f"{TEXT}tab", f"{TEXT}line-break"}:
                self._add("\n", parts, left, kind, font)
            elif tag in _UNSEEN:
                left += [("hidden_part", child.text)] if child.text else []
            elif tag == f"{DRAW}object":
                parts.append(self._equation(child))
            elif tag in {f"{DRAW}text-box", f"{TABLE}table"}:
                pass
            else:
                name = child.get(f"{TEXT}style-name", "")
                inner = kind or ("struck_part" if name in self._styles.struck else "")
                inner = inner or ("hidden_part" if name in self._styles.hidden else "")
                own = self._styles.fonts.get(name, font)
                if name in self._styles.raised and not inner:
                    small: list[str] = []
                    self._walk(child, small, left, "", own)
                    joined, mark = raised("".join(parts), "".join(small))
                    parts.append(joined)
                    left += [("note_mark", mark)] if mark else []
                else:
                    self._walk(child, parts, left, inner, own)
            self._add(child.tail or "", parts, left, kind, font)

    def _add(self, text: str, parts: list[str], left: list[tuple[str, str]], kind: str, font: str) -> None:
        if not text:
            return
        if kind:
            left += [(kind, text.strip())] if text.strip() else []
        else:
            parts.append(shown_signs(text, font))

    def _equation(self, node: Any) -> str:
        """Return the text of an equation, which lies in a part of its own; empty for any other object."""
        part = str(node.get(_XLINK, "")).removeprefix("./") + "/content.xml"
        if self._archive is None or part not in self._archive.names:
            return ""
        root = self._archive.tree(part)
        if not str(root.tag).startswith(_MATH):
            return ""
        return _math_text(root).strip()


def _math_text(node: Any) -> str:
    """Return an equation of MathML in one line."""
    name = str(node.tag).removeprefix(_MATH)
    if name.startswith("annotation"):
        return ""
    inner = [_math_text(child) for child in node]
    if name == "mfrac" and len(inner) == 2:
        return f"{inner[0]}/{inner[1]}"
    if name == "msup" and len(inner) == 2:
        joined, mark = raised(inner[0], inner[1])
        return inner[0] + (joined if joined != inner[1] else f"^{inner[1]}") if not mark else f"{inner[0]}^{mark}"
    if name == "msqrt":
        return f"√({''.join(inner)})"
    return (node.text or "").strip() + "".join(inner)
