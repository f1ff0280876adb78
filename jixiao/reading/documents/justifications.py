"""The paragraphs that justify points (指标分析): which indicator each is about, its points and why it lost some."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from itertools import pairwise

from jixiao.reading.documents.outlines import match_part, plain_heading
from jixiao.reading.documents.paragraphs import pattern
from jixiao.reading.documents.portions import Entry, Portion
from jixiao.reading.documents.sections import Layout
from jixiao.reading.documents.stated_amounts import split_sentences, to_number
from jixiao.reading.files.document_words import document_words

LONGEST_NAME = 80
LONGEST_SHORT, SHORT_NAME = 30, 20
"""Signs of the longest name of an indicator in running text, and of one that is a sentence by itself."""


@dataclass(slots=True)
class Justification:
    """What a report says of one indicator, or of one level that it scores as a whole (指标得分说明)."""

    indicator: str
    category: str
    subcategory: str
    weight: Decimal | None
    score: Decimal | None
    text: str
    line: int
    last_line: int
    page: int | None
    basis: str = ""
    checked: str = ""
    standard: str = ""
    loss: str = ""
    is_level: bool = False
    """Whether a level 2 heading is scored as a whole, without indicators below it."""
    is_summed: bool = False
    """Whether the points are the sum of the points of its elements, which the paragraph does not print."""
    places: list[int] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Whether all points were given."""
        return self.weight is not None and self.score == self.weight


@cache
def justification_words() -> dict[str, re.Pattern[str]]:
    """Return the patterns of paragraphs that justify points, compiled once."""
    return {name: re.compile(words) for name, words in document_words()["justification"].items()}


def find_justifications(
    layout: Layout, portion: Portion, names: Mapping[str, Decimal | None] | None = None
) -> list[Justification]:
    """Return what the analysis of a report says of each indicator, in order (逐指标说明).

    Args:
        layout: The file.
        portion: The evaluation report.
        names: Indicators that its tables print, with their points; a paragraph that begins with one is about it.
    """
    places = layout.under(portion.number, "analysis") or [
        place for place in layout.under(portion.number, "conclusion") if layout.entries[place].level > 1
    ]
    found: list[Justification] = []
    texts: list[int] = []
    heading: int | None = None
    names = names or {}
    parents = {layout.entries[place].path[-2] for place in places if _is_heading(layout, place, 2)}
    for place in [*places, None]:
        entry = layout.entries[place] if place is not None else None
        if entry is not None and entry.kind not in {"heading", "text"}:
            continue
        if entry is None or entry.kind == "heading":
            found += _of_unit(layout, heading, texts, heading in parents, names)
            heading, texts = place, []
            continue
        assert place is not None
        texts.append(place)
    for one in found:
        if one.weight is None and one.score is not None and names.get(one.indicator) is not None:
            one.weight = names[one.indicator]
            divide_text(one)
    found = [one for one in found if one.text]
    told = {one.indicator for one in found}
    return [*found, *(one for one in find_tabled(layout, portion) if one.indicator not in told)]


def _is_heading(layout: Layout, place: int, least: int) -> bool:
    entry = layout.entries[place]
    return entry.kind == "heading" and len(entry.path) >= least


def _of_unit(
    layout: Layout, heading: int | None, texts: list[int], has_children: bool, names: Mapping[str, Decimal | None]
) -> list[Justification]:
    """Read the paragraphs below one heading: about one indicator, or each about its own."""
    if heading is None or not texts:
        return []
    pieces = [piece for place in texts for piece in _pieces(layout.entries[place], place, names)]
    _name_by_next(layout, pieces)
    if any(piece.name for piece in pieces):
        groups: list[list[_Piece]] = []
        for piece in pieces:
            if piece.name:
                groups.append([piece])
            elif groups:
                groups[-1].append(piece)
        made = [_make(layout, heading, group[0].name, group, is_run_in=True) for group in groups]
        return [one for one in made if one is not None]
    if has_children:
        return []
    one = _make(layout, heading, "", pieces)
    return [one] if one else []


