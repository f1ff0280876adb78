"""Tables of money that are turned (转置的资金表): a row to a kind of amount, a column to a source.

They are read before the tables whose columns say what an amount is; what has no place among the sources is listed.
"""

from __future__ import annotations

from jixiao.reading.files import Position
from jixiao.reading.forms.assignment import MONEY
from jixiao.reading.forms.below import numbers_of
from jixiao.reading.forms.form_money import put_money
from jixiao.reading.forms.form_parts import Found, Part, meaning_names
from jixiao.reading.forms.meanings import meaning_of, parse_header, pattern
from jixiao.reading.forms.records import label_key
from jixiao.reading.forms.table_cells import bottom_edge, is_amount, own_cells

_SURE = 0.9
_ROUNDED = 0.05
"""How far a printed sum may lie from its parts: each of them is rounded."""
_OF_TOTAL = ("weight", "execution_rate", "reported_score")
_BUDGETS = frozenset({"initial_budget", "annual_budget"})


def read_turned(part: Part, found: Found) -> None:
    """Read every turned table of money of a part and leave out the tables that its header looks like."""
    row = part.start
    while row + 1 < part.stop:
        if (across := _funds_above(part, row, -1)) and _is_summed(part, row + 1, across):
            _read_across(part, found, row, across)
            part.tables = [one for one in part.tables if one.kind != "funds" or one.top != row]
            row += 1
        roles = _roles_below(part, row)
        if roles and (funds := _funds_above(part, row, min(at for _, at in roles.values()))):
            _read(part, found, row, funds, roles)
            last = max(roles)
            part.tables = [one for one in part.tables if one.kind != "funds" or not row <= one.top <= last]
            row = last
        row += 1


def _roles_below(part: Part, header: int) -> dict[int, tuple[str, int]]:
    """Return the rows below a header that name a kind of amount each, with the column of that name; none twice."""
    roles: dict[int, tuple[str, int]] = {}
    for row in range(header + 1, part.stop):
        label = next(((left, text) for left, _, text in own_cells(part.view, row) if not is_amount(text)), None)
        found = meaning_of(label[1], "funds") if label is not None else None
        is_role = found is not None and found.name in {*MONEY, "execution_rate"} and found.sure >= _SURE
        if label is None or found is None or not is_role or meaning_of(label[1], "sources") is not None:
            break
        if roles and (label[0] != next(iter(roles.values()))[1] or found.name in [name for name, _ in roles.values()]):
            break
        roles[row] = (found.name, label[0])
    names = {name for name, _ in roles.values()}
    return roles if "executed" in names and names & _BUDGETS else {}


def _funds_above(part: Part, row: int, first: int) -> dict[int, tuple[int, str]]:
    """Return the columns that a header gives to sources of money: first column -> last column and source."""
    cells = [
        cell
        for cell in own_cells(part.view, row)
        if cell[0] > first and (first >= 0 or bottom_edge(part.view, row, cell[0]) == row)
    ]  # what is merged down beside the amounts names them all
    found = [(meaning_of(text, "sources"), meaning_of(text, "funds")) for _, _, text in cells]
    if len(cells) < 2 or any(is_amount(text) for _, _, text in cells):
        return {}
    stated = [
        role is not None and role.name in MONEY and role.sure >= _SURE and not _is_part(part, text)
        for (_, role), (_, _, text) in zip(found, cells, strict=True)
    ]
    if any(stated):
        return {}
    has_parts = any(_is_part(part, text) for _, _, text in cells)  # 其他 beside 基本支出 is spending as well
    funds: dict[int, tuple[int, str]] = {}
    for (left, right, text), (source, role) in zip(cells, found, strict=True):
        is_other_part = has_parts and source is not None and source.name == "other"
        if source is not None and source.sure >= _SURE and not is_other_part:
            funds[left] = (right, source.name)
        elif role is not None and role.name in _OF_TOTAL:
            funds[left] = (right, role.name)
        elif _is_source(text) and not _is_part(part, text):
            funds[left] = (right, label_key(text))
    names = {name for _, name in funds.values()} - {*_OF_TOTAL}
    return funds if "total" in names else {}


def _is_summed(part: Part, row: int, funds: dict[int, tuple[int, str]]) -> bool:
    """Say whether a row holds nothing but one amount under each source, the total their sum: that proves what it is."""
    own = [(left, text) for left, _, text in own_cells(part.view, row)]
    if [left for left, _ in own] != list(funds) or not all(is_amount(text) for _, text in own):
        return False
    numbers = dict(zip(funds, numbers_of([text for _, text in own]), strict=True))
    total = [numbers[left] for left, (_, name) in funds.items() if name == "total"]
    others = [numbers[left] for left, (_, name) in funds.items() if name != "total"]
    if len(total) != 1 or total[0] is None or len(others) < 2:
        return False
    return abs(total[0] - sum(other or 0 for other in others)) < _ROUNDED


def _read_across(part: Part, found: Found, header: int, funds: dict[int, tuple[int, str]]) -> None:
    """Read the only row of money whose columns are its sources: it is the budget, unless it says otherwise."""
    part.money_rows.add(header + 1)
    label = next((text for left, _, text in own_cells(part.view, header) if left < min(funds)), "")
    role = meaning_of(label, "funds")
    is_spent = bool(parse_header(label).tags & {"spend", "arrive"})
    name = role.name if role is not None and role.name in MONEY and role.sure >= _SURE else "annual_budget"
    for left, (_, fund) in funds.items():
        at, value = (header, left), (header + 1, left)
        is_put = not (is_spent and name == "annual_budget")
        if is_put and put_money(part, found, value, value, fund, name, part.text(value), part.text(at)):
            part.used |= {at, value}
            part.tell(value, "money_by_label", name=meaning_names()[name])
        else:
            part.skip(value, "no_column")


def _is_source(text: str) -> bool:
    parsed = parse_header(text)
    return bool(parsed.tags & {"fund", "amount", "central"}) and parsed.rest < 1


def _is_part(part: Part, text: str) -> bool:
    """Say whether a text names a part of what a department spends (项目支出 beside 基本支出), no source of it."""
    return part.has_basic_spending and pattern("part_of_spending").fullmatch(parse_header(text).core) is not None


def _read(
    part: Part, found: Found, header: int, funds: dict[int, tuple[int, str]], roles: dict[int, tuple[str, int]]
) -> None:
    view = part.view
    part.used |= {(header, left) for left in funds} | {(row, at) for row, (_, at) in roles.items()}
    for left, _, _ in own_cells(view, header):
        if left not in funds:
            part.skip((header, left), "no_column")
    for row, (role, at) in roles.items():
        part.money_rows.add(row)
        for left, right, text in own_cells(view, row):
            if left <= at:
                continue
            fund = next((name for first, (last, name) in funds.items() if first <= left and right <= last), "")
            of_total = fund in _OF_TOTAL
            name = fund if of_total else role
            value: Position = (row, left)
            is_put = bool(fund) and is_amount(text)
            is_put = is_put and put_money(part, found, value, value, "total" if of_total else fund, name, text, "")
            if is_put:
                part.used.add(value)
                part.tell(value, "money_by_label", name=meaning_names().get(name, name))
            else:
                part.skip(value, "no_column")
