"""The scripts of the pages (看板脚本), one text for whatever starts them."""

from __future__ import annotations

from pathlib import Path

PAGES = Path(__file__).resolve().parents[1] / "pages" / "boards"
MARK = "jixiao-site.json"
"""The file by which a folder of pages is known."""
_PARTS = ["engine", "wording", "workbook", "drawing", "panels", "board"]


def script(last: str) -> str:
    """Return the scripts as one text; ``last`` is what starts them: ``site`` or ``widget``.

    Example:
        >>> script("widget").rstrip().endswith("export default { render };")
        True
    """
    return "\n".join((PAGES / f"{name}.js").read_text(encoding="utf-8") for name in [*_PARTS, last])