@dataclass(slots=True)
class _Piece:
    """A paragraph, or the part of it that is about one indicator."""

    place: int
    text: str
    name: str = ""
    level: str = ""
    """The level 2 that the paragraph names before its indicators: 数量指标。"""


def _pieces(entry: Entry, place: int, names: Mapping[str, Decimal | None]) -> list[_Piece]:
    """Return the parts of a paragraph that are about one indicator each; most are about one at most."""
    text, body = entry.paragraph.text, entry.paragraph.body
    level = justification_words()["level_lead"].match(body)
    stated = list(justification_words()["both"].finditer(body))
    if level is not None and not level["sign"] and not _names_indicator(body[level.end() :], names):
        level = None  # 社会效益：项目改善了…… is about itself
    if level is None and len(stated) < 2:
        return [_Piece(place, text, _named(entry, names))]
    rest = body[level.end() :] if level else body
    pieces: list[_Piece] = []
    for sentence in _of_one_indicator(rest):
        found = justification_words()["both"].search(sentence)
        name = _name_before(sentence, found, names) if found else ""
        if name:
            pieces.append(_Piece(place, sentence, name))
        elif pieces and not (found and justification_words()["both"].search(pieces[-1].text)):
            pieces[-1].text += sentence
        elif found is None and _is_short_name(sentence):
            pieces.append(_Piece(place, sentence, clean_name(sentence.strip("。"))))
    if len(pieces) < (1 if level else 2):
        return [_Piece(place, text, _named(entry, names))]
    for piece in pieces:
        piece.level = re.sub(r"[。：:]$", "", level[0]) if level else ""
    return pieces


def _names_indicator(text: str, names: Mapping[str, Decimal | None]) -> bool:
    first = clean_name(re.split("[，,；;：:。（(]", text)[0])
    return first in names or justification_words()["named_by_target"].match(text) is not None


def _of_one_indicator(text: str) -> list[str]:
    """Return the sentences of a paragraph, one that states points twice parted at its semicolons."""
    parts: list[str] = []
    for _, sentence in split_sentences(text, "。"):
        is_several = len(justification_words()["both"].findall(sentence)) > 1
        parts += [part for _, part in split_sentences(sentence, "。；;")] if is_several else [sentence]
    return parts


def _name_by_next(layout: Layout, pieces: Sequence[_Piece]) -> None:
    """Name a paragraph by its beginning where the points stand in the next one: a page's edge may part them."""
    for before, after in pairwise(pieces):
        lead = layout.entries[before.place].lead
        told = after.name or before.name or not lead or before.place == after.place
        if (
            told
            or justification_words()["both"].search(before.text)
            or not justification_words()["both"].match(after.text)
        ):
            continue
        name = clean_name(lead)
        if 2 <= len(name) <= LONGEST_SHORT and not justification_words()["not_a_name"].search(name):
            before.name = name


def _is_short_name(sentence: str) -> bool:
    plain = sentence.strip("。")
    is_name = not justification_words()["not_a_name"].search(plain)
    return 2 <= len(plain) <= SHORT_NAME and is_name and not re.search("[，,；：:]", plain)


def _name_before(sentence: str, found: re.Match[str], names: Mapping[str, Decimal | None]) -> str:
    """Return the indicator whose points a sentence states: the words right before them, else those it begins with."""
    before = sentence[: found.start()]
    aimed = justification_words()["named_by_target"].match(justification_words()["lead_number"].sub("", before.strip()))
    if aimed and not justification_words()["not_a_name"].search(aimed["name"]):
        return clean_name(aimed["name"])
    near = re.split("[，,；;：:。（(、]", before)[-1] if not re.search("[（(]$", before) else before
    first = re.split("[，,；;：:。（(]", before)[0]
    for text in (near, first):
        name = clean_name(justification_words()["lead_number"].sub("", text.strip()))
        if name in names:
            return name
        if 2 <= len(name) <= LONGEST_SHORT and not justification_words()["not_a_name"].search(name):
            return name
    return ""


