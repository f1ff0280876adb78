"""Compare the transcribed facts with the published texts they were taken from."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

Facts = dict[str, Any]

NUMBER = re.compile(r"\d+(?:\.\d+)?")
TABLE1_DOCUMENT = "004_7a9b55b002593f20.txt"
NEAR = 15  # lines around an indicator's name or claim in which its figures may stand in prose

# Figures that are right but cannot be found as printed, with the reason.
KNOWN = {
    "预算执行率（项目资金） 10": "printed among the funds; the level's name is the transcriber's",
    "南昌市第一、第二看守所“铁桶工程”项目 executed 296.72": (
        "the sum of two printed payments (line 777: 171.65 + 125.07)"
    ),
}


class Report(NamedTuple):
    """What was looked for and what was found, by kind of figure."""

    checked: Counter[str]
    confirmed: Counter[str]
    unconfirmed: list[str]
    known: list[str]

    def lines(self) -> list[str]:
        """The report as lines of text."""
        counts = [f"{kind}: {self.confirmed[kind]} of {number} confirmed" for kind, number in self.checked.items()]
        total = f"total: {sum(self.confirmed.values())} of {sum(self.checked.values())} confirmed"
        return [
            *counts,
            total,
            *(f"known: {line}" for line in self.known),
            *(f"not confirmed: {line}" for line in self.unconfirmed),
        ]


class Document:
    """A published text: its lines, numbered from 1, normalised for comparing."""

    def __init__(self, path: Path) -> None:
        self.texts = [normalise(line) for line in path.read_text(encoding="utf-8").splitlines()]
        self.whole = squeeze("\n".join(self.texts))

    def window(self, numbers: Iterable[int], around: int = 1) -> str:
        """The lines with these numbers and their neighbours, as one text."""
        wanted = {line + step for line in numbers for step in range(-around, around + 1)}
        return "\n".join(self.texts[line - 1] for line in sorted(wanted) if 1 <= line <= len(self.texts))

    def near(self, phrase: str) -> str:
        """The lines around every place where the phrase stands, also where it is wrapped."""
        found = [
            number
            for number in range(1, len(self.texts) + 1)
            if squeeze(phrase) in squeeze(self.window([number], around=2))
        ]
        return self.window(found, around=NEAR)

    def prints_weight(self, level: str, weight: float) -> bool:
        """Whether a level's name is followed by its weight: in brackets, in the next cell or after 占权重分."""
        name = r"\s*".join(re.escape(sign) for sign in squeeze(level).removesuffix("指标"))
        pattern = name + r"[^\d。;]{0,20}" + re.escape(f"{weight:g}") + r"(?![\d.])"
        return re.search(pattern, "\n".join(self.texts)) is not None


def normalise(text: str) -> str:
    """Half-width signs, no tags, no thousands separators; tabs and spaces stay."""
    plain = unicodedata.normalize("NFKC", re.sub(r"</?[a-z][^>]*>", "", text))
    return re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", plain)


def squeeze(text: str) -> str:
    """The text without any white space."""
    return re.sub(r"\s+", "", normalise(text))


def numbers_in(text: str) -> list[Decimal]:
    """Every number in a text."""
    return [Decimal(number) for number in NUMBER.findall(normalise(text))]


def line_range(lines: list[int]) -> list[int]:
    """Two lines are the first and the last of a passage, any other count a list of lines."""
    return list(range(lines[0], lines[1] + 1)) if len(lines) == 2 and lines[0] <= lines[1] else lines


def indicator_claims(row: Facts, document: Document) -> Iterator[tuple[str, str, bool]]:
    """Weight, score, target, actual value and level weights of one indicator."""
    name = row["l3"] or row["l2"]
    text = document.window(line_range(row["lines"]))
    printed = numbers_in(text)
    cells = {squeeze(cell) for cell in re.split(r"[\t\n]", text)}
    for key in ("weight", "score"):
        if row[key] is not None and not row["placeholder"]:
            yield key, f"{name} {key} {row[key]}", Decimal(str(row[key])) in printed
    nearby: list[Decimal] | None = None
    for key in ("target_text", "actual_text"):
        if row[key] and row["target_actual_verbatim"]:
            yield f"{key} (verbatim)", f"{name} {key} {row[key]}", squeeze(row[key]) in cells
        elif row[key]:
            yield f"{key} (in the text)", f"{name} {key} {row[key]}", squeeze(row[key]) in document.whole
            for number in numbers_in(row[key]):
                if number not in printed and nearby is None:
                    nearby = numbers_in(document.near(name) + "\n" + document.near(row["l2"] or name))
                yield f"{key} (figures)", f"{name} {key} {number} in {row[key]}", number in printed + (nearby or [])
    if row["rule_printed"] and row["rule_text"]:
        yield "scoring standard", f"{name} {row['rule_text']}", squeeze(row["rule_text"]) in document.whole
    for level in ("l1", "l2"):
        weight = row[f"{level}_weight"]
        if weight:
            yield f"{level} weight", f"{row[level]} {weight}", document.prints_weight(row[level], weight)


