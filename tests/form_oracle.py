"""Judge what was read of a form by its grid alone (独立核对): written without the reader, so both cannot err alike.

A number must be printed in the cell that its record names, in the row of the record, under a header of its column. A
cell that holds text must be the cell of a record, stand in the list of what was skipped, or be a label.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import Any
from unicodedata import normalize

import yaml
from conftest import PACKAGE

from jixiao.reading.files import Grid
from jixiao.reading.forms.records import Reading, Record

DECLARED = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in (PACKAGE / "rules/forms").glob("*.yaml")]
WORDS = yaml.safe_load((PACKAGE / "rules/reading.yaml").read_text(encoding="utf-8"))
FORMS = [declared for declared in DECLARED if "blocks" in declared]
POINTS = ("weight", "reported_score", "subcategory_weight")
MONEY = ("initial_budget", "annual_budget", "arrived", "issued", "executed")
UNITS = {"万元": Decimal(1), "元": Decimal("0.0001"), "亿元": Decimal(10000), "千元": Decimal("0.1")}
DIGITS = "零一二三四五六七八九"
STEPS = {"十": 10, "百": 100}
WRITTEN = re.compile(rf"[{DIGITS}十百]+")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@cache
def plain(text: str) -> str:
    """Return a text in one width without white space."""
    return re.sub(r"\s+", "", normalize("NFKC", text))


@cache
def bare(text: str) -> str:
    """Return a label without what stands around its words: numbers before it, brackets, colon and formula behind it."""
    label = re.sub(r"^其中:?", "", plain(text)).strip(":;,。")
    label = re.sub(r"^(?:\([一二三四五六七八九十]+\)|[一二三四五六七八九十]+[、.]|\d+[、.](?!\d))", "", label)
    label = re.sub(r"(?:\([^()]*\)|[A-F](?:/[A-F])?)+$", "", label)
    return label.strip(":;,。")


def _aliases() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for form in FORMS:
        for block in form["blocks"].values():
            for column, names in (block.get("columns") or {}).items():
                found.setdefault(column, set()).update(bare(name) for name in names)
    return found


def _labels() -> set[str]:
    found = {name for names in ALIASES.values() for name in names}
    for form in FORMS:
        for names in (*form.get("head", {}).values(), *form.get("objective", {}).values(), form.get("ignored", [])):
            found |= {bare(name) for name in names}
        for block in form["blocks"].values():
            for names in (*block.get("rows", {}).values(), *block.get("closing", {}).values()):
                found |= {bare(name) for name in names}
    accounts = next(declared for declared in DECLARED if "tables" in declared)
    for names in (*accounts["roles"].values(), accounts["sides"], [accounts["numbering"]]):
        found |= {bare(name) for name in names}
    return found


ALIASES = _aliases()
HEADERS = {name for names in ALIASES.values() for name in names}
TABLE = next(declared["tables"] for declared in DECLARED if "tables" in declared)
LABELS = _labels()
TITLES = {plain(title) for form in DECLARED for title in form.get("titles", [])}


class Sheet:
    """The cells of a grid by address: where they stand, how far they reach and what they say."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.cells: dict[str, tuple[int, int, int, int, str]] = {}
        self.at: dict[tuple[int, int], str] = {}
        self.known: dict[int, set[str]] = {}
        for top, left, bottom, right in grid.merges:
            self._add(top, left, bottom, right)
        for row, texts in enumerate(grid.texts):
            for column in range(len(texts)):
                if (row, column) not in self.at:
                    self._add(row, column, row, column)

    def _add(self, top: int, left: int, bottom: int, right: int) -> None:
        texts = self.grid.texts
        text = texts[top][left] if top < len(texts) and left < len(texts[top]) else ""
        address = self.grid.address(top, left)
        self.cells[address] = (top, left, bottom, right, text)
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                self.at[row, column] = address

    def text(self, row: int, column: int) -> str:
        """Return the text of the cell that covers a position."""
        return self.cells[self.at[row, column]][4] if (row, column) in self.at else ""

    def headers(self, row: int) -> set[str]:
        """Return the header labels of a row."""
        if row not in self.known:
            self.known[row] = {bare(self.text(row, column)) for column in range(self.grid.width)} & HEADERS
        return self.known[row]

    def is_headed(self, address: str, row: int, column: str) -> bool:
        """Say whether the closest header row above names the column above the cell, in that row or the one beside."""
        top, left, bottom, right, _ = self.cells[address]
        for above in range(row - 1, -1, -1):
            if len(self.headers(above) | self.headers(above - 1)) >= 3 and not top <= above <= bottom:
                places = [(line, place) for line in (above - 1, above, above + 1) for place in range(left, right + 1)]
                if any(bare(self.text(*place)) in ALIASES[column] for place in places):
                    return True
                if left == right and bare(self.text(above, left)) in HEADERS:
                    return False
        return False

    def is_labelled(self, address: str) -> bool:
        """Say whether a cell left of an amount names money (预算数、资金总额、其他资金)."""
        top, left, _, _, _ = self.cells[address]
        texts = [plain(self.text(top, place)) for place in range(left)]
        return any(re.search("预算|资金|拨款|执行|总额|合计|投资|经费|支出", text) for text in texts if text)