def _named(entry: Entry, names: Mapping[str, Decimal | None]) -> str:
    """Return the indicator that a paragraph names at its beginning, empty when it names none."""
    body = entry.paragraph.body
    fraction = justification_words()["fraction"].search(body[:60])
    if fraction:
        return clean_name(re.split("[（(]", body)[0])
    found = justification_words()["named"].match(body)
    if found and not justification_words()["not_a_name"].search(found["name"]):
        return clean_name(found["name"])
    aimed = justification_words()["named_by_target"].match(body) if justification_words()["both"].search(body) else None
    if aimed and not justification_words()["not_a_name"].search(aimed["name"]):
        return clean_name(aimed["name"])
    lead = entry.lead
    name = clean_name(lead) if lead else ""
    if name and name in names:
        return name
    may_name = 2 <= len(name) <= LONGEST_SHORT and not re.search("[，,]", name)
    may_name = may_name and not justification_words()["not_a_name"].search(name)
    following = body[len(lead) :]
    stated = justification_words()["both"].search(body)
    has_points = stated is not None or justification_words()["score"].search(body) is not None
    is_scored = pattern("ends_in_points").search(lead) is not None
    if may_name and (
        is_scored
        or (has_points and (following[:1] in "：:（(" or justification_words()["points_follow"].match(following)))
    ):
        return name
    if stated is None:
        said = justification_words()["named_by_score"].match(body)
        is_name = said is not None and not justification_words()["not_a_name"].search(said["name"])
        return clean_name(said["name"]) if said and is_name else ""
    near = clean_name(re.split("[，,；;：:。（(、]", body[: stated.start()])[-1])
    if near in names or (2 <= len(near) <= LONGEST_SHORT and justification_words()["indicator_end"].search(near)):
        return near
    return name if may_name else ""


def clean_name(text: str) -> str:
    """Return the name of an indicator out of a heading: without code, points, quotes and 情况分析.

    Example:
        >>> clean_name("A101 立项依据充分性（3分）"), clean_name("产出数量指标得分情况逐个分析")
        ('立项依据充分性', '产出数量')
    """
    plain = re.sub(r"\s+", "", text) if not re.search("[A-Za-z]", text) else text.strip()
    plain = justification_words()["head_points"].sub("", plain)
    plain = plain_heading(plain) if len(plain) < LONGEST_NAME else plain
    plain = justification_words()["lead_in"].sub("", plain)
    shorter = justification_words()["tail"].sub("", plain).strip("，,：:、 ")
    plain = shorter if len(shorter) >= 2 else plain
    way = justification_words()["in_way"].match(plain)
    plain = way["name"] if way else plain
    return (
        plain.strip('“”"「」【】')
        if plain.startswith(("“", '"', "「", "【")) and plain.endswith(("”", '"', "」", "】")) and plain.count("“") <= 1
        else plain
    )


def clean_level(text: str) -> str:
    """Return the name of a level out of a heading: 项目决策情况（15分） is 决策.

    Example:
        >>> clean_level("项目决策情况（15分）"), clean_level("产出指标")
        ('决策', '产出')
    """
    plain = clean_name(text)
    shorter = justification_words()["level_dress"].sub("", plain)
    shorter = justification_words()["level_dress"].sub("", shorter)
    return shorter if len(shorter) >= 2 else plain


def _make(
    layout: Layout, heading: int, name: str, pieces: Sequence[_Piece], *, is_run_in: bool = False
) -> Justification | None:
    entries = layout.entries
    entry = entries[heading]
    above = [entries[place].title for place in entry.path[1:]]
    if not above and not is_run_in:
        return None
    body = "".join(piece.text for piece in pieces)
    texts = [piece.place for piece in pieces]
    head = entry.title if not is_run_in else ""
    levels = above if is_run_in else above[:-1]
    category, subcategory = levels_above(levels)
    subcategory = pieces[0].level or subcategory
    weight, score, is_summed = find_points(head, body)
    is_level = False
    indicator = name or clean_name(head)
    if not is_run_in:
        is_category = not levels and match_part(head, "evaluation_report", "analysis") is not None
        formula = justification_words()["rate_name"].search(body) if is_category and score is not None else None
        if formula:
            usual = document_words()["usual_rates"]
            category = clean_level(head)
            indicator = next((name for name in usual if formula["name"].endswith(name)), formula["name"])
        elif is_category and justification_words()["level_two"].search(indicator) is None:
            category, subcategory, indicator, is_level = clean_level(head), "", "", True
        elif (
            not subcategory
            and len(levels) <= 1
            and justification_words()["tail"].search(plain_heading(head)) is not None
        ):
            subcategory, indicator, is_level = indicator, "", True
        elif is_category:
            category, subcategory, indicator, is_level = clean_level(head), clean_level(head), "", True
    first = entries[texts[0] if is_run_in else heading].paragraph
    made = Justification(
        indicator,
        category,
        subcategory,
        weight,
        score,
        body,
        first.line,
        entries[texts[-1]].paragraph.last_line,
        first.page,
        is_level=is_level,
        is_summed=is_summed,
        places=list(texts),
    )
    divide_text(made)
    return made


