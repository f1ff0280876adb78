"""Money of forms that are understood (理解读取资金): rows of tables, labels beside amounts, and amounts in words.

An amount is kept under its source and its meaning once; what a label does not say for sure is told or left.
"""

from __future__ import annotations

import re
from dataclasses import replace

from jixiao.reading.files import Position
from jixiao.reading.forms.assignment import MONEY, Column
from jixiao.reading.forms.below import numbers_of
from jixiao.reading.forms.form_parts import Found, Part, cells_under, meaning_names, skip_row, words_pattern
from jixiao.reading.forms.glued import LABEL_SURE, glued_labels, label_in, money_pairs
from jixiao.reading.forms.headers import View
from jixiao.reading.forms.meanings import meaning_of, parse_header, pattern
from jixiao.reading.forms.records import Record, label_key
from jixiao.reading.forms.table_cells import Table, bottom_edge, is_amount, own_cells
from jixiao.reading.values.values import normalise

_COLON = re.compile(r"[:：]")


def of_year(table: Table, year: int | None) -> Table:
    """Return a table without the columns of another year: money, and what was reached (2021年实际 in one of 2022)."""
    columns = [
        replace(column, name="last")
        if column.name in {*MONEY, "actual"}
        and (stated := parse_header(column.text).year)
        and year
        and int(stated) != year
        else column
        for column in table.columns
    ]
    return replace(table, columns=tuple(columns))


def read_funds(part: Part, table: Table, found: Found) -> None:
    """Read the rows of a table of money into records, one to a source (资金行)."""
    view = part.view
    columns = [column for column in table.columns if column.name]
    money = [column for column in columns if column.name in {*MONEY, "execution_rate", "arrival_rate"}]
    if not money:
        return
    first = min(column.left for column in money)
    labelled = next((column for column in columns if column.name in {"source", "item"} and column.left < first), None)
    blank = 0
    rows = 0
    for row in range(table.bottom + 1, table.stop):
        cells = own_cells(view, row)
        if not cells:
            blank += 1
            if blank > 1:
                break
            continue
        if any(pattern("grouping").fullmatch(normalise(text)) for _, _, text in cells) and not _has_own_source(cells):
            skip_row(part, row, cells, "grouping")
            continue
        if _is_total_of_form(cells):
            part.late_totals.append(row)
            break
        if _read_cells_of_money(part, row, cells, found):
            rows += 1
            continue
        label_at, label, is_own = _fund_label(part, row, first, labelled, table.bottom)
        if label_at is None:
            label_at, label, is_own = _label_behind(part, row, columns)
        if label_at is None:
            label_at, label, is_own = _label_within(part, row, money)
        amounts = [
            column
            for column in money
            if any(is_amount(part.text(at)) for at in cells_under(part, row, column) if at[0] == row)
        ]
        is_source = bool(label) and _is_source(label)
        if not amounts and not is_source:
            if rows or _ends_money(part, row, cells):
                break
            continue
        if not is_own and rows and not label:
            continue
        part.money_rows.add(row)
        _fund_record(part, table, row, label_at, label if is_own or is_source else "", columns, found, rows, amounts)
        rows += 1
    _settle_only_sum(found)


def _has_own_source(cells: list[tuple[int, int, str]]) -> bool:
    """Say whether a row names a source of money beside its amounts, whatever heads it (按收入性质分 | 财政拨款)."""
    named = [text for _, _, text in cells if not is_amount(text) and meaning_of(text, "sources") is not None]
    return bool(named) and any(is_amount(text) for _, _, text in cells)


def _of_points(plain: str) -> bool:
    found = meaning_of(plain, "labels")
    return found is not None and found.name == "total_claimed"


def _is_total_of_form(cells: list[tuple[int, int, str]]) -> bool:
    """Say whether a row below the money of a form holds the total of its points (总分 | 100 | 97.5)."""
    plain = normalise(cells[0][2]).strip(":")
    amounts = [text for _, _, text in cells[1:] if is_amount(text)]
    is_total = words_pattern("totals").fullmatch(plain) is not None and _of_points(plain)
    return is_total and 0 < len(amounts) <= 2 and len(amounts) == len(cells) - 1


