"""Read forms into records (表格 -> 记录): every cell as text, with its file, sheet and row.

A form is recognised by the headers that ``rules/forms/*.yaml`` declares, never by position. One file may hold several
forms. What stands in a recognised form and in no record is listed as skipped; nothing is dropped silently.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from jixiao.core.errors import AnotherKindError, EmptyFormError, FormError, NoEvaluationError, NoTableError
from jixiao.core.vocabulary import reading_words
from jixiao.reading.files import Grid, read_parts
from jixiao.reading.forms.account_tables import account_rules, read_accounts
from jixiao.reading.forms.blocks import signs, split_halves, walk
from jixiao.reading.forms.divisions import has_subject, split_forms, stand_apart
from jixiao.reading.forms.families import Family, load_families
from jixiao.reading.forms.free_forms import understand
from jixiao.reading.forms.headers import View, choose_family, near_header
from jixiao.reading.forms.heads import find_titles, read_head, settle_head
from jixiao.reading.forms.pieces import Piece
from jixiao.reading.forms.records import Reading, Record, label_key
from jixiao.reading.forms.stacked import restacked
from jixiao.reading.forms.stated_lines import read_stated
from jixiao.reading.forms.teaching import Lessons, lessons_folder
from jixiao.reading.values.values import normalise

_LONGEST_SIGN = 8
_SAID = ("category", "subcategory", "indicator", "target", "actual", "weight", "reported_score", "value_text")
"""A row of indicators that holds none of these is the rest of a header."""
_TICK = re.compile("[√✓✔☑■●○□]")
_COPY_SHARE = 0.8
"""Share of equal names from which a second table is a copy of the first."""


def read_file(path: Path, *, name: str = "") -> list[Reading]:
    """Read every form of one file (读取一个文件中的全部表).

    Args:
        path: The file.
        name: How the file is named in the provenance columns; its own name when empty.

    Returns:
        The readings, in the order of the file: one reading is one form, each record one row, all text.

    Raises:
        FormError: The file cannot be opened, or holds none of the declared forms.
    """
    parts = read_parts(path, name or path.name)
    readings: list[Reading] = []
    refused: list[FormError] = []
    for part, grids in parts:
        if isinstance(grids, FormError):
            refused.append(grids)
            continue
        try:
            readings += recognise(grids, part, place=f"{path.absolute().parent.name}/{part}")
        except FormError as error:
            refused.append(error)
    if not readings:
        raise refused[0] if len(refused) == 1 else _unread_archive(name or path.name, refused)
    readings[0].refused += [left.parts for left in refused]
    return readings


def _unread_archive(name: str, refused: list[FormError]) -> FormError:
    """Say that none of the files of an archive could be read, and why the first could not."""
    parts = refused[0].parts
    inner = parts["file"].removeprefix(f"{name}/")
    return FormError(
        name, f"压缩包中的{len(refused)}个文件都没有读出，第一个是“{inner}”：{parts['found']}", parts["expected"]
    )


def recognise(grids: list[Grid], name: str, *, place: str = "", taught: Lessons | None = None) -> list[Reading]:
    """Find the forms in the grids of one file (识别表种): as they are declared, else by the meanings of their headers.

    Args:
        grids: The grids of the file.
        name: How the file is named in the provenance columns.
        place: The folder and name of the file, which may state the year.
        taught: What was taught; the lessons of the workbench when None.

    Raises:
        FormError: The file holds no form that is understood.
    """
    grids = [restacked(grid) for grid in grids]
    refused: FormError | None = None
    declared: list[Reading] = []
    try:
        declared = recognise_declared(grids, name)
    except FormError as error:
        refused = error
    if isinstance(refused, EmptyFormError):
        raise refused
    if len(declared) == 1:
        first, last = grids[0], grids[-1]
        read_stated(declared[0], first.sheet, first.above, last.below)
    if declared and not any(_has_doubt(reading) for reading in declared):
        return declared
    try:
        understood = understand(grids, name, place=place, taught=taught or Lessons(lessons_folder()))
    except FormError as error:
        if refused is not None and isinstance(error, NoTableError | EmptyFormError):
            raise refused from error  # it says what the file holds instead
        if not declared or isinstance(error, AnotherKindError):
            raise explained_by_remarks(error, grids) from refused
        return declared
    add_remarks(understood, grids)
    if isinstance(refused, NoEvaluationError) and any(_is_kind_assumed(reading) for reading in understood):
        raise refused
    ours, theirs = sum(map(_weight, understood)), sum(map(_weight, declared))
    no_rows = _rows_that_are_none(declared, understood)
    several = reading_words()["reasons"]["several_goals"]
    has_more = any(guess["reason"] == several for reading in understood for guess in reading.guesses)
    has_more |= any("term" in record.texts for reading in understood for record in reading.records)
    if no_rows or has_more:
        return understood if ours >= theirs - no_rows else declared
    return understood if ours > theirs else declared


def _rows_that_are_none(declared: list[Reading], understood: list[Reading]) -> int:
    """Return the values of declared rows that are opinions, stamps or notes when they are understood (意见、签章行)."""
    across = reading_words()["reasons"]["across"]
    rows = {
        (left["sheet"], cell_row(left["cell"]))
        for reading in understood
        for left in reading.skipped
        if left["reason"] == across
    }
    return sum(
        sum(bool(text.strip()) for text in record.texts.values())
        for reading in declared
        for record in reading.records
        if record.block == "indicators" and (record.sheet, record.row) in rows
    )


def cell_row(address: str) -> int:
    """Return the row of an address (A12, 第12行第1列), 0 when it has none.

    Example:
        >>> cell_row("A12"), cell_row("第12行第1列")
        (12, 12)
    """
    found = re.search(r"\d+", address)
    return int(found[0]) if found else 0


def _has_doubt(reading: Reading) -> bool:
    """Say whether a form leaves cells unread that no note explains."""
    targets = {record.texts.get("target", "") for record in reading.records}
    if any(map(_is_bare_sign, targets)):
        return True
    reasons = reading_words()["reasons"]
    doubts = {reasons[name] for name in ("no_column", "broken_header", "another_column", "no_form", "no_name")}
    return any(skipped["reason"] in doubts and skipped["text"].strip() for skipped in reading.skipped)


def _is_bare_sign(text: str) -> bool:
    """Say whether a target is a sign without its value (≥), which stands in the next cell below the same header."""
    return 0 < len(text) <= _LONGEST_SIGN and not text[0].isdigit() and not text[-1].isdigit() and _is_sign(text)


@lru_cache(maxsize=4_096)
def _is_sign(text: str) -> bool:
    return normalise(text) in {*signs(), "="}


def _weight(reading: Reading) -> int:
    """Return how many values of a form are read."""
    kept = {"target", "actual", "weight", "reported_score", "initial_budget", "annual_budget", "executed", "value_text"}
    kept |= {"target_relation", "execution_rate", "arrived", "indicator", "deviation_reason"}
    rows = sum(
        _says(text := record.texts.get(name, "")) - (name == "target" and _is_bare_sign(text))
        for record in reading.records
        if record.block != "indicators" or any(record.texts.get(name) for name in _SAID)
        for name in kept
    )
    return rows + sum(name in reading.head for name in ("project", "department", "unit", "total_claimed"))


def _says(text: str) -> bool:
    """Say whether a cell holds more than a tick, which says nothing without its header."""
    plain = text.strip()
    return bool(plain) and _TICK.fullmatch(plain) is None


def _is_kind_assumed(reading: Reading) -> bool:
    assumed = reading_words()["reasons"]["kind_assumed"]
    return any(guess["reason"] == assumed for guess in reading.guesses)


def recognise_declared(grids: list[Grid], name: str) -> list[Reading]:
    """Find the declared forms in the grids of one file (登记版式); see :func:`read_file`."""
    accounts = read_accounts(grids, name)
    readings = [accounts] if accounts else []
    taken = {record.sheet for record in accounts.records} if accounts else set()
    views = [part for grid in grids if grid.sheet not in taken for part in stand_apart(View(grid))]
    unread: list[tuple[Piece, str]] = []
    left: list[dict[str, str]] = []
    for pieces in split_forms(views):
        reading = _recognise_form(pieces, name)
        if reading is None or _is_unfilled(reading):
            unread += [(piece, "no_form" if reading is None else "empty_form") for piece in pieces]
            left += _left_of(reading) if reading and not reading.records else []
        else:
            _require(reading)
            _add_reading(readings, reading)
    if not readings:
        raise explained_by_remarks(_empty_form(unread, name) or _unknown_form(views, name), grids)
    reasons = reading_words()["reasons"]
    for grid in grids:
        left += [
            {"sheet": grid.sheet, "cell": line.address, "text": line.text, "reason": reasons["margin"]}
            for line in grid.margins
        ]
    for piece, reason in unread:
        view = piece.view
        first = next((at for at in view.filled if piece.start <= at[0] < piece.stop), None)
        if first:
            text, cell = view.texts[first[0]][first[1]], view.address(*first)
            left.append({"sheet": piece.sheet, "cell": cell, "text": text, "reason": reasons[reason]})
    readings[0].skipped += left
    add_remarks(readings, grids)
    return readings


def add_remarks(readings: list[Reading], grids: list[Grid]) -> None:
    """List what the reader of the file told about its cells, with the form that has rows of the same table."""
    for grid in grids:
        if not grid.remarks:
            continue
        tables = [{record.sheet for record in [*reading.records, *reading.head.values()]} for reading in readings]
        owner = next((number for number, sheets in enumerate(tables) if grid.sheet in sheets), 0)
        for told in grid.remarks:
            line = {"sheet": grid.sheet, "cell": told.address, "text": told.text, "reason": told.reason}
            (readings[owner].guesses if told.is_guess else readings[owner].skipped).append(line)


def explained_by_remarks(error: FormError, grids: list[Grid]) -> FormError:
    """Return an error that also says what may be why no form was found: a hidden sheet, an embedded file."""
    grave = list(dict.fromkeys(told.reason for grid in grids for told in grid.remarks if told.is_grave))
    if not grave:
        return error
    parts = error.parts
    return type(error)(
        parts["file"], f"{parts['found']}（{'；'.join(grave[:3])}）", parts["expected"], place=parts["place"]
    )


def _left_of(reading: Reading) -> list[dict[str, str]]:
    """Return every cell of a form without rows: what was left over, and what its head says."""
    reason = reading_words()["reasons"]["empty_form"]
    head = [
        {"sheet": record.sheet, "cell": record.cells[column], "text": text, "reason": reason}
        for record in reading.head.values()
        for column, text in record.texts.items()
    ]
    return reading.skipped + head


def _is_unfilled(reading: Reading) -> bool:
    """Say whether a form is a template that nobody filled in: no subject, no value, or no row at all."""
    family = next(family for family in load_families() if family.id == reading.form)
    values = ("target", "actual", "reported_score", "annual_budget", "executed")
    is_filled = any(normalise(record.texts.get(name, "")) for record in reading.records for name in values)
    return not reading.records or (family.subject not in reading.head and family.main != "list" and not is_filled)


def _empty_form(unread: list[tuple[Piece, str]], name: str) -> FormError | None:
    """Say that a form has its header and nothing to read below it: a template that nobody filled in (空白模板)."""
    sheet = next((piece.sheet for piece, reason in unread if reason == "empty_form"), None)
    if sheet is None:
        return None
    return EmptyFormError(name, "表头下没有可读入的内容", "请填写后再放入；空白模板不必放入数据目录", place=sheet)


def _unknown_form(views: list[View], name: str) -> FormError:
    """Say why no form was found: the column that the closest header lacks, or the forms that are known."""
    titles = find_titles([Piece(view, 0, view.height) for view in views])
    near = near_header(views, set(titles.values()))
    if near is None:
        forms = [family.titles[0] for family in load_families() if family.is_national]
        known = "、".join([*forms, *account_rules().titles])
        return FormError(name, "没有找到可识别的表头", f"应为下列表之一：{known}；请检查表头文字是否完整")
    view, row, lacking, unknown = near
    return FormError(
        name,
        f"第{row + 1}行的表头缺少“{'”“'.join(lacking)}”" + (f"，有不认识的“{'”“'.join(unknown)}”" if unknown else ""),
        "请核对表头文字；确是同一栏目的，在 jixiao/rules/forms 中给它加一个别名",
        place=view.grid.sheet,
    )


def _recognise_form(pieces: list[Piece], name: str) -> Reading | None:
    """Read the rows of one form as the family that explains most of its headers; nothing when it is none."""
    titles = find_titles(pieces)
    headers = [piece.found for piece in pieces]
    forms = set(titles.values())
    labels = {key for piece in pieces for keys in piece.view.keys[piece.start : piece.stop] for key in keys} | set(
        titles
    )
    year: int | None = None
    while True:
        family = choose_family(headers, labels, forms, year)
        if family is None or not (titles or (family.main != "list" and has_subject(pieces))):
            return None
        reading = _read_form(
            [piece.read_as(family.id) for piece in pieces], family, name, is_titled=family.form in forms
        )
        if year == reading.year or family.years[0] <= (reading.year or 0) <= family.years[1]:
            return reading
        year = reading.year  # this family was not printed in that year yet, or no longer


def _read_form(pieces: list[Piece], family: Family, name: str, *, is_titled: bool) -> Reading:
    """Read one form: its rows, its head, and what is left over."""
    known = sum(header.known for piece in pieces for header in piece.headers.values())
    printed = sum(header.printed for piece in pieces for header in piece.headers.values())
    reading = Reading(name, family.form, family.evaluation, family=family.family)
    reading.sureness = round(known / printed * (1 if is_titled else 0.8), 2)
    reading.records = [half for record in walk(pieces, frozenset(family.head)) for half in split_halves(record)]
    _mark_copies(reading, family)
    read_head(pieces, family, reading)
    settle_head(reading, family)
    reasons = reading_words()["reasons"]
    for piece in pieces:
        view = piece.view
        reading.guesses += piece.guesses
        for row, column in view.filled:
            if piece.start <= row < piece.stop and (row, column) not in piece.used:
                cell, text = view.grid.address(row, column), view.texts[row][column]
                reason = reasons[piece.why_unread(row, text)]
                reading.skipped.append({"sheet": piece.sheet, "cell": cell, "text": text, "reason": reason})
    return reading


def _require(reading: Reading) -> None:
    """Refuse a form without its year, kind or project; the year may come from the folder, which is said."""
    sheet = reading.records[0].sheet
    if reading.year is None:
        folder = re.match(r"(20\d\d)/", reading.file)
        if not folder:
            raise FormError(reading.file, "没有找到评价年度", "请在标题下写明，如“（2021年度）”", place=sheet)
        reading.year = int(folder[1])
        reason = reading_words()["reasons"]["year_of_folder"]
        reading.guesses.append({"sheet": sheet, "cell": "", "text": folder[1], "reason": reason})
    if not reading.evaluation:
        raise NoEvaluationError(
            reading.file, "没有写明评价类型", "请在“评价类型”处填写单位自评、部门评价或财政评价", place=sheet
        )
    family = next(family for family in load_families() if family.id == reading.form)
    if family.subject == "project" and family.main != "list" and "project" not in reading.head:
        raise FormError(reading.file, "没有找到项目名称", "请在“项目名称”右侧填写项目名称", place=sheet)
    if family.subject == "department" and "department" not in reading.head:
        raise FormError(reading.file, "没有找到部门名称", "请在“部门名称”右侧填写部门名称", place=sheet)


def _mark_copies(reading: Reading, family: Family) -> None:
    """Set a table apart that repeats the first one of its kind: its rows count once (重复的表)."""
    tables: dict[str, list[Record]] = {}
    for record in reading.records:
        if record.block == family.main:
            tables.setdefault(record.table, []).append(record)
    if len(tables) < 2:
        return
    first, *others = tables.values()
    names = {_name(record) for record in first}
    for records in others:
        same = sum(_name(record) in names for record in records)
        if family.main == "indicators" and same >= _COPY_SHARE * len(records):
            copied = records[0].table
            for record in reading.records:
                if record.table == copied and record.block in {family.main, "total", "grade"}:
                    record.block = "copy" if record.block == family.main else f"copy_{record.block}"


def _name(record: Record) -> str:
    return label_key(record.texts.get("indicator", ""))


def _add_reading(readings: list[Reading], reading: Reading) -> None:
    """Add a reading; a form that is repeated in the file with the same content is read once."""
    for other in readings:
        if other.content() == reading.content():
            first = reading.records[0]
            reason = reading_words()["reasons"]["repeated"].format(sheet=other.records[0].sheet)
            cell = next(iter(first.cells.values()))
            other.skipped.append({"sheet": first.sheet, "cell": cell, "text": "", "reason": reason})
            return
    readings.append(reading)