def levels_above(titles: list[str]) -> tuple[str, str]:
    """Return the level 1 and level 2 names among the headings above an indicator."""
    for number, title in enumerate(titles):
        if match_part(title, "evaluation_report", "analysis"):
            rest = titles[number + 1 :]
            return clean_level(title), clean_name(rest[-1]) if rest else ""
    if not titles:
        return "", ""
    return (clean_level(titles[0]), clean_name(titles[-1])) if len(titles) > 1 else (clean_level(titles[0]), "")


def find_points(head: str, body: str) -> tuple[Decimal | None, Decimal | None, bool]:
    """Return the points an indicator can have and those it got, as printed; and whether they are a sum (分值、得分).

    Example:
        >>> find_points("资金到位率（2分）", "到位率100%。根据评分标准，该指标得分2.00分。")
        (Decimal('2'), Decimal('2.00'), False)
        >>> find_points("", "立项规范：1、按程序申请，得0.8分；2、材料符合要求，得1.2分。")
        (None, Decimal('2.0'), True)
        >>> find_points("", "分值10分，得分7分。")
        (Decimal('10'), Decimal('7'), False)
    """
    words = justification_words()
    plain = words["labelled_points"].sub(lambda hit: hit["label"], re.sub(r"\s", "", body))
    weight = score = None
    for text in (re.sub(r"\s", "", head), plain[:60]):
        fraction = words["fraction"].search(text)
        if fraction and Decimal(fraction["n"]) <= Decimal(fraction["w"]):
            return Decimal(fraction["w"]), Decimal(fraction["n"]), False
    in_head = words["head_points"].search(re.sub(r"\s", "", head))
    if in_head:
        weight = Decimal(in_head["w"] or in_head["w2"])
        score = Decimal(in_head["n"] or in_head["n2"]) if in_head["n"] or in_head["n2"] else None
    for source in (re.sub(r"\s", "", head), plain):
        hit = words["weight"].search(source) if weight is None else None
        weight = Decimal(hit["n"]) if hit else weight
    if score is None:
        hit = words["score"].search(re.sub(r"\s", "", head)) if head else None
        score = Decimal(hit["n"]) if hit else None
    if score is not None:
        return weight, score, False
    bare = words["bare_points"].search(plain)
    if bare and (weight is None or weight == Decimal(bare["w"])) and not _is_rule(plain, bare):
        return Decimal(bare["w"]), Decimal(bare["n"]), False
    if weight is None:
        bracket = words["head_points"].search(plain[:60])
        if bracket and (bracket["n"] or bracket["n2"]):
            return Decimal(bracket["w"] or bracket["w2"]), Decimal(bracket["n"] or bracket["n2"]), False
        behind = words["points_behind_name"].match(plain)
        if behind:
            weight = Decimal(behind["w"])
    hits = [(hit.start(), Decimal(hit["n"])) for hit in words["score"].finditer(plain) if not _is_rule(plain, hit)]
    hits = [(at, value) for at, value in hits if weight is None or value <= weight]
    if not hits:
        full = words["full_given"].search(plain)
        if full and weight is not None and not _is_rule(plain, full):
            return weight, weight, False
        left = _after_deduction(plain, weight) if weight is not None else None
        if left is not None:
            return weight, left, True
        return weight, (Decimal(0) if words["none_given"].search(plain) and weight is not None else None), False
    if len(hits) == 1:
        return weight, hits[0][1], False
    ended = [value for at, value in hits if words["concluding"].search(_clause(plain, at))]
    if ended:
        return weight, ended[-1], False
    total = sum((value for _, value in hits), Decimal(0))
    if len(words["elements"].findall(plain)) >= len(hits) - 1 and (weight is None or total <= weight):
        return weight, total, True
    return weight, hits[-1][1], False