def _settle_only_sum(found: Found) -> None:
    """Take the only row that sums the money of a form (小计) for its total where no other row is called so."""
    funds = [record for record in found.reading.records if record.block == "funds"]
    sums = [record for record in funds if pattern("only_sum").fullmatch(normalise(record.texts["fund"]))]
    sums = [] if sums and _is_exceeded(sums[0], funds) else sums
    spent = [record for record in funds if pattern("spending_sum").fullmatch(record.texts["fund"])]
    sums = spent if len(spent) == 1 else sums  # what a department received is summed beside it
    if len(sums) == 1 and not any(record.texts["fund"] == "total" for record in funds):
        sums[0].texts["fund"] = "total"


def _is_exceeded(sum_of: Record, funds: list[Record]) -> bool:
    """Say whether a source has more money than what is called a sum: that sums some of them only."""
    for name in MONEY:
        ours, *others = numbers_of([one.texts.get(name, "") for one in (sum_of, *funds)])
        if ours is not None and any(other is not None and other > ours for other in others):
            return True
    return False


def _read_cells_of_money(part: Part, row: int, cells: list[tuple[int, int, str]], found: Found) -> bool:
    """Read the cells of a row that hold label and amount each (其中：一般公共预算：905), whatever stands above them."""
    is_read = False
    for left, _, text in cells:
        is_read |= _read_cell_of_money(part, found, (row, left), money_pairs(text))
    return is_read


def _read_cell_of_money(part: Part, found: Found, at: Position, pairs: list[tuple[str, str]]) -> bool:
    """Read the amounts of one cell by their labels; one that names no source of money is told."""
    taken, left = [], []
    for label, value in pairs:
        source, role = meaning_of(label, "sources"), meaning_of(label, "funds")
        parsed = parse_header(label)
        is_role = role is not None and role.name in MONEY and role.sure >= LABEL_SURE
        is_role = is_role and not (pattern("part_of_spending").fullmatch(parsed.core) and part.has_basic_spending)
        is_fund = bool(parsed.tags & {"fund", "amount"}) and not parsed.tags & {"spend", "use", "person"}
        if source is not None or is_role or (is_fund and parsed.rest < 1):
            name = role.name if source is None and is_role and role is not None else "annual_budget"
            fund = source.name if source is not None else "total" if is_role else label_key(label)
            taken.append((fund, name, value, label))
        else:
            left.append(label)
    if not taken:
        return False
    for fund, name, value, label in taken:
        if put_money(part, found, at, at, fund, name, value, label):
            part.tell(at, "money_by_label", name=meaning_names()[name])
        else:
            left.append(label)
    for label in left:
        part.tell(at, "money_not_read", label=label)
    part.used.add(at)
    return True


def put_money(
    part: Part, found: Found, at: Position, value_at: Position, fund: str, role: str, value: str, label: str
) -> bool:
    """Put an amount into the record of its source; nothing is put where that holds one already."""
    records = found.reading.records
    record = next((one for one in records if one.block == "funds" and one.texts["fund"] == fund), None)
    if record is None:
        record = Record("funds", part.sheet, at[0] + 1, {"fund": fund}, {"fund": part.view.address(*at)})
        records.append(record)
    if record.texts.get(role):
        return False
    record.texts[role], record.cells[role] = value.strip(), part.view.address(*value_at)
    unit = parse_header(label).unit
    if unit:
        record.units[role] = unit
    return True


def _ends_money(part: Part, row: int, cells: list[tuple[int, int, str]]) -> bool:
    return any(
        (meaning := meaning_of(text, "goals")) is not None and meaning.sure >= LABEL_SURE for _, _, text in cells
    )


def _is_source(text: str) -> bool:
    found = meaning_of(text, "sources")
    tags = parse_header(text).tags
    return found is not None or bool(tags & {"fund", "amount"} and not tags & {"situation", "use", "goal", "indicator"})


