"""Who evaluated what (评价对象与主体): kind and year of an evaluation, project, unit, department, evaluator."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from jixiao.reading.documents.outlines import plain_heading
from jixiao.reading.documents.portions import Portion
from jixiao.reading.documents.sections import Layout
from jixiao.reading.files.document_words import document_words

LONGEST_ORGANISATION = 22
LONGEST_LABELLED = 60
"""Signs of the longest value that stands behind a label on a cover."""


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
    return {name: re.compile(words) for name, words in document_words()["identity"].items()}


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
    plain = "\n".join(re.sub(r"\s", "", text) for text in texts)
    found = Identity(line=layout.entries[portion.first].paragraph.line if layout.entries else 0)
    guesses: list[tuple[str, str]] = []
    title = re.sub(r"\s", "", portion.title)
    heads = [re.sub(r"\s", "", head) for head in running if _words()["report"].search(re.sub(r"\s", "", head))]
    heads = heads if portion.number == 1 else []
    found.year = _year(title or " ".join(heads), plain, name)
    labelled = {**_bracketed(layout, places), **_labelled(layout, places)}
    _organisations(found, plain, labelled, _signers(layout, places), title)
    found.project = _project(portion, title, heads, plain, found, labelled.get("project", ""))
    if portion.kind == "evaluation_report":
        captions = [layout.entries[place].paragraph.text for place in places if layout.entries[place].kind == "caption"]
        sources = [title, *heads, *captions[:12], portion.context, re.sub(r"\s", "", name)]
        found.evaluation = _evaluation(sources)
        if not found.evaluation:
            found.evaluation, reason = _concluded(plain)
            guesses.append((found.evaluation, reason))
    found.evaluator = labelled.get("evaluator", "") or _evaluator(plain[:3000] + plain[-600:])
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
    for hit in _words()["labelled_year"].finditer(plain):
        counted[hit["year"]] += 8
    if not counted:
        counted.update(hit["year"] for hit in _words()["budget_year"].finditer(plain))
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


def _labelled(layout: Layout, places: Sequence[int]) -> dict[str, str]:
    """Return what the lines and the small table before the first chapter name: 项目名称, 主管部门, 项目单位."""
    found: dict[str, str] = {}
    for place in places:
        entry = layout.entries[place]
        if entry.kind == "heading" and entry.paragraph.ordinal is not None:
            break
        pairs = [re.split("[:：]", re.sub(r"\s", "", entry.paragraph.text), maxsplit=1)]
        if entry.paragraph.grid is not None:
            rows = [[re.sub(r"\s", "", text) for text in row if text.strip()] for row in entry.paragraph.grid.texts]
            pairs = [row[at : at + 2] for row in rows for at in range(0, len(row) - 1, 2)]
        for pair in pairs:
            label = pair[0].strip(":：")
            roles = [name for name, words in _labels().items() if words.fullmatch(label)] if len(pair) == 2 else []
            role = roles[0] if roles else ""
            if (
                role
                and role not in found
                and 2 <= len(pair[1]) <= LONGEST_LABELLED
                and not re.search("[。；]", pair[1])
            ):
                found[role] = pair[1]
    return found


def _bracketed(layout: Layout, places: Sequence[int]) -> dict[str, str]:
    """Return the project that a line in brackets below the title names: （某某项目）."""
    for place in places[:6]:
        hit = _words()["bracketed_project"].fullmatch(re.sub(r"\s", "", layout.entries[place].paragraph.text))
        if hit and layout.entries[place].paragraph.ordinal is None:
            return {"project": hit["name"]}
    return {}


@cache
def _labels() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(words) for name, words in document_words()["cover_labels"].items()}


def _signers(layout: Layout, places: Sequence[int]) -> list[str]:
    """Return the organisations that signed the report, those apart that evaluate for others."""
    texts = [
        re.sub(r"\s", "", layout.entries[at].paragraph.text) for at in places if layout.entries[at].kind == "signature"
    ]
    named = [_organisation(_words()["seal"].sub("", text)) for text in texts]
    return [one for one in named if one and not _words()["firm"].search(one)]


def _organisations(found: Identity, plain: str, labelled: dict[str, str], signers: Sequence[str], title: str) -> None:
    """Find department and unit by the words that name their roles, by who signed, else the organisation named most."""
    for role in ("department", "unit"):
        if labelled.get(role):
            setattr(found, role, labelled[role])
        for key in (f"{role}_label", f"{role}_role", f"{role}_is", f"{role}_does", f"{role}_charged", f"{role}_led"):
            hits = [_organisation(hit["name"]) for hit in _words()[key].finditer(plain)] if key in _words() else []
            named = [one for one in hits if one and not _words()["no_role"].search(one)]
            if named and not getattr(found, role):
                setattr(found, role, Counter(named).most_common(1)[0][0])
    if not found.unit or (found.department and found.unit == found.department):
        found.unit = _in_charge(plain, found.department) or found.unit
    if not found.department and found.unit and _words()["is_department"].search(title):
        # a department's own evaluation is signed by the department
        named = [one for one in signers if one != found.unit and not _words()["no_unit"].search(one)]
        found.department = named[0] if named else ""
    if not found.unit or not found.department:
        owner = _words()["owner"].match(_words()["title_year"].sub("", title))
        own = [one for one in signers if not _words()["no_unit"].search(one)] if _words()["we"].search(plain) else []
        own += [owner[0]] if owner and not _words()["no_unit"].search(owner[0]) else []
        usual = own[0] if own else found.unit or found.department or _usual_organisation(plain)
        found.unit = found.unit or found.department or usual
        others = [one for one in own if one != found.unit]
        found.department = found.department or (others[0] if others else _outer(found.unit, plain) or found.unit)
    found.unit = _with_region(found.unit, title, plain)
    found.department = _with_region(found.department, title, plain)


def _outer(unit: str, plain: str) -> str:
    """Return the organisation that a unit's name begins with, where the text names it by itself too (上级单位)."""
    for end in range(len(unit) - 2, 3, -1):
        name = unit[:end]
        if _organisation(name) == name:
            alone = re.sub(re.escape(unit), "", plain)
            if _words()["region"].match(name) and name in alone:
                return name
    return ""


