"""Answer workbooks as units spoil them: kinds of faults at random, combined, with what must become of each row."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
from openpyxl.drawing.image import Image
from PIL import Image as Picture

from jixiao.builds.ledger.moves import issue_words

COLUMN = {name: number for number, name in enumerate(issue_words()["book"]["columns"], 1)}
TOP = 5
"""The row on which the problems of a notice begin."""
STRANGERS = ("甲-07", "2024-9999-ffff", "无", "合计")


@dataclass
class Spoiled:
    """A workbook that came back: what must be read of it, and what must be told."""

    path: Path
    answers: dict[str, str]
    """Issue -> its answer, for every answer that can be read."""
    told: list[str] = field(default_factory=list)
    """A part of a sentence for each fault."""
    kinds: list[str] = field(default_factory=list)


class Book:
    """A notice that is being filled in; ``rows`` says which row each of its problems has."""

    def __init__(self, path: Path, rng: random.Random) -> None:
        self.whole = openpyxl.load_workbook(path)
        self.sheet = self.whole.active
        self.rng = rng
        self.find()

    def find(self) -> None:
        """Look again where each problem stands."""
        cells = ((row, self.sheet.cell(row, COLUMN["issue_id"]).value) for row in range(TOP, self.sheet.max_row + 1))
        self.rows = {str(name): row for row, name in cells if name}

    def put(self, row: int, column: str, value: object) -> None:
        """Write a cell."""
        self.sheet.cell(row, COLUMN[column]).value = value

    def append(self, issue: str, text: str) -> None:
        """Put a row below that answers a problem."""
        row = self.sheet.max_row + 1
        self.put(row, "issue_id", issue)
        self.put(row, "feedback", text)


def fill(path: Path, target: Path, answers: Mapping[str, str]) -> Path:
    """Fill every row of a notice in (填报), those of these answers with them."""
    book = Book(path, random.Random(0))
    for issue, row in book.rows.items():
        book.put(row, "feedback", answers.get(issue, "已整改"))
    book.whole.save(target)
    return target


def spoil(path: Path, target: Path, rng: random.Random, *, others: Sequence[str], years: Sequence[str]) -> Spoiled:
    """Fill a notice in and spoil it in some ways (填报出错), each in rows of its own.

    Args:
        path: The notice as it was sent.
        target: Where it comes back.
        rng: Draws everything.
        others: Problems of other units of the year.
        years: Problems of other years.
    """
    book = Book(path, rng)
    made = Spoiled(target, {})
    for issue, row in book.rows.items():
        if rng.random() < 0.85:
            made.answers[issue] = rng.choice(
                ["已整改", "已按要求整改。", "已补充佐证\n见附件", f"已改为{rng.randrange(100)}分"]
            )
            book.put(row, "feedback", made.answers[issue])
    free = list(book.rows)
    rng.shuffle(free)
    for kind in rng.sample(list(FAULTS), rng.randrange(1, 6)):
        if len(free) >= 1:
            count = len(made.told)
            FAULTS[kind](book, made, free, {"others": others, "years": years})
            made.kinds += [kind] if len(made.told) > count else []
    if rng.random() < 0.4:
        _picture(book, made, target.parent)
    book.whole.save(target)
    return made


def _delete(book: Book, made: Spoiled, free: list[str], _: dict[str, Sequence[str]]) -> None:
    issue = free.pop()
    if book.sheet.merged_cells.ranges or book.sheet.row_dimensions[book.rows[issue]].hidden:
        return  # rows that move would leave these behind, which Excel does not do
    hidden = [row for row in book.rows.values() if book.sheet.row_dimensions[row].hidden]
    if hidden:
        return
    row = book.rows[issue]
    kept = [row for name, row in book.rows.items() if book.sheet.cell(row, COLUMN["issue_id"]).value != name]
    if kept:
        return
    book.sheet.delete_rows(row)
    book.find()
    made.answers.pop(issue, None)
    made.told.append("缺少通知中的")


def _id(value: Callable[[Book, str, dict[str, Sequence[str]]], str | None], said: str) -> Callable[..., None]:
    def change(book: Book, made: Spoiled, free: list[str], known: dict[str, Sequence[str]]) -> None:
        issue = free.pop()
        text = made.answers.pop(issue, None)
        if text is None:
            book.put(book.rows[issue], "feedback", "补填")
        book.put(book.rows[issue], "issue_id", value(book, issue, known))
        made.told.append(said)

    return change


def _two(book: Book, made: Spoiled, free: list[str], _: dict[str, Sequence[str]]) -> None:
    issue = free.pop()
    if made.answers.pop(issue, None) is None:
        book.put(book.rows[issue], "feedback", "甲说")
    book.append(issue, "另一个答复")
    made.told.append("有两份不同的答复")


def _formula(book: Book, made: Spoiled, free: list[str], _: dict[str, Sequence[str]]) -> None:
    issue = free.pop()
    made.answers.pop(issue, None)
    book.put(book.rows[issue], "feedback", '=A1&"已改"')
    made.told.append("没有计算结果的公式")


def _hide(book: Book, made: Spoiled, free: list[str], _: dict[str, Sequence[str]]) -> None:
    issue = free.pop()
    made.answers.pop(issue, None)
    book.sheet.row_dimensions[book.rows[issue]].hidden = True
    made.told.append("所在行已隐藏")


def _neighbours(book: Book, free: list[str]) -> tuple[str, str] | None:
    by_row = {row: issue for issue, row in book.rows.items()}
    pairs = [(issue, by_row.get(book.rows[issue] + 1)) for issue in free]
    found = [(one, other) for one, other in pairs if other in free]
    if not found:
        return None
    pair = book.rng.choice(found)
    for issue in pair:
        free.remove(issue)
    return pair


def _merge(book: Book, made: Spoiled, free: list[str], _: dict[str, Sequence[str]]) -> None:
    pair = _neighbours(book, free)
    if pair is None:
        return
    one, other = pair
    book.put(book.rows[one], "feedback", "一并整改")
    _join(book, one, other, "feedback")
    made.answers[one] = made.answers[other] = "一并整改"
    made.told.append("与其他行合并为一个单元格")


def _merge_ids(book: Book, made: Spoiled, free: list[str], _: dict[str, Sequence[str]]) -> None:
    pair = _neighbours(book, free)
    if pair is None:
        return
    one, other = pair
    _join(book, one, other, "issue_id")
    made.answers.pop(other, None)
    made.told.append("整改编号与其他行合并")


def _join(book: Book, one: str, other: str, column: str) -> None:
    place = {"start_column": COLUMN[column], "end_column": COLUMN[column]}
    book.sheet.merge_cells(start_row=book.rows[one], end_row=book.rows[other], **place)


def _picture(book: Book, made: Spoiled, folder: Path) -> None:
    path = folder / "图.png"
    side = book.rng.choice([20, 400])
    Picture.frombytes("RGB", (side, side), book.rng.randbytes(side * side * 3)).save(path)
    book.sheet.add_image(Image(path), f"B{book.sheet.max_row + 2}")
    made.told.append("图片中的内容未读入")


FAULTS: dict[str, Callable[[Book, Spoiled, list[str], dict[str, Sequence[str]]], None]] = {
    "deleted row": _delete,
    "changed id": _id(lambda book, issue, _: issue[:-1] + ("x" if issue[-1] != "x" else "y"), "最接近的是“"),
    "stranger": _id(lambda book, issue, _: book.rng.choice(STRANGERS), "，未读入"),
    "other unit": _id(lambda book, issue, known: book.rng.choice(known["others"]), "不属于通知"),
    "other year": _id(lambda book, issue, known: book.rng.choice(known["years"]), "不属于通知"),
    "no id": _id(lambda book, issue, _: None, "有答复而没有整改编号"),
    "two answers": _two,
    "formula": _formula,
    "hidden row": _hide,
    "merged answer": _merge,
    "merged ids": _merge_ids,
}
