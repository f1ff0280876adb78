"""Pages and fragments filled from templates (网页模板); every text is escaped unless it is markup already."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from jixiao.core.harmless import harmless

if TYPE_CHECKING:
    from jinja2 import Environment

PIECES = Path(__file__).parent / "assets"


@cache
def _environment(folder: Path) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_cleaned,
    )


def _cleaned(value: Any) -> Any:
    """Return a value as a page may hold it: a text of data without signs that nobody sees, markup of ours as it is."""
    return harmless(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def fill(folder: Path, name: str, /, **parts: Any) -> Markup:
    """Fill a template of a folder (填写模板): a part that is :class:`Markup` stays, any other is escaped.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "a.html").write_text("<b>{{ name }}</b>")
        >>> fill(folder, "a.html", name="甲<乙")
        Markup('<b>甲&lt;乙</b>')
    """
    return Markup(_environment(folder).get_template(name).render(**parts))


@cache
def asset(path: Path) -> Markup:
    """Return a style sheet or a script of ours as it stands (样式和脚本)."""
    return Markup(path.read_text(encoding="utf-8"))


def enclosed(script: Path) -> Markup:
    """Return a script of others as it can stand inside a page (内嵌脚本): nothing in it ends the element around it."""
    return Markup(script.read_text(encoding="utf-8").replace("</script", "<\\/script"))


def element(tag: str, /, *content: Any, **attributes: Any) -> Markup:
    """Return one element (一个网页元素); an attribute named like a word of Python ends with a stroke below.

    Example:
        >>> element("p", "甲<乙", class_="soft")
        Markup("<p class='soft'>甲&lt;乙</p>")
    """
    named = {name.rstrip("_"): value for name, value in attributes.items()}
    return fill(PIECES, "element.html", tag=tag, attributes=named, content=content)