def _fund_label(
    part: Part, row: int, first: int, labelled: Column | None, header: int
) -> tuple[Position | None, str, bool]:
    """Return where the source of a row of money stands, its text, and whether it begins in this row."""
    view = part.view
    own = [(left, text.strip()) for left, _, text in own_cells(view, row) if left < first and not is_amount(text)]
    if len(own) > 1:
        named = [
            one for one in own if (found := meaning_of(one[1], "sources")) is not None and found.sure >= LABEL_SURE
        ]
        left, text = named[-1] if named else own[0]
        return (row, left), text, True
    places = range(labelled.left, labelled.right + 1) if labelled is not None else range(first - 1, -1, -1)
    for place in places:
        at = view.corner(row, place)
        text = view.texts[row][place].strip()
        if not text or is_amount(text):
            continue
        is_side = at[0] < row and (
            at[0] <= header or bottom_edge(view, row, place) > row or not _is_source(text)
        )  # what begins beside the header names the whole block
        if is_side and meaning_of(text, "sources") is None:
            continue
        if pattern("situation").search(text) and meaning_of(text, "sources") is None:
            continue
        return at, text, at[0] == row
    return None, "", True


def _label_behind(part: Part, row: int, columns: list[Column]) -> tuple[Position | None, str, bool]:
    """Return the source of a row of money that stands right of its amounts (名称在金额右侧)."""
    last = max(column.right for column in columns)
    for place in range(last + 1, part.view.width):
        at, text = part.view.corner(row, place), part.view.texts[row][place].strip()
        if text and at[0] == row and meaning_of(text, "sources") is not None:
            return at, text, True
    return None, "", True


def _label_within(part: Part, row: int, money: list[Column]) -> tuple[Position | None, str, bool]:
    """Return the source of a row of money that stands with its amount below one header (预算安排情况: 预算数 | 320)."""
    for column in money:
        under = [at for at in cells_under(part, row, column) if at[0] == row]
        if len(under) > 1 and not is_amount(part.text(under[0])) and is_amount(part.text(under[1])):
            label, source = part.text(under[0]), meaning_of(part.text(under[0]), "sources")
            role = meaning_of(label, "funds")
            is_role = source is None and role is not None and role.name in MONEY
            return under[0], "" if is_role else label, True
    return None, "", True


def _labelled_amount(part: Part, row: int, under: list[Position]) -> list[Position]:
    """Return the cells below a header of money without the label that stands before its amount there."""
    is_pair = len(under) > 1 and under[0][0] == row and not is_amount(part.text(under[0]))
    if not is_pair or not is_amount(part.text(under[1])):
        return under
    label = part.text(under[0])
    if not (_is_source(label) or meaning_of(label, "funds") is not None):
        return under
    part.used.add(under[0])
    return under[1:]


