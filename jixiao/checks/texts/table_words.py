"""What prose says of a table (正文所述与表): best and worst rows, means, counts by grade, ranks, what is done."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from jixiao.checks.texts.column_relations import Cell, bare_head, cell_of, plain_tables
from jixiao.checks.texts.found import Claim, claim_at
from jixiao.checks.texts.grammar import load_grammar
from jixiao.checks.texts.known_amounts import Known, KnownAmounts
from jixiao.checks.texts.measures import is_slip, places, written
from jixiao.checks.texts.prose import Document, Paragraph
from jixiao.checks.texts.told_places import plain_name, points_of, table_rows

SIGN, SAME, COUNT, PARTS = "claim_sign", "claim_same", "claim_count", "claim_parts"
FEWEST_ROWS = 3
FEWEST_DIGITS = 3
FULL = Decimal(100)
SHORTEST = 2


@dataclass(frozen=True)
class Told:
    """One table: its heads, the names of its rows without sums, and the numbers of each column."""

    heads: list[str]
    names: list[str]
    columns: list[list[Cell | None]]
    texts: list[list[str]]


def find_table_words(document: Document) -> Iterator[Claim]:
    """Find words about a table that its rows refute (文表不符)."""
    tables = [_told(table) for table in plain_tables(document)]
    tables = [table for table in tables if len(table.names) >= FEWEST_ROWS]
    if not tables:
        return
    bands = _bands(document)
    for paragraph in document.prose:
        yield from _extremes(paragraph, tables)
        yield from _means(paragraph, tables)
        yield from _grades(paragraph, tables, bands)
        yield from _ranks(paragraph, tables)
        yield from _below(paragraph, tables)
    yield from _values(document)
    yield from _done(document, tables)
    yield from _in_time(document, tables)
    yield from _reached(document)
    yield from _points_of_levels(document)


def _told(table: list[Paragraph]) -> Told:
    totals = load_grammar().words["row_total"]
    body = [row for row in table[1:] if not any(cell.strip() in totals for cell in row.cells[:2])]
    heads = [bare_head(cell) for cell in table[0].cells]
    columns = [[cell_of(row.cells[at]) for row in body] for at in range(len(heads))]
    names = [_name(row.cells) for row in body]
    return Told(heads, names, columns, [[cell.strip() for cell in row.cells] for row in body])


def _name(cells: tuple[str, ...]) -> str:
    """Return the name of a row; a serial number before it is passed over."""
    first = bare_head(cells[0])
    return bare_head(cells[1]) if first.isdecimal() and len(cells) > 1 else first


def _question(paragraph: Paragraph, place: tuple[int, int], kind: str, sentence: str, **parts: object) -> Claim:
    return claim_at(
        kind,
        paragraph,
        place,
        printed=str(parts["printed"]),
        derived=str(parts["derived"]),
        verdict="fails",
        arithmetic=load_grammar().sentence(sentence, **parts),
        severity="question",
    )


def _row_of(name: str, table: Told) -> int | None:
    """Return the row that a name means: the only one that is the name, ends it or begins with it."""
    exact = [at for at, own in enumerate(table.names) if own == name]
    found = exact or [at for at, own in enumerate(table.names)
                      if len(own) >= SHORTEST and (name.endswith(own) or own.startswith(name))]  # fmt: skip
    return found[0] if len(found) == 1 else None


def _extremes(paragraph: Paragraph, tables: list[Told]) -> Iterator[Claim]:
    """Compare 最低为河口乡83分 with the column that holds the number."""
    grammar = load_grammar()
    for match in grammar.pattern("edge_with_value").finditer(paragraph.text):
        number = Decimal(match["n"])
        is_most = match["way"] in grammar.words["most_words"]
        for table in reversed(tables):
            row = _row_of(match["name"], table)
            columns = [column for column in table.columns[1:]
                       if any(cell and cell.value == number for cell in column)]  # fmt: skip
            if row is None or not columns:
                continue
            if any((cell := column[row]) and cell.value == number and _is_edge(column, number, is_most=is_most)
                   for column in columns):  # fmt: skip
                break
            column = max(columns, key=lambda cells: sum(cell is not None for cell in cells))
            values = {at: cell.value for at, cell in enumerate(column) if cell}
            edge = (max if is_most else min)(values, key=lambda at: values[at])
            if len(values) < FEWEST_ROWS or row not in values:
                continue
            yield _question(paragraph, match.span(), SIGN, "edge_with_value", way=match["way"], name=table.names[edge],
                            derived=written(values[edge]), printed=f"{match['name']}{match['n']}")  # fmt: skip
            break


def _is_edge(column: list[Cell | None], number: Decimal, *, is_most: bool) -> bool:
    values = [cell.value for cell in column if cell]
    return number == (max(values) if is_most else min(values))


def _means(paragraph: Paragraph, tables: list[Told]) -> Iterator[Claim]:
    """Compare 平均91分，最高为甲95.5分，最低为乙83分 with the column that holds the numbers beside it."""
    grammar = load_grammar()
    for match in grammar.pattern("mean_told").finditer(paragraph.text):
        mean, start = Decimal(match["n"]), paragraph.sentence(match.start())[0]
        end = paragraph.sentence(match.start())[1]
        clause = grammar.pattern("clause_edge").split(paragraph.text[: match.end()])[-1]
        said = grammar.pattern("mean_head").sub("", clause)
        beside = {Decimal(one.number) for one in paragraph.between(start, end) if one.start != match.start("n")}
        for table in tables:
            for at, column in enumerate(table.columns):
                cells = [cell for cell in column if cell and at]
                if len(cells) < FEWEST_ROWS or len(cells) < len(column) or len({cell.value for cell in cells}) < 2:
                    continue
                values = [cell.value for cell in cells]
                is_beside = {max(values), min(values)} <= beside
                is_named = len(head := table.heads[at]) > SHORTEST and head in said
                if not (is_beside or is_named) or not min(values) <= mean <= max(values):
                    continue
                derived = sum(values, Decimal(0)) / len(values)
                step = places(match["n"])
                if abs(derived - mean) * 2 <= step * Decimal("1.02"):
                    return
                yield _question(paragraph, match.span(), PARTS, "mean_of_column", count=len(values),
                                derived=written(derived, step / 100), printed=match["n"])  # fmt: skip
                return


def _bands(document: Document) -> list[tuple[Decimal, str]]:
    """Return the lower ends of the grades as the report tells them, else the usual ones, the highest first."""
    grammar = load_grammar()
    told: dict[str, Decimal] = {}
    for paragraph in document.prose:
        for match in grammar.pattern("band_told").finditer(paragraph.text):
            grade = grammar.words["grade_words"].get(match["grade"])
            if grade:
                told.setdefault(grade, Decimal(match["n"]))
    usual = {str(name): Decimal(low) for low, name in grammar.words["bands"]}
    return sorted(((told.get(name, low), name) for name, low in usual.items()), reverse=True)


def _grades(paragraph: Paragraph, tables: list[Told], bands: list[tuple[Decimal, str]]) -> Iterator[Claim]:
    """Compare 优秀4个、良好1个 with the grades or the points of a table of as many rows."""
    grammar = load_grammar()
    by_sentence: dict[int, list[re.Match[str]]] = defaultdict(list)
    for match in grammar.pattern("grade_count").finditer(paragraph.text):
        by_sentence[paragraph.sentence(match.start())[0]].append(match)
    for matches in by_sentence.values():
        told = {grammar.words["grade_words"][match["grade"]]: int(match["n"]) for match in matches}
        if len(told) < SHORTEST or len(told) != len(matches):
            continue
        counted = [
            found
            for table in tables
            for found in _counted(table, bands)
            if abs(found.total() - sum(told.values())) <= (2 if found.total() > FEWEST_ROWS * 2 else 0)
        ]
        if not counted or any(all(found[grade] == count for grade, count in told.items()) for found in counted):
            continue
        grade = next(grade for grade, count in told.items() if counted[0][grade] != count)
        yield _question(paragraph, (matches[0].start(), matches[-1].end()), COUNT, "grades_of_rows", name=grade,
                        derived=counted[0][grade], printed=told[grade])  # fmt: skip


def _counted(table: Told, bands: list[tuple[Decimal, str]]) -> Iterator[Counter[str]]:
    """Yield the counts by grade that a table gives: by a column of grades, else by one of points."""
    words = load_grammar().words["grade_words"]
    for at in range(1, len(table.heads)):
        cells = [row[at].strip('“”"') for row in table.texts]
        if all(cell in words for cell in cells):
            yield Counter(words[cell] for cell in cells)
            return
    for at, head in enumerate(table.heads):
        numbers = [cell.value for cell in table.columns[at] if cell]
        if load_grammar().find("points_of_row", head) and len(numbers) == len(table.names):
            yield Counter(next(name for low, name in bands if value >= low or not low) for value in numbers)


def _ranks(paragraph: Paragraph, tables: list[Told]) -> Iterator[Claim]:
    """Compare 石桥镇排名第四 with the column of ranks."""
    grammar = load_grammar()
    for match in grammar.pattern("rank_told").finditer(paragraph.text):
        rank = grammar.number(match["n"])
        for table in tables:
            row = _row_of(match["name"], table)
            columns = [at for at, head in enumerate(table.heads) if grammar.find("rank_column", head)]
            if row is None or len(columns) != 1 or rank is None:
                continue
            cell = table.columns[columns[0]][row]
            if cell and cell.value != rank:
                yield _question(paragraph, match.span(), SIGN, "rank_of_row", name=table.names[row],
                                derived=cell.number, printed=match["n"])  # fmt: skip


def _values(document: Document) -> Iterator[Claim]:
    """Compare 石桥镇300万元 with the row of that name: a slip of its value, or the value of another row."""
    known = KnownAmounts(document)
    totals = load_grammar().words["row_total"]
    rows: dict[tuple[str, str], list[Known]] = defaultdict(list)
    for column in known.columns:
        for cell in column:
            if cell.unit and len(cell.row) >= SHORTEST and cell.row not in totals:
                rows[cell.row, cell.unit].append(cell)
    names = {name for name, _ in rows}
    for paragraph in document.prose if names else ():
        for one in paragraph.quantities:
            name = next((name for name in names if one.label.endswith(name)), "")
            cells = rows.get((name, one.unit), []) if name else []
            if not cells or one.is_vague or any(cell.value == one.value for cell in cells):
                continue
            wrong = [cell for cell in cells if is_slip(cell.number, one.number)
                     and len(one.number.replace(".", "")) >= FEWEST_DIGITS]  # fmt: skip
            if wrong:
                yield _question(paragraph, (one.start - len(one.label), one.end), SAME, "row_value", name=name,
                                head=wrong[0].head, derived=wrong[0].number, printed=one.printed)  # fmt: skip


def _in_time(document: Document, tables: list[Told]) -> Iterator[Claim]:
    """Compare 于2023年12月20日完成，按期完成 with the row that tells an earlier day for that one (按期与日期)."""
    grammar = load_grammar()
    late: dict[str, str] = {}
    for table in tables:
        for row in table.texts:
            days = [_plain(cell) for cell in row if grammar.pattern("date").search(cell)]
            if len(days) == SHORTEST and days[0].endswith(grammar.words["before_word"]):
                due, done = (_date(one) for one in days)
                if due and done and done > due:
                    late[days[1]] = days[0]
    for paragraph in document.prose if late else ():
        for match in grammar.pattern("said_in_time").finditer(paragraph.text):
            if match["day"] in late:
                yield _question(paragraph, match.span(), "claim_reason", "row_reached", goal=late[match["day"]],
                                derived=match["day"], printed=match["word"])  # fmt: skip


def _date(text: str) -> tuple[int, ...] | None:
    match = load_grammar().pattern("date").search(text)
    return (int(match["year"]), int(match["month"]), int(match["day"])) if match and match["year"] else None


def _below(paragraph: Paragraph, tables: list[Told]) -> Iterator[Claim]:
    """Compare 执行率低于90%的项目有3个 with the cells of the column of that name."""
    grammar = load_grammar()
    for match in grammar.pattern("below_line").finditer(paragraph.text):
        line, way = Decimal(match["line"]), match["way"]
        columns = [column for table in tables for head, column in zip(table.heads, table.columns, strict=True)
                   if match["head"].endswith(head) and len(head) >= SHORTEST and all(column)]  # fmt: skip
        if len(columns) != 1:
            continue
        relation = next(name for name, words in grammar.words["comparisons"].items() if way in words)
        values = [cell.value for cell in columns[0] if cell]
        held = {"less": sum(one < line for one in values), "more": sum(one > line for one in values),
                "least": sum(one >= line for one in values), "most": sum(one <= line for one in values)}  # fmt: skip
        if held[relation] != int(match["n"]):
            yield _question(paragraph, match.span(), COUNT, "below_line", name=match["head"], way=way,
                            line=match["line"] + match["unit"], derived=held[relation], printed=match["n"])  # fmt: skip


def _reached(document: Document) -> Iterator[Claim]:
    """Compare a column of 达到, 未达到 with the targets and actuals of its rows (是否达到列)."""
    grammar = load_grammar()
    right, wrong = grammar.words["reached_words"], grammar.words["not_reached_words"]
    for table in plain_tables(document):
        told = _told(table)
        answers = [at for at in range(len(told.heads)) if told.texts
                   and all(row[at] in [*right, *wrong] for row in told.texts)]  # fmt: skip
        met = {(goal, actual): is_met for _, goal, actual, is_met in _goals(told)}
        for row in table[1:] if len(answers) == 1 else ():
            cells = [_plain(cell) for cell in row.cells]
            known = [(pair, is_met) for pair, is_met in met.items() if pair[0] in cells and pair[1] in cells]
            said = row.cells[answers[0]].strip()
            if len(known) == 1 and known[0][1] != (said in right):
                (goal, actual), _ = known[0]
                yield _question(row, (0, len(row.text)), "claim_reason", "row_reached", goal=goal, derived=actual,
                                printed=said)  # fmt: skip


def _points_of_levels(document: Document) -> Iterator[Claim]:
    """Compare weights and points that prose tells of levels with the sums of their rows (一级指标分值、得分)."""
    grammar = load_grammar()
    sums: dict[str, dict[str, Decimal]] = {"weight": {}, "given": {}}
    counted: Counter[str] = Counter()
    for row in table_rows(document):
        name = plain_name(row.names[0]) if len(row.names) > 1 else ""
        if row.is_total or not name:
            continue
        counted[name] += 1
        for role, known in sums.items():
            points = points_of(row.cells.get(role, ""))
            if points is not None:
                known[name] = known.get(name, Decimal(0)) + points
    told = [(paragraph, match.span(), match["name"], Decimal(match["n"]), "given") for paragraph in document.prose
            for match in grammar.pattern("named_points").finditer(paragraph.text)]  # fmt: skip
    for paragraph in document.prose:
        for match in grammar.pattern("names_and_points").finditer(paragraph.text):
            names = grammar.pattern("between_names").split(match["names"])
            listed = [Decimal(one) for one in re.findall(r"\d+(?:\.\d+)?", match["list"])]
            role = "given" if grammar.find("points_given_of", match[0]) else "weight"
            told += [(paragraph, match.span(), name, one, role) for name, one in zip(names, listed, strict=False)
                     if len(names) == len(listed)]  # fmt: skip
    for paragraph, place, name, printed, role in told:
        added = sums[role]
        own = plain_name(name)
        if added.get(own, printed) != printed and sum(added.values()) >= FULL / 2 and counted[own] > 1:
            yield _question(paragraph, place, "claim_points", "lists_of_points", name=own, derived=written(added[own]),
                            printed=written(printed))  # fmt: skip


def _goals(table: Told) -> Iterator[tuple[str, str, str, bool]]:
    """Yield each row with one target and one actual: its name, both as written, and whether the target is met."""
    grammar = load_grammar()
    plain = [re.sub(r"\s", "", head) for head in table.heads]
    targets = [at for at, head in enumerate(plain) if head in grammar.words["goal_columns"]]
    actuals = [at for at, head in enumerate(plain) if head in grammar.words["done_columns"]]
    names = [at for at, head in enumerate(plain) if head in grammar.words["told_columns"]["name"]] or [0]
    for row in table.texts if len(targets) == len(actuals) == 1 else ():
        goal, actual = _plain(row[targets[0]]), _plain(row[actuals[0]])
        wanted, reached = (
            grammar.pattern("cell_target").fullmatch(goal),
            grammar.pattern("cell_number").fullmatch(actual),
        )
        name = _plain(row[names[-1]])
        if not wanted or not reached or (wanted["unit"] or "") != (reached["unit"] or ""):
            continue
        sign, number, value = wanted["sign"] or wanted["after"] or "", Decimal(wanted["n"]), Decimal(reached["n"])
        if sign in grammar.words["at_most"]:
            yield name, goal, actual, value <= number
        elif sign in grammar.words["at_least"] or not grammar.find("limit", name):
            yield name, goal, actual, value >= number


def _plain(text: str) -> str:
    return re.sub(r"\s|,", "", text.translate(str.maketrans("％＞＜＝（）", "%><=()")))


def _done(document: Document, tables: list[Told]) -> Iterator[Claim]:
    """Compare 各项目标全部完成, 培训人次未完成 with the targets and actuals of the rows (是否完成)."""
    grammar = load_grammar()
    rows = [row for table in tables for row in _goals(table)]
    missed = [row for row in rows if not row[3]]
    by_name = {name: row for row in rows if len(name := row[0]) > SHORTEST}
    for paragraph in document.prose if rows else ():
        for match in grammar.pattern("all_done").finditer(paragraph.text) if missed else ():
            name, goal, actual, _ = missed[0]
            yield _question(paragraph, match.span(), "claim_reason", "done_of_row", name=name, goal=goal,
                            derived=actual, printed=match[0])  # fmt: skip
        for match in grammar.pattern("one_done").finditer(paragraph.text):
            said = grammar.pattern("money_end").sub("", match["name"])
            row = next((by_name[name] for name in by_name if said.endswith(name)), None)
            if row is not None and row[3] == bool(match["not"]):
                yield _question(paragraph, match.span(), "claim_reason", "done_of_row", name=row[0], goal=row[1],
                                derived=row[2], printed=match[0])  # fmt: skip