def _in_charge(plain: str, department: str) -> str:
    """Return the organisation that is said to be in charge of something, where no word names the unit itself."""
    for key in ("by_charge", "charged"):
        hits = [_organisation(hit["name"]) for hit in _words()[key].finditer(plain)]
        named = [
            one for one in hits if one and not _words()["no_role"].search(one) and not _words()["firm"].search(one)
        ]
        named = [one for one in named if not department.endswith(one)]
        if named:
            return Counter(named).most_common(1)[0][0]
    return ""


def _with_region(name: str, title: str, plain: str) -> str:
    """Return an organisation that the text calls 市某局 by its whole name, with the place that the report names."""
    bare = _words()["bare_region"].match(name)
    if bare is None:
        return name
    for text in (title, plain):
        pattern = _words()["named_region"].pattern.replace("@", bare["sign"])
        counted = Counter(hit["region"] for hit in re.finditer(pattern, text))
        region, times = next(iter(counted.most_common(1)), ("", 0))
        if times > 1 or (times and text is title):
            return region + name
    return name


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


def _project(
    portion: Portion, title: str, heads: Sequence[str], plain: str, found: Identity, on_cover: str = ""
) -> str:
    """Return the project: of the ways to read it out of the title the one that the text uses, else what it names."""
    if on_cover:
        return on_cover
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
    ways = [_words()["around_project"].sub("", _words()["title_year"].sub("", one)) for one in ways]
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
    bare = [one[hit.end() :] for one in ways if (hit := _words()["region"].match(one))]
    bare = [_words()["title_year"].sub("", one) for one in bare]
    said = [one for one in bare if len(one) >= 6 and not _words()["no_project"].fullmatch(one)]
    said = [one for one in said if one in plain or _words()["fund_end"].sub("", one) in plain]
    if said:
        return max(said, key=len)
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
    signs = {sign: str(number) for number, sign in enumerate(document_words()["numerals"][:10])}
    signs |= dict.fromkeys("〇○", "0")
    ten = document_words()["numerals"][10]

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