def _fund_record(
    part: Part,
    table: Table,
    row: int,
    label_at: Position | None,
    label: str,
    columns: list[Column],
    found: Found,
    rows: int,
    amounts: list[Column],
) -> None:
    view = part.view
    source = meaning_of(label, "sources") if label else None
    parsed = parse_header(label) if label else None
    if source is not None and not (source.name == "total" and parsed is not None and parsed.among):
        fund = source.name
    elif label:
        fund = label_key(label) or label
    else:
        fund = "total"
    is_cost = table.kind == "costs"
    if is_cost and fund != "total":
        if label_at is not None:
            part.skip(label_at, "cost_row")
        for _, left in [(row, left) for left, _, _ in own_cells(view, row)]:
            part.skip((row, left), "cost_row")
        return
    texts: dict[str, str] = {"fund": fund}
    cells: dict[str, str] = {"fund": view.address(*(label_at or (row, columns[0].left)))}
    units: dict[str, str] = {}
    if label_at is not None:
        part.used.add(label_at)
    amounts_at = [column for column in columns if column.name in {*MONEY, "execution_rate", "weight", "reported_score"}]
    inner = [
        column.left
        for column in amounts_at
        if view.corner(row, column.left) != label_at
        and (label_at is None or column.left > label_at[1])
        and any(one.left < column.left for one in amounts_at)
        and pattern("inner_label").fullmatch(normalise(part.text((row, column.left))))
        and not (column.right > column.left and is_amount(part.view.texts[row][column.right]))
    ]
    for column in columns:
        name = column.name
        if inner and column.left >= inner[0]:  # 其中:基本支出 | 612: a label ends the row, what follows is its own
            for at in cells_under(part, row, column):
                part.skip(at, "another_column")
            continue
        if name not in {*MONEY, "execution_rate", "arrival_rate", "weight", "reported_score"}:
            for at in cells_under(part, row, column):
                if name not in {"source", "item"}:
                    part.skip(at, "known_column")
            continue
        under = [
            at for at in cells_under(part, row, column) if at != label_at and at not in {c.at for c in table.columns}
        ]
        under = _labelled_amount(part, row, under)
        late = [at for at in under if at[0] < row and at in part.used]
        for at in late:
            part.tell(at, "shared_once")
        under = [at for at in under if at not in late]
        text = part.text(under[0]) if under else ""
        texts[name] = text
        if under or not view.texts[row][column.left].strip():
            cells[name] = view.address(*(under[0] if under else (row, column.left)))
        part.used.update(under[:1])
        unit = parse_header(column.text).unit
        if unit:
            units[name] = unit
        points = parse_header(column.text).points
        if name == "reported_score" and points and "weight" not in {c.name for c in columns} and fund == "total":
            texts["weight"], cells["weight"] = points, view.address(*column.at)
        if name == "weight" and not text and points and fund == "total":
            texts["weight"], cells["weight"] = points, view.address(*column.at)
    if fund == "total":
        _read_shares(part, row, columns, found)
    if fund == "total" and texts.get("reported_score") and "weight" not in texts:
        _carry_points(part, row, columns[0].left, texts, cells)
    if "annual_budget" not in texts and is_cost:
        return
    record = Record("funds", part.sheet, row + 1, texts, cells, units=units)
    if fund == "total" and any(r.block == "funds" and r.texts["fund"] == "total" for r in found.reading.records):
        same = next(r for r in found.reading.records if r.block == "funds" and r.texts["fund"] == "total")
        if same.sheet == record.sheet and table.kind == "funds" and rows:
            record.texts["fund"] = label_key(label) or fund
    found.reading.records.append(record)
    if is_cost and label_at is not None:
        part.tell(label_at, "budget_of_costs")


def _read_shares(part: Part, row: int, columns: list[Column], found: Found) -> None:
    """Read the sources of a total that stand in columns of their own (预算数 divided into 总额 and 其中：财政拨款)."""
    for column in columns:
        halves = pattern("among_header").fullmatch(normalise(column.text)) if column.name == "part" else None
        role, source = (meaning_of(halves[1], "funds"), meaning_of(halves[2], "sources")) if halves else (None, None)
        under = [at for at in cells_under(part, row, column) if at[0] == row and is_amount(part.text(at))]
        if role is None or source is None or role.name not in MONEY or min(role.sure, source.sure) < LABEL_SURE:
            continue
        if len(under) == 1 and put_money(
            part, found, under[0], under[0], source.name, role.name, part.text(under[0]), ""
        ):
            part.used.add(under[0])
            part.tell(under[0], "money_by_label", name=meaning_names()[role.name])


def _carry_points(part: Part, row: int, first: int, texts: dict[str, str], cells: dict[str, str]) -> None:
    """Take the points of the execution of the budget from the label beside its rows (预算执行情况（10分）)."""
    for place in range(first - 1, -1, -1):
        points = parse_header(part.text((row, place))).points
        if points:
            texts["weight"], cells["weight"] = points, part.view.address(row, place)
            return


def is_money_label(text: str) -> bool:
    """Say whether a text is a label of money: an amount of the budget, or a source of it."""
    role, source = meaning_of(text, "funds"), meaning_of(text, "sources")
    return (role is not None and role.name in MONEY and role.sure >= 0.9) or (
        source is not None and source.sure >= 0.9 and not is_amount(text)
    )


def beside(view: View, row: int, column: int) -> Position | None:
    """Return the next cell to the right that holds text and is no label, nothing when a label comes first."""
    corner = view.corner(row, column)
    for place in range(column + 1, view.width):
        at = view.corner(row, place)
        text = view.texts[row][place].strip()
        if at == corner or not text:
            continue
        if (
            label_in(text)[0]
            or is_money_label(text)
            or _is_filled_label(text)
            or (re.search(r"[:：]\s*$", text) and not is_amount(text))
        ):
            return None
        return at
    return None


