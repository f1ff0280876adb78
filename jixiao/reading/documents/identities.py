"""Who evaluated what (评价对象与主体): kind and year of an evaluation, project, unit, department, evaluator."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from jixiao.core.declared import load_shipped
from jixiao.reading.documents.outlines import plain_heading
from jixiao.reading.documents.portions import Portion
from jixiao.reading.documents.sections import Layout

LONGEST_ORGANISATION = 22


@dataclass(slots=True)
class Identity:
    """What a portion is about; ``guesses`` says what was concluded rather than read."""

    year: int | None = None
    evaluation: str = ""
    project: str = ""
    unit: str = ""
    department: str = ""
    evaluator: str = ""
    report_date: str = ""
    line: int = 0
    guesses: tuple[tuple[str, str], ...] = ()
    """Pairs of the text concluded and the reason, a key of ``reasons`` in the declared words."""


@cache
def _words() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(words) for name, words in load_shipped("documents.yaml")["identity"].items()}


def find_identity(layout: Layout, portion: Portion, running: Sequence[str], name: str) -> Identity:
    """Return what one report says it is about (评价对象).

    Args:
        layout: The file.
        portion: The evaluation or summary report.
        running: The heads of the pages: a report may have its title there alone.
        name: Name of the file, which decides only what nothing else decides.
    """
    places = layout.of_portion(portion.number)
    texts = [
        layout.entries[place].paragraph.text for place in places if layout.entries[place].kind in {"text", "heading"}
    ]
    plain = re.sub(r"\s", "", "\n".join(texts))
    found = Identity(line=layout.entries[portion.first].paragraph.line if layout.entries else 0)
    guesses: list[tuple[str, str]] = []
    title = re.sub(r"\s", "", portion.title)
    heads = [re.sub(r"\s", "", head) for head in running if _words()["report"].search(re.sub(r"\s", "", head))]
    heads = heads if portion.number == 1 else []
    found.year = _year(title or " ".join(heads), plain, name)
    _organisations(found, plain)
    found.project = _project(portion, title, heads, plain, found)
    if portion.kind == "evaluation_report":
        captions = [layout.entries[place].paragraph.text for place in places if layout.entries[place].kind == "caption"]
        sources = [title, *heads, *captions[:12], portion.context, re.sub(r"\s", "", name)]
        found.evaluation = _evaluation(sources)
        if not found.evaluation:
            found.evaluation, reason = _concluded(plain)
            guesses.append((found.evaluation, reason))
    found.evaluator = _evaluator(plain[:3000] + plain[-600:])
    found.report_date = _date(layout, places)
    found.guesses = tuple(guesses)
    return found


def _year(title: str, plain: str, name: str) -> int | None:
    """Return the year evaluated: that of the period evaluated, of the title, else the one named most."""
    counted: Counter[str] = Counter()
    for hit in _words()["period_year"].finditer(plain):
        counted[hit["year"]] += 6
    for hit in _words()["year"].finditer(title):
        counted[hit["year"]] += 8
    for hit in _words()["notice_year"].finditer(plain):
        counted[hit["year"]] += 3
    for hit in _words()["yearly"].finditer(plain):
        counted[hit["year"]] += 1
    if not counted:
        for hit in _words()["year"].finditer(name):
            counted[hit["year"]] += 1
    return int(counted.most_common(1)[0][0]) if counted else None


def _evaluation(sources: Iterable[str]) -> str:
    """Return the kind of evaluation that the first source names which names one alone."""
    kinds = {key.removeprefix("is_"): words for key, words in _words().items() if key.startswith("is_")}
    for source in sources:
        named = {kind for kind, words in kinds.items() if words.search(source)}
        if len(named) == 1:
            return named.pop()
    return ""


def _concluded(plain: str) -> tuple[str, str]:
    """Conclude the kind of evaluation from who ordered it; a report of a department where nothing says."""
    if _words()["ordered"].search(plain):
        return "finance", "evaluation_ordered"
    counted = {kind: len(_words()[f"is_{kind}"].findall(plain[:6000])) for kind in ("finance", "department")}
    if counted["finance"] > 2 * counted["department"]:
        return "finance", "evaluation_counted"
    return "department", "evaluation_assumed"


def _organisations(found: Identity, plain: str) -> None:
    """Find department and unit by the words that name their roles, else the organisation named most."""
    for role in ("department", "unit"):
        for key in (f"{role}_label", f"{role}_role"):
            hits = [_organisation(hit["name"]) for hit in _words()[key].finditer(plain)]
            named = [one for one in hits if one]
            if named and not getattr(found, role):
                setattr(found, role, Counter(named).most_common(1)[0][0])
    if not found.unit or not found.department:
        usual = _usual_organisation(plain)
        found.unit = found.unit or found.department or usual
        found.department = found.department or found.unit


def _organisation(text: str) -> str:
    """Return the organisation at the end of a text, empty when there is none."""
    plain = _words()["before_organisation"].sub("", text.strip("“”《》"))
    hit = _words()["organisation"].search(plain)
    return hit[0] if hit and 4 <= len(hit[0]) <= LONGEST_ORGANISATION else ""


def _usual_organisation(plain: str) -> str:
    """Return the organisation that the text names most, with the place before its name when it usually has one."""
    text = re.sub(r"《[^》]*》", "", plain)
    counted: Counter[str] = Counter()
    for hit in _words()["organisation_end"].finditer(text):
        left = _words()["no_word"].split(text[max(0, hit.end() - LONGEST_ORGANISATION) : hit.end()])[-1]
        for start in range(len(left) - 3):
            counted[left[start:]] += 1
    counted = Counter(
        {
            name: times
            for name, times in counted.items()
            if _words()["region"].match(name) and not _words()["no_unit"].search(name)
        }
    )
    if not counted:
        return ""
    most = max(counted.values())
    good = [name for name, times in counted.items() if times >= max(2, 0.5 * most)] or [counted.most_common(1)[0][0]]
    return max(good, key=lambda name: (len(_words()["region"].match(name)[0]) > 0, len(name)))  # type: ignore[index]


def _project(portion: Portion, title: str, heads: Sequence[str], plain: str, found: Identity) -> str:
    """Return the project: of the ways to read it out of the title the one that the text uses, else what it names."""
    labelled = _words()["project_label"].search(plain)
    ways: list[str] = []
    lines = [re.sub(r"\s", "", line) for line in portion.title_lines] or list(heads[:1])
    for start in range(len(lines)):
        whole = _words()["title_tail"].sub("", "".join(lines[start:]))
        whole = _words()["title_year"].sub("", whole)
        ways.append(whole)
        ways += [whole.removeprefix(name) for name in (found.unit, found.department) if name and whole.startswith(name)]
        owner = _words()["owner"].match(whole)
        ways += [whole[owner.end() :]] if owner else []
    ways = [_words()["around_project"].sub("", one) for one in ways]
    named = [hit["name"] for hit in _words()["project_slot"].finditer(plain)]
    named = [_words()["title_year"].sub("", one) for one in named]
    counted = Counter({one: plain.count(one) for one in dict.fromkeys([*ways, *named]) if 4 <= len(one) <= 60})
    if labelled and not ways:
        return labelled["name"]
    if not counted and labelled:
        return (labelled["name"] if labelled else "") or next((one for one in ways if len(one) >= 2), "")
    good = [one for one in ways if counted[one] and not _words()["no_project"].fullmatch(one)]
    best = max(good, key=lambda one: counted[one], default="")
    if best:
        longer = [one for one in good if best in one and counted[one] >= 0.4 * counted[best]]
        return max(longer, key=len)
    alike = [one for one in named if counted[one] >= 2 and any(_alike(one, way) for way in ways)]
    if alike:
        return max(alike, key=lambda one: (counted[one], len(one)))
    shortest = [one for one in ways if len(one) >= 3]
    if shortest:
        return min(shortest, key=len)
    usual = [one for one in named if counted[one] >= 2]
    if not usual and not labelled:
        often = Counter(hit["name"] for hit in _words()["project_said"].finditer(plain))
        usual = [name for name, times in often.most_common(1) if times > 1]
        counted.update(usual)
    return max(usual, key=lambda one: counted[one], default=labelled["name"] if labelled else "")


def _alike(first: str, second: str) -> bool:
    common = set(first) & set(second)
    return len(common) >= 0.8 * min(len(set(first)), len(set(second)))


def _evaluator(plain: str) -> str:
    hit = _words()["evaluator_label"].search(plain) or _words()["evaluator"].search(plain)
    return hit["name"] if hit else ""


def _date(layout: Layout, places: Sequence[int]) -> str:
    """Return the date of the report in its signature, as year-month-day."""
    for place in reversed(places):
        entry = layout.entries[place]
        if entry.kind != "signature":
            continue
        plain = re.sub(r"\s", "", entry.paragraph.text)
        hit = _words()["date"].search(_in_figures(plain))
        if hit:
            return f"{hit[1]}-{int(hit[2]):02d}" + (f"-{int(hit[3]):02d}" if hit[3] else "")
    return ""


def _in_figures(text: str) -> str:
    """Return a Chinese date with figures (二〇二三年三月八日 -> 2023年3月8日)."""
    signs = {sign: str(number) for number, sign in enumerate(load_shipped("documents.yaml")["numerals"][:10])}
    signs |= dict.fromkeys("〇○", "0")
    ten = load_shipped("documents.yaml")["numerals"][10]

    def number(found: re.Match[str]) -> str:
        printed = found[0]
        if ten not in printed:
            return "".join(signs.get(sign, sign) for sign in printed)
        before, _, after = printed.partition(ten)
        return f"{signs.get(before, '1')}{signs.get(after, '0')}"

    return re.sub(f"[{''.join(signs)}{ten}]+", number, text)


def plain_project(name: str) -> str:
    """Return the name of a project as it is compared: without quotes, spaces and 项目 at its end.

    Example:
        >>> plain_project("“甲”系统建设项目") == plain_project("甲系统建设")
        True
    """
    plain = re.sub(r"[\s“”\"'‘’《》]", "", plain_heading(name))
    return _words()["project_end"].sub("", plain)