class Oracle:
    """Everything that can be said of the readings of one file without knowing how they were made."""

    def __init__(self, grids: list[Grid], readings: list[Reading], guesses: list[dict[str, Any]]) -> None:
        self.sheets = {grid.sheet: Sheet(grid) for grid in grids}
        self.readings = readings
        self.guessed = {(guess["source_sheet"], guess["source_cell"]) for guess in guesses}
        self.reasons = [guess["reason"] for guess in guesses]

    def wrong_cells(self) -> list[str]:
        """Return every text of a record that its cell does not print, or that stands in another row or column."""
        wrong = []
        for reading in self.readings:
            for record in reading.records:
                for column in record.texts:
                    wrong += [f"{record.block} {record.row} {column}: {what}" for what in self._wrong(record, column)]
        return wrong

    def _wrong(self, record: Record, column: str) -> list[str]:
        sheet = self.sheets[record.sheet]
        address, text = record.cells.get(column, ""), record.texts[column]
        if not address:
            return []
        top, _left, bottom, _right, printed = sheet.cells[address]
        row = record.row - 1
        is_counted_once = (record.sheet, address) in self.guessed
        is_counted_once |= address in {
            record.cells.get(name) for name in ("category", "subcategory", "indicator", "project")
        }
        if not text and (not printed.strip() or is_counted_once or bare(printed) in LABELS):
            return []
        if column == "weight" and address in {record.cells.get("indicator"), record.cells.get("fund")}:
            return [] if f"({text}分" in plain(printed) else [f"{text!r} is no weight in {printed!r}"]
        if column == "weight" and not top <= row <= bottom:  # a header of the score that carries its points
            return [] if f"({text}分" in plain(printed) else [f"{text!r} is no weight in {printed!r}"]
        if not top <= row <= bottom and not (column in MONEY and sheet.is_labelled(address)):
            return [f"{address} stands in another row"]
        if column == "weight" and f"({text}分" in plain(printed):
            return []
        if column == "target":
            return [] if plain(printed) in plain(text) else [f"{text!r} is not {printed!r}"]
        if column not in {"fund", "grade"} and plain(text) != plain(printed):
            return [f"{text!r} is not {printed!r}"]
        if column in ALIASES and column != "fund" and record.block != "head" and printed.strip():
            is_headed = sheet.is_headed(address, row, column) or self._is_told_above(sheet, address, row)
            is_headed |= column in MONEY and sheet.is_labelled(address)
            return [] if is_headed else [f"no header above {address} ({printed!r})"]
        return []

    def _is_told_above(self, sheet: Sheet, address: str, row: int) -> bool:
        """Say whether a header above a cell was told to be understood by its parts or its contents."""
        _, left, _, right, _ = sheet.cells[address]
        above = {sheet.at.get((line, place), "") for line in range(row) for place in range(left, right + 1)}
        return any((sheet.grid.sheet, one) in self.guessed for one in above)

    def wrong_points(self, frame: list[dict[str, Any]]) -> list[str]:
        """Return every weight and score of a frame that is not the number its record prints."""
        wrong = []
        for row in frame:
            sheet = self.sheets[row["source_sheet"]]
            for column, cell in (("weight", "weight_cell"), ("reported_score", "score_cell")):
                value = row[column]
                if value is None or value != value:
                    continue
                printed = plain(sheet.cells[row[cell]][4])
                if Decimal(repr(float(value))) not in numbers(printed) and not printed.startswith("("):
                    wrong.append(f"{row['indicator']} {column}: {value} is not {printed!r}")
            wrong += self._wrong_values(row)
        return wrong

    def _wrong_values(self, row: dict[str, Any]) -> list[str]:
        wrong = []
        for name in ("target", "actual"):
            value, text = row.get(f"{name}_value"), plain(row.get(f"{name}_text", ""))
            if value is None or value != value:
                continue
            is_guessed = (row["achievement_sheet"], row[f"{name}_cell"]) in self.guessed
            is_rate = "%" in text and not is_guessed
            factors = [Decimal("0.01")] if is_rate else [Decimal(10) ** power for power in range(-4, 9)]
            found = {number * factor for number in numbers(text) for factor in factors}
            durations = {number * other for number in numbers(text) for other in (60, 3600, 86400, 24, 7)}
            if not any(abs(one - Decimal(repr(float(value)))) < Decimal("1e-9") for one in found | durations):
                wrong.append(f"{row['indicator']} {name}: {value} is not {text!r}")
        return wrong

    def wrong_money(self, frame: list[dict[str, Any]]) -> list[str]:
        """Return every amount that is not what its cell prints in a money unit that the form states."""
        records = {
            (record.sheet, record.row): (reading, record)
            for reading in self.readings
            for record in [*reading.records, *reading.head.values()]
            if any(name in record.cells for name in MONEY)
            or any("fund_" in name for name in record.cells)
            or record.block == "funds"
        }
        wrong = []
        for row in frame:
            reading, record = records[row["source_sheet"], row["source_row"]]
            for name in MONEY:
                value = row.get(f"{name}_wan")
                if value is None or value != value:
                    continue
                sheet = self.sheets[record.sheet]
                address = record.cells.get(name) or row["source_cell"]
                if not self._is_money(sheet, address, reading, Decimal(repr(float(value)))):
                    wrong.append(f"{row['fund']} {name}: {value} is not {sheet.cells[address][4]!r}")
        return wrong

    def _is_money(self, sheet: Sheet, address: str, reading: Reading, value: Decimal) -> bool:
        printed = plain(sheet.cells[address][4])
        stated = {unit for unit in UNITS if re.search(rf"\d万?{unit}", printed)}
        if not stated:
            texts = [plain(cell[4]) for other in self.sheets.values() for cell in other.cells.values()]
            notes = [plain(line.text) for other in self.sheets.values() for line in other.grid.above]
            stated = {
                found[1] or found[2]
                for text in texts + notes
                for found in re.finditer(r"\((?:[^()]*[:;])?(亿元|万元|千元|元)\)|单位:?(亿元|万元|千元|元)", text)
            }
        if not stated:
            stated = {"元"} if reading.family == "shanghai" else set()
        stated |= {"万元"} if WORDS["reasons"]["no_unit"] in self.reasons else set()
        factors = {UNITS[unit] for unit in stated} | ({Decimal(1)} if printed.endswith("万") else set())
        found = {number * factor for number in numbers(printed) for factor in factors}
        found |= {number * 10000 for number in numbers(printed) if printed.endswith("亿")}
        return any(abs(one - value) < Decimal("1e-9") for one in found)

    def lost_cells(self) -> list[str]:
        """Return every cell of a recognised form that is in no record, not skipped and no label."""
        told: dict[str, set[str]] = {}
        said: dict[str, set[str]] = {}
        passed = set()
        for reading in self.readings:
            for record in [*reading.records, *reading.head.values()]:
                told.setdefault(record.sheet, set()).update(record.cells.values())
                told[record.sheet].add(record.texts.get("unit_cell", ""))
                said.setdefault(record.sheet, set()).update(
                    plain(text)
                    for column, text in record.texts.items()
                    if column not in record.cells or record.block in {"head", "objective"}
                )
            for item in reading.skipped:
                told.setdefault(item["sheet"], set()).add(item["cell"])
                if item["reason"] == WORDS["reasons"]["no_form"] or "完全相同" in item["reason"]:
                    passed.add(item["sheet"])
        accounts = {
            record.sheet for reading in self.readings for record in reading.records if reading.form == "final_account"
        }
        lost = []
        for name, sheet in self.sheets.items():
            for address, (row, *_, text) in sheet.cells.items():
                is_known = address in told.get(name, ()) or name in passed or is_label(text)
                is_known |= name in accounts and row < 7  # its headers
                is_known |= plain(text) == plain(name) or (name, address) in self.guessed
                value = plain(text).partition(":")[2] or plain(text)
                is_said = any(value in one for one in said.get(name, ()))
                if text.strip() and not is_known and not is_said:
                    lost.append(f"{name}!{address} {text!r}")
        return lost