def _is_filled_label(text: str) -> bool:
    """Say whether a cell holds a label with its value: it is no value of the label before it."""
    return _COLON.search(text) is not None and any(value and name != "ignored" for _, name, value in glued_labels(text))


def read_money_pair(part: Part, found: Found, at: Position, text: str) -> bool:
    """Read money that stands as label and value (预算数: 3.6 | 其中:财政资金 | 30), also within one cell."""
    view = part.view
    if at[0] in part.money_rows:
        return False
    pairs = money_pairs(text)
    if len(pairs) > 1 and _read_cell_of_money(part, found, at, pairs):
        return True
    glued = pattern("money_pair").fullmatch(" ".join(text.split()))
    rate = pattern("rate_pair").fullmatch(" ".join(text.split()))
    label, value_at = (glued[1], at) if glued else (rate[1], at) if rate else (text, beside(view, *at))
    meaning = meaning_of(label, "funds")
    role = meaning.name if meaning is not None and meaning.sure >= LABEL_SURE else ""
    if _is_of_term(part, found, at, label, value_at):
        return False
    if pattern("part_of_spending").fullmatch(parse_header(label).core) and part.has_basic_spending:
        return False
    if role == "execution_rate":
        return _read_rate(part, found, at, value_at, rate[2] if rate else "", meaning_names()[role])
    if (
        role in {"weight", "reported_score"}
        and parse_header(label).tags & {"spend", "budget"}
        and not glued
        and not rate
    ):
        return _read_points_of_money(part, found, at, value_at, role)
    if rate:
        return False
    source = meaning_of(label, "sources")
    value = glued[2] if glued else part.text(value_at) if value_at is not None else ""
    if not glued and value_at is not None and not _may_be_money(value):
        return False
    if value_at is not None and not glued and (value_at in part.used or value_at in part.reasons):
        return False
    is_part = _is_part_of_money(label, part, found, at)
    if role not in MONEY and source is None and not is_part:
        return False
    if role in MONEY and (source is None or (source.name == "total" and role != "annual_budget")):
        found.roles[at[1]] = role
        fund = "total"
    elif source is not None or is_part:
        near = [place for place in found.roles if place <= at[1]]
        role = found.roles[max(near)] if near else "annual_budget"
        fund = source.name if source is not None else label_key(label)
        if source is not None and "term" in parse_header(label).tags:
            return False
    else:
        return False
    if parse_header(label).tags & {"period"} and source is not None and source.name == "total":
        fund = "term_total"
    if value_at is None or not value or not is_amount(value) or pattern("no_amount").fullmatch(value.strip()):
        part.used.add(at)
        return True
    unit = parse_header(label).unit
    records = found.reading.records
    record = next((r for r in records if r.block == "funds" and r.texts["fund"] == fund), None)
    if record is not None and record.texts.get(role) and (record.row != at[0] + 1 or record.sheet != part.sheet):
        return False
    if record is None:
        record = Record("funds", part.sheet, at[0] + 1, {"fund": fund}, {"fund": view.address(*at)})
        records.append(record)
    if record.texts.get(role):
        return False
    record.texts[role], record.cells[role] = value.strip(), view.address(*value_at)
    if unit:
        record.units[role] = unit
    part.used |= {at, value_at}
    if source is None:
        part.tell(value_at, "money_by_label", name=meaning_names().get(role, role))
    return True


