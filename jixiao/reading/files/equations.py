"""Equations of a Word document as one line of text (公式): fractions, powers, roots, sums."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jixiao.reading.files.signs import raised

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_W_TEXT = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}t"
EQUATIONS = {f"{_M}oMath", f"{_M}oMathPara"}


def equation_text(node: Any) -> str:
    """Return an equation as a reader would type it (公式文字).

    Args:
        node: The element ``m:oMath`` or any part of it.
    """
    return "".join(_parts(node))


def _parts(node: Any) -> Iterator[str]:
    for child in node:
        name = child.tag[len(_M) :] if isinstance(child.tag, str) and child.tag.startswith(_M) else ""
        if name == "t" or child.tag == _W_TEXT:
            yield child.text or ""
        elif name == "f":
            yield _fraction(child)
        elif name in {"sSup", "sSubSup"}:
            yield _power(child)
        elif name == "rad":
            degree = _part(child, "deg")
            yield f"{degree}√{_held(_part(child, 'e'))}"
        elif name == "d":
            yield _delimited(child)
        elif name == "nary":
            sign = _value(child, "naryPr", "chr", "∫")
            yield sign + _part(child, "sub") + _part(child, "sup") + _part(child, "e")
        elif name == "eqArr":
            yield "\n".join(equation_text(line) for line in child.findall(f"{_M}e"))
        elif not name.endswith("Pr"):
            yield from _parts(child)


def _part(node: Any, name: str) -> str:
    found = node.find(f"{_M}{name}")
    return "" if found is None else equation_text(found)


def _value(node: Any, properties: str, name: str, default: str) -> str:
    found = node.find(f"{_M}{properties}/{_M}{name}")
    return default if found is None else str(found.get(f"{_M}val", ""))


def _held(text: str) -> str:
    """Put brackets around what is more than one thing."""
    return f"({text})" if any(sign in text.strip()[1:] for sign in "+-−×*/÷ ") else text


def _fraction(node: Any) -> str:
    above, below = _part(node, "num"), _part(node, "den")
    if _value(node, "fPr", "type", "") == "noBar":
        return f"{above}{below}"
    return f"{_held(above)}/{_held(below)}"


def _power(node: Any) -> str:
    base, lower, upper = _part(node, "e"), _part(node, "sub"), _part(node, "sup")
    joined, mark = raised(base + lower, upper)
    if mark or (joined == upper and upper.strip()):
        plain = upper.strip()
        small = plain.translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))
        joined = small if plain.lstrip("-").isdigit() else f"^{_held(plain)}"
    return base + lower + joined


def _delimited(node: Any) -> str:
    begin, end = (_value(node, "dPr", name, default) for name, default in (("begChr", "("), ("endChr", ")")))
    between = _value(node, "dPr", "sepChr", "|")
    return begin + between.join(equation_text(part) for part in node.findall(f"{_M}e")) + end
