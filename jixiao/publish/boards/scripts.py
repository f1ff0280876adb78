"""The scripts of the pages (看板脚本), one text for whatever starts them, and the part of a page that loads them."""

from __future__ import annotations

import json
import re
from pathlib import Path

from jixiao.publish.boards.board_rules import boards
from jixiao.show.markup import fill

PAGES = Path(__file__).resolve().parent / "assets"
MARK = "jixiao-site.json"
"""The file by which a folder of pages is known."""
SCRIPTS = PAGES / "scripts"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function |const )", re.MULTILINE)


def script(last: str) -> str:
    """Return the modules that one needs as one classic script (合成脚本), each after those it imports.

    Modules do not load in a page that is opened from a folder. What they declare shares one scope here, so a test sees
    to it that no two of them declare the same name.

    Args:
        last: The module that starts them: ``site`` or ``widget``.

    Example:
        >>> script("widget").rstrip().endswith("export default { render };")
        True
    """
    parts: dict[str, str] = {}

    def take(name: str) -> None:
        text = (SCRIPTS / f"{name}.js").read_text(encoding="utf-8")
        for needed in _IMPORT.findall(text):
            if needed not in parts:
                take(needed)
        parts[name] = _EXPORT.sub("", _IMPORT.sub("", text)).strip()

    take(last)
    return "\n\n".join(parts.values()) + "\n"


def page_body(folder: Path, here: str = "") -> str:
    """Return the HTML that shows the pages of a folder (页面主体); it runs no script of its own.

    Args:
        folder: Written by ``write_site``.
        here: The address of the folder as a page names it, with its last stroke; empty when the page lies in it.
    """
    words, mark = boards(), json.loads((folder / MARK).read_text(encoding="utf-8"))
    return fill(
        PAGES,
        "body.html",
        here=here,
        way="served" if here else "",
        stamp=mark["stamp"],
        plotly=(folder / "plotly.min.js").stat().st_size,
        first=mark["first"],
        title=words["title"],
        failed=words["words"]["load_failed"].format(code="pages"),
        **{name: words["words"][name] for name in ("loading", "noscript")},
    )