def is_label(text: str) -> bool:
    """Say whether a text is a label, a title, or a line that states the year or the money unit."""
    short = plain(text)
    if bare(text) in LABELS or re.fullmatch(rf"{TABLE}|[类款项]", short) or any(title in short for title in TITLES):
        return True
    if re.fullmatch(r"(?:年初|年度|年|总体|绩效|预期|长期|中期|任务)*目标", short):
        return True
    unit = r"\(?(?:金额)?单位:?(?:人民币)?(?:万元|元|亿元)\)?"
    return bool(re.fullmatch(rf"\(?\d{{4}}年度?\)?(?:{unit})?|{unit}", short)) or any(
        note in short for form in FORMS for note in form.get("notes", [])
    )


@cache
def numbers(text: str) -> tuple[Decimal, ...]:
    """Return every number that a text prints, in digits or in words, with and without its sign."""
    found = [Decimal(number) for number in NUMBER.findall(text.replace(",", ""))]
    return (*found, *map(abs, found), *map(in_words, WRITTEN.findall(text)))


def in_words(text: str) -> Decimal:
    """Return a number below a thousand that is written in words (十二, 三百零五)."""
    whole, digit = 0, 0
    for sign in text:
        if sign in STEPS:
            whole, digit = whole + (digit or 1) * STEPS[sign], 0
        else:
            digit = DIGITS.index(sign)
    return Decimal(whole + digit)