def budget_claims(row: Facts, document: Document) -> Iterator[tuple[str, str, bool]]:
    """Amounts and rates of one project, in its own money unit or in 元."""
    text = document.window(set(row["lines"]) | set(line_range(row["lines"])))
    printed = numbers_in(text)
    for key in ("initial_budget", "full_year_budget", "arrived", "issued", "executed"):
        if row[key] is not None:
            amount = Decimal(str(row[key]))
            yield "budget amount", f"{row['project']} {key} {amount}", amount in printed or amount * 10000 in printed
    for name, rate in row["rates_printed"].items():
        yield "budget rate", f"{row['project']} {name} {rate}", squeeze(rate) in squeeze(text)
    for item in row["other_amounts"]:
        found = squeeze(item["value_text"]) in squeeze(document.window([item["line"]]))
        yield "budget other amount", f"{row['project']} {item['name']} {item['value_text']}", found


def account_claims(cells: list[Facts], document: Document) -> Iterator[tuple[str, str, bool]]:
    """Code, name, row number and figures of one printed row of the final account, next to each other."""
    first = cells[0]
    line = "\t".join(squeeze(cell) for cell in document.texts[first["line"] - 1].split("\t") if cell.strip())
    figures = [squeeze(row["value_text"]) for row in cells if row["value_text"]]
    label = [squeeze(first["row_name"]), *([str(first["row_no"])] if first["row_no"] else [])]
    if first["level"] == "合计" and label[0] not in line:
        label = []  # 公开08 prints 合计 one line above its figures
    found = "\t".join([*label, *figures]) in line and squeeze(first["row_code"] or "") in line
    for row in cells:
        yield "final account cell", f"{row['table']} {row['row_name']} {row['column']} {row['value_text']}", found


def total_claims(row: Facts, document: Document) -> Iterator[tuple[str, str, bool]]:
    """Total, grade and level scores printed with a scoring table."""
    text = document.window(line_range(row["lines"]))
    for key in ("total_weight", "total_score"):
        if row[key] is not None:
            yield "total", f"{row['table']} {key} {row[key]}", Decimal(str(row[key])) in numbers_in(text)
    if row["grade"]:
        yield "grade", f"{row['table']} {row['grade']}", row["grade"] in document.whole


def form_claims(cells: Facts, documents: dict[str, Document]) -> Iterator[tuple[str, str, bool]]:
    """Labels, reasons, headers and notes of the forms."""
    for form in cells["self_forms"]:
        for reason in form["reasons"].values():
            yield "deviation reason", reason, squeeze(reason) in documents[form["doc"]].whole
    workbook = cells["department_workbook"]
    for label in workbook["system_labels"].values():
        text = squeeze(documents[workbook["doc"]].window(line_range(workbook["lines"])))
        yield "level label", label, squeeze(label) in text
    for report in cells["reports"]:
        if report["claimed_counts"]:
            text = documents[report["doc"]].whole
            for level, count in re.findall(r"(.级指标)(\d+)个", report["claimed_counts"]):
                found = f"{level}{count}个" in text or f"{count}个{level}" in text
                yield "claimed count", f"{report['title']} {level}{count}个", found
    account = cells["final_account"]
    for sheet in account["sheets"]:
        text = squeeze(documents[account["doc"]].window(line_range(sheet["lines"])))
        labels = [cell for row in sheet["header"] for cell in row if cell and cell not in "←↑"]
        for label in [sheet["title"], f"{sheet['sheet']}表", sheet["money_unit"], *labels, *sheet["notes"]]:
            yield "account header or note", f"{sheet['sheet']} {label}", squeeze(label) in text


def all_claims(facts: Facts, documents: dict[str, Document]) -> Iterator[tuple[str, str, bool]]:
    """Every claim of the facts: kind, what is claimed, and whether the document prints it."""
    for row in facts["indicators"]:
        yield from indicator_claims(row, documents[row["doc"]])
    for row in facts["budgets"]:
        yield from budget_claims(row, documents[row["doc"]])
    for row in facts["extras"]["score_totals"]:
        yield from total_claims(row, documents[row["doc"]])
    for row in facts["extras"]["targets_004_table1"]:
        text = documents[TABLE1_DOCUMENT].window([row["line"]], around=4)
        yield "target (表1)", f"{row['l3']} {row['target']}", squeeze(row["target"]) in squeeze(text)
    account = facts["final_account"]
    for _, cells in groupby(account["rows"], key=lambda row: (row["table"], row["line"], row["side"])):
        yield from account_claims(list(cells), documents[account["doc"]])
    for table, unit in account["compiling_unit_printed"].items():
        yield "compiling unit", f"{table} {unit}", squeeze(f"编制单位：{unit}") in documents[account["doc"]].whole
    yield from form_claims(facts["form_cells"], documents)


def check_documents(facts: Facts, folder: Path) -> Report:
    """Look for every figure of the facts in the published texts under ``folder``."""
    documents = {path.name: Document(path) for path in sorted(folder.glob("*.txt"))}
    report = Report(Counter(), Counter(), [], [])
    for kind, claim, found in all_claims(facts, documents):
        report.checked[kind] += 1
        report.confirmed[kind] += found
        if not found and claim in KNOWN:
            report.known.append(f"{claim}: {KNOWN[claim]}")
        elif not found:
            report.unconfirmed.append(f"{kind}: {claim}")
    return report