def read_prose_money(part: Part, found: Found, at: Position) -> bool:
    """Read money that a cell states in words beside a label of money (资金总额：1060万元，其中财政拨款692万元)."""
    view, text = part.view, part.text(at)
    label = next((view.texts[at[0]][place] for place in range(at[1] - 1, -1, -1) if view.texts[at[0]][place]), "")
    parsed = parse_header(label)
    is_money = bool(parsed.tags & {"amount", "budget", "fund", "spend"}) and not parsed.tags & {
        "use",
        "problem",
        "reason",
    }
    stated = list(pattern("prose_money").finditer(normalise(text)))
    first = stated[0][1] if stated and stated[0].start() == 0 else ""
    role = meaning_of(first, "funds") if first else None
    is_first = bool(first) and (meaning_of(first, "sources") is not None or (role is not None and role.name in MONEY))
    if not stated or not (is_money or is_first):
        return False
    records = found.reading.records
    known = {record.texts["fund"]: record for record in records if record.block == "funds"}
    is_read = False
    for one in stated:
        source, role = meaning_of(one[1], "sources"), meaning_of(one[1], "funds")
        name = role.name if role is not None and role.name in MONEY and role.sure >= LABEL_SURE else "annual_budget"
        fund = source.name if source is not None and source.sure >= LABEL_SURE else ""
        if not fund and role is not None and role.name in MONEY and role.sure >= LABEL_SURE:
            fund = "total"
        if not fund or (fund in known and known[fund].texts.get(name)):
            continue
        cell = view.address(*at)
        if fund not in known:
            known[fund] = Record("funds", part.sheet, at[0] + 1, {"fund": fund}, {"fund": cell})
            records.append(known[fund])
        known[fund].texts[name], known[fund].cells[name] = one[2], cell
        is_read = True
    if is_read:
        part.used.add(at)
        part.tell(at, "money_in_prose")
    return is_read


def _read_rate(part: Part, found: Found, at: Position, value_at: Position | None, text: str, name: str) -> bool:
    """Read a rate that stands beside its label (预算执行率 | 98%), where the money of the form stands in pairs too."""
    total = next((r for r in found.reading.records if r.block == "funds" and r.texts["fund"] == "total"), None)
    if value_at is None or (not text and (value_at in part.used or value_at in part.reasons)):
        return False
    text = text or part.text(value_at)
    if total is None or total.texts.get("execution_rate") or not pattern("rate_cell").fullmatch(normalise(text)):
        return False
    total.texts["execution_rate"], total.cells["execution_rate"] = text, part.view.address(*value_at)
    part.used |= {at, value_at}
    part.tell(value_at, "money_by_label", name=name)
    return True


def _is_of_term(part: Part, found: Found, at: Position, label: str, value_at: Position | None) -> bool:
    """Say whether a source below money of the whole term is of it too: 其中：财政拨款 below 实施周期金额."""
    parsed, source = parse_header(label), meaning_of(label, "sources")
    if parsed.tags & {"period"} and parsed.tags & {"amount", "budget", "fund"}:
        found.terms.add(at[1])
        return False
    if source is None or source.name == "total" or parsed.tags & {"full", "initial"}:
        found.terms.discard(at[1])
        return False
    if at[1] not in found.terms:
        return False
    for place in (at, value_at):
        if place is not None:
            part.skip(place, "of_term")
    return True


def _read_points_of_money(part: Part, found: Found, at: Position, value_at: Position | None, role: str) -> bool:
    """Read the points of the execution of the budget where they stand beside their label (执行率分值 | 10)."""
    total = next((r for r in found.reading.records if r.block == "funds" and r.texts["fund"] == "total"), None)
    if value_at is None or total is None or total.texts.get(role) or value_at in part.used or value_at in part.reasons:
        return False
    if not pattern("points_cell").fullmatch(normalise(part.text(value_at))):
        return False
    total.texts[role], total.cells[role] = part.text(value_at), part.view.address(*value_at)
    part.used |= {at, value_at}
    part.tell(value_at, "money_by_label", name=meaning_names()[role])
    return True


def _is_part_of_money(label: str, part: Part, found: Found, at: Position) -> bool:
    """Say whether a label names a source of money that is not declared: it stands below or beside one that is."""
    parsed = parse_header(label)
    if not parsed.tags & {"fund", "amount", "central"} or parsed.rest > 0.5 or parsed.tags & {"use", "situation"}:
        return False
    rows = [
        record.row - 1 for record in found.reading.records if record.block == "funds" and record.sheet == part.sheet
    ]
    return at[1] in found.roles or any(0 <= at[0] - row <= 6 for row in rows)


def _may_be_money(text: str) -> bool:
    return is_amount(text) or pattern("money_blank").fullmatch(normalise(text)) is not None
