"""Change forms as people and programs damage them (变形): each mutation changes a page in place, by a seeded choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from form_oracle import LABELS, TITLES, bare, plain

from jixiao.reading.files import Grid
from jixiao.reading.files.cells import Area

SIGNS = {"≥": "≤", "≤": "≥", "=": "≥", "＝": "<", ">": "<", "<": ">"}
ODD_NAMES = (
    "点数",
    "栏目甲",
    "得分情况",
    "指标",
    "完成率",
    "年初目标",
    "备注",
    "分 值",
    "实际完成值",
    "三级指标",
    "得分",
)
NOTES = (
    "注：以上数据截至12月31日",
    "填报人：某某　联系电话：12345678",
    "小计",
    "其中：",
    "（一）主要情况",
    "单位：元",
    "1",
    "2022年度",
    "说明：本表10行，金额共100万元。",
)
ODD_VALUES = (
    "12",
    "95%",
    "0.95",
    "2023-05-01",
    "2023年5月1日",
    "-3",
    "1,234.5",
    "５",
    "abc",
    "—",
    "12.5元",
    "120%",
    "0",
    " ",
)


@dataclass
class Page:
    """One grid that may be changed: every row has the same width."""

    sheet: str
    texts: list[list[str]]
    merges: list[Area] = field(default_factory=list)

    @classmethod
    def of(cls, grid: Grid) -> Page:
        """Return the page of a grid."""
        return cls(grid.sheet, [row + [""] * (grid.width - len(row)) for row in grid.texts], list(grid.merges))

    def grid(self, file: str) -> Grid:
        """Return the page as a reader of files would."""
        return Grid(file, self.sheet, True, [list(row) for row in self.texts], list(self.merges))

    @property
    def height(self) -> int:
        return len(self.texts)

    @property
    def width(self) -> int:
        return len(self.texts[0])

    def filled(self) -> list[tuple[int, int]]:
        """Return the positions that hold text."""
        return [
            (row, column) for row, texts in enumerate(self.texts) for column, text in enumerate(texts) if text.strip()
        ]

    def labels(self) -> list[tuple[int, int]]:
        """Return the positions that hold a label."""
        return [(row, column) for row, column in self.filled() if bare(self.texts[row][column]) in LABELS]

    def header(self) -> int:
        """Return the row with the most labels."""
        return max(range(self.height), key=lambda row: sum(bare(text) in LABELS for text in self.texts[row]))

    def insert_row(self, at: int, texts: list[str]) -> None:
        self.texts.insert(at, (texts + [""] * self.width)[: len(self.texts[0])] if self.texts else texts)
        self.merges = [
            (top + (top >= at), left, bottom + (bottom >= at), right) for top, left, bottom, right in self.merges
        ]

    def delete_row(self, at: int) -> list[str]:
        self._open(at)
        self.merges = [
            (top - (top > at), left, bottom - (bottom >= at), right)
            for top, left, bottom, right in self.merges
            if not top == bottom == at
        ]
        self.merges = [area for area in self.merges if area[:2] != area[2:] and area[0] <= area[2]]
        return self.texts.pop(at)

    def _open(self, at: int) -> None:
        """Take apart the merges whose text would go with a row."""
        self.merges = [area for area in self.merges if not area[0] == at < area[2]]

    def insert_column(self, at: int) -> None:
        for row in self.texts:
            row.insert(at, "")
        self.merges = [
            (top, left + (left >= at), bottom, right + (right >= at)) for top, left, bottom, right in self.merges
        ]


def shuffle_columns(page: Page, random: Random) -> None:
    order = list(range(page.width))
    random.shuffle(order)
    for top, left, bottom, _right in page.merges:
        for row in range(top, bottom + 1):
            page.texts[row][left] = page.texts[top][left]
    page.merges = []
    page.texts = [[row[column] for column in order] for row in page.texts]


def shuffle_rows(page: Page, random: Random) -> None:
    page.merges = [area for area in page.merges if area[0] == area[2]]
    first, second = (random.randrange(page.height) for _ in "ab")
    page.texts[first], page.texts[second] = page.texts[second], page.texts[first]
    page.merges = [area for area in page.merges if area[0] not in (first, second)]


def clear_cells(page: Page, random: Random) -> None:
    for row, column in random.sample(page.filled(), min(4, len(page.filled()))):
        page.texts[row][column] = ""


def merge_cells(page: Page, random: Random) -> None:
    top, left = random.randrange(page.height), random.randrange(page.width)
    bottom = min(page.height - 1, top + random.choice((0, 0, 1, 2, 3)))
    right = min(page.width - 1, left + random.choice((0, 0, 1, 2)))
    covered = [
        area for area in page.merges if not (area[2] < top or area[0] > bottom or area[3] < left or area[1] > right)
    ]
    if covered or (top, left) == (bottom, right):
        return
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            if (row, column) != (top, left):
                page.texts[row][column] = ""
    page.merges.append((top, left, bottom, right))


def unmerge(page: Page, random: Random) -> None:
    page.merges = [area for area in page.merges if random.random() < 0.5]


def rename_label(page: Page, random: Random) -> None:
    if page.labels():
        row, column = random.choice(page.labels())
        page.texts[row][column] = random.choice(ODD_NAMES)


def remove_label(page: Page, random: Random) -> None:
    if page.labels():
        row, column = random.choice(page.labels())
        page.texts[row][column] = ""


def space_labels(page: Page, random: Random) -> None:
    for row, column in page.labels():
        page.texts[row][column] = random.choice(("", " ", "\n", "　")).join(page.texts[row][column].strip())


def swap_labels(page: Page, random: Random) -> None:
    columns = [column for column, text in enumerate(page.texts[page.header()]) if bare(text) in LABELS]
    if len(columns) > 1:
        first, second = random.sample(columns, 2)
        row = page.texts[page.header()]
        row[first], row[second] = row[second], row[first]


def swap_cells(page: Page, random: Random) -> None:
    if len(page.filled()) > 1:
        (row, column), (other, place) = random.sample(page.filled(), 2)
        texts = page.texts
        texts[row][column], texts[other][place] = texts[other][place], texts[row][column]


def swap_signs(page: Page, random: Random) -> None:
    for row in page.texts:
        for column, text in enumerate(row):
            if text[:1] in SIGNS and random.random() < 0.5:
                row[column] = SIGNS[text[0]] + text[1:]


def blank_row(page: Page, random: Random) -> None:
    page.insert_row(random.randrange(page.height + 1), [""] * page.width)


def blank_column(page: Page, random: Random) -> None:
    page.insert_column(random.randrange(page.width + 1))


def delete_row(page: Page, random: Random) -> None:
    if page.height > 3:
        page.delete_row(random.randrange(page.height))


def repeat_row(page: Page, random: Random) -> None:
    row = random.randrange(page.height)
    page.insert_row(random.choice((row + 1, page.height)), list(page.texts[row]))


def repeat_header(page: Page, random: Random) -> None:
    header = page.header()
    page.insert_row(random.randrange(header + 1, page.height + 1), list(page.texts[header]))


def split_header(page: Page, random: Random) -> None:
    header = page.header()
    above = [""] * page.width
    for column, text in enumerate(page.texts[header]):
        if text and random.random() < 0.4:
            above[column], page.texts[header][column] = text, ""
    page.insert_row(header, above)


def move_title(page: Page, random: Random) -> None:
    for row, column in page.filled():
        if any(title in plain(page.texts[row][column]) for title in TITLES):
            text, page.texts[row][column] = page.texts[row][column], ""
            free = [
                (place, at) for place in range(page.height) for at in range(page.width) if not page.texts[place][at]
            ]
            place, at = random.choice(free)
            page.texts[place][at] = text
            return


def move_total(page: Page, random: Random) -> None:
    rows = [row for row, column in page.filled() if bare(page.texts[row][column]) in {"总分", "合计"}]
    if rows:
        texts = page.delete_row(rows[-1])
        page.insert_row(random.randrange(page.height + 1), texts)


def add_note(page: Page, random: Random) -> None:
    texts = [""] * page.width
    texts[random.choice((0, random.randrange(page.width)))] = random.choice(NOTES)
    page.insert_row(random.randrange(page.height + 1), texts)


def odd_value(page: Page, random: Random) -> None:
    for row, column in random.sample(page.filled(), min(3, len(page.filled()))):
        page.texts[row][column] = random.choice(ODD_VALUES)


def fill_blank(page: Page, random: Random) -> None:
    for _ in range(3):
        row, column = random.randrange(page.height), random.randrange(page.width)
        page.texts[row][column] = page.texts[row][column] or random.choice(ODD_VALUES + NOTES)


def repeat_form(page: Page, random: Random) -> None:
    """Print the page a second time below itself, once in a while under another name."""
    name = random.choice(("", "另一项目"))
    shift, lines = page.height, [list(row) for row in page.texts]
    for row, texts in enumerate(lines):
        for column, text in enumerate(texts):
            if name and bare(text) in {"项目名称", "部门名称"} and row + 1 < len(lines):
                named = [place for place in range(column + 1, page.width) if texts[place]]
                if named:
                    texts[named[0]] = name
    page.merges += [(top + shift, left, bottom + shift, right) for top, left, bottom, right in page.merges]
    page.texts += lines


MUTATIONS: tuple[Callable[[Page, Random], None], ...] = (
    shuffle_columns,
    shuffle_rows,
    clear_cells,
    merge_cells,
    unmerge,
    rename_label,
    remove_label,
    space_labels,
    swap_labels,
    swap_cells,
    swap_signs,
    blank_row,
    blank_column,
    delete_row,
    repeat_row,
    repeat_header,
    split_header,
    move_title,
    move_total,
    add_note,
    odd_value,
    fill_blank,
    repeat_form,
)
