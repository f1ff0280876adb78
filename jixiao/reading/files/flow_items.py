"""The items of a document (文稿的行与表): its lines and tables in reading order, with their looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from jixiao.reading.files.cells import Grid


@dataclass(slots=True)
class Item:
    """One paragraph of a document, one line of a text or page, or one table with its grid.

    ``line`` and ``last_line`` number lines as :func:`jixiao.reading.files.read_lines` does. ``style`` is the level of
    the heading that the file itself declares, 0 for none. ``size`` is in points, 0 where the file does not say.
    ``lead`` is the bold beginning of a paragraph that is otherwise not bold.
    """

    text: str
    line: int
    last_line: int = 0
    page: int | None = None
    style: int = 0
    size: float = 0.0
    is_bold: bool = False
    is_centred: bool = False
    lead: str = ""
    is_contents: bool = False
    """Whether the file itself declares the line to be one of its table of contents."""
    is_start: bool | None = None
    """Whether the line is indented as the first of a paragraph; None where that cannot be seen."""
    is_open: bool | None = None
    """Whether the line runs to the right edge of its page and may go on; None where that cannot be seen."""
    grid: Grid | None = None

    def __post_init__(self) -> None:
        self.last_line = self.last_line or self.line


@dataclass(slots=True)
class Dropped:
    """A line that belongs to no passage, with the reason: page_head, page_number, bookmark, contents (未收入的行)."""

    text: str
    line: int
    page: int | None
    reason: str


@dataclass(slots=True)
class Flow:
    """The items of one document, in order (文稿流).

    ``kind`` is docx, text, pdf, html or odt. ``running`` holds the distinct texts of the heads and feet of pages.
    """

    name: str
    kind: str
    items: list[Item]
    dropped: list[Dropped] = field(default_factory=list)
    running: Sequence[str] = ()

    @property
    def grids(self) -> list[Grid]:
        """Every table, in order."""
        return [item.grid for item in self.items if item.grid is not None]