def _after_deduction(plain: str, weight: Decimal) -> Decimal | None:
    """Return what is left of the points of an indicator where a paragraph only says what was taken off (扣1分)."""
    words, taken = justification_words(), Decimal(0)
    for _, sentence in split_sentences(plain):
        hits = list(words["deducted"].finditer(sentence))
        if hits and words["deduction_rule"].search(sentence):
            return None
        taken += sum((Decimal(hit["n"]) for hit in hits), Decimal(0))
    if not taken and not words["not_deducted"].search(plain):
        return None
    return weight - taken if taken <= weight else None


def find_tabled(layout: Layout, portion: Portion) -> list[Justification]:
    """Return what the tables of the analysis say of each indicator: reasons beside the points (表中理由)."""
    words, found = _tabled(), []
    for place in [*layout.under(portion.number, "conclusion"), *layout.under(portion.number, "analysis")]:
        paragraph = layout.entries[place].paragraph
        grid = paragraph.grid
        if grid is None or grid.height < 2:
            continue
        head = ["".join(grid.cell(0, column).text.split()) for column in range(grid.width)]
        columns = {name: [at for at, text in enumerate(head) if words[name].fullmatch(text)] for name in _COLUMNS}
        if not all(columns.values()):
            continue
        indicator, weight, score, reason = (columns[name][-1] for name in _COLUMNS)
        for row in range(1, grid.height):
            texts = ["".join(grid.cell(row, at).text.split()) for at in (indicator, weight, score, reason)]
            points = [to_number(text) if text else None for text in texts[1:3]]
            if not texts[0] or not texts[3] or None in points:
                continue
            line = paragraph.line + row
            above = clean_level("".join(grid.cell(row, 0).text.split())) if indicator else ""
            one = Justification(
                clean_name(texts[0]), above, "", points[0], points[1], texts[3], line, line, paragraph.page
            )
            divide_text(one)
            found.append(one)
    return found


_COLUMNS = ("indicator", "weight", "score", "reason")


@cache
def _tabled() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(words) for name, words in document_words()["tabled"].items()}


def _clause(plain: str, at: int) -> str:
    """Return the last clauses before a place, and the beginning of what follows."""
    sentence = re.split("[。；]", plain[:at])[-1]
    return "，".join(re.split("[，,]", sentence)[-4:]) + plain[at : at + 4]


def _is_rule(plain: str, hit: re.Match[str]) -> bool:
    """Say whether points are those of a standard (达到100%得2分，否则不得分) and not those given."""
    before = re.split("[。；]", plain[: hit.start()])[-1][-16:]
    after = plain[hit.end() : hit.end() + 12]
    return bool(justification_words()["conditional"].match(after)) or bool(
        justification_words()["conditional_before"].search(before)
    )


def divide_text(one: Justification) -> None:
    """Tell the sentences of a paragraph apart: its basis, what was checked, the standard, why points were lost."""
    words = justification_words()
    basis, checked, standard, loss = [], [], [], []
    has_lost = one.weight is not None and one.score is not None and one.score < one.weight
    for _, sentence in split_sentences(one.text):
        plain = sentence.strip()
        is_standard = words["standard"].search(plain) is not None and words["score"].search(plain) is not None
        if words["basis"].search(plain) and not is_standard:
            basis.append(plain)
        elif is_standard:
            standard.append(plain)
        elif words["checked"].search(plain):
            checked.append(plain)
        if (has_lost or one.weight is None) and words["adverse"].search(plain) and basis[-1:] != [plain]:
            loss.append(plain)
    one.basis, one.checked, one.standard = "".join(basis), "".join(checked), "".join(standard)
    one.loss = "".join(loss) if has_lost or (one.weight is None and words["lost_some"].search(one.text)) else ""
