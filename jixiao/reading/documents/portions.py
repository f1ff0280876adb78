"""The portions of a file (文件中的各部分): which documents it holds one inside the other, and the headings of each.

A disclosure holds account tables, a narrative, a summary report, forms and an evaluation report. A title followed by
headings that count from one again begins a portion; a heading that goes on counting where the outer document stopped
ends it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from jixiao.reading.documents.likely_sections import looks_like_chapter, weigh_heading
from jixiao.reading.documents.outlines import match_part, match_section, plain_heading
from jixiao.reading.documents.paragraphs import Paragraph, pattern
from jixiao.reading.files.document_words import document_words

LONGEST_HEADING = 60
"""Signs of the longest line that can be a heading; of a longer one its first sentence may be."""
LONGEST_LEAD = 40
LONGEST_RUN_IN = 16
"""Signs of the longest heading of a chapter that begins a paragraph."""
LOOKED_AHEAD = 30
"""Paragraphs behind a title within which its first heading stands."""


@dataclass(slots=True)
class Entry:
    """One paragraph in its place: the portion it belongs to, what it is, and the headings above it.

    ``kind`` is title, heading, text, table, caption or signature. ``lead`` is a heading that begins a paragraph.
    ``path`` holds the headings above, the nearest last; of a heading itself it ends with that heading.
    """

    paragraph: Paragraph
    portion: int = 1
    kind: str = "text"
    rank: float = 0.0
    level: int = 0
    title: str = ""
    lead: str = ""
    path: tuple[int, ...] = ()
    """Positions of the headings above in the list of entries."""


@dataclass(slots=True)
class Portion:
    """One document inside a file (部分)."""

    number: int
    parent: int
    kind: str
    title: str
    first: int
    """Position of its first entry."""
    title_lines: tuple[str, ...] = ()
    context: str = ""
    """The heading of the outer document under which it stands."""
    open: list[tuple[float, int, int]] = field(default_factory=list)
    """Headings that are open: rank, value, position."""
    counts: Counter[float] = field(default_factory=Counter)


@dataclass(slots=True)
class _Digest:
    """An abstract that is open (摘要): the chapters it counts are not those of the report."""

    place: int
    natural: float
    """The rank its heading has by its looks."""
    top: float = 99.0
    """Rank of the highest numbered headings inside it."""


ENOUGH_CHAPTERS = 3
"""Chapters behind which the word 附件 begins the annexes of a report."""
FRAMED_CHAPTER = 2.0
"""Rank of a heading in a frame (【项目概况】) where no chapter has a number."""
ABSTRACT_RANK = -50.0
"""Above every heading: what an abstract counts stands inside it."""


@cache
def _kinds() -> list[tuple[str, re.Pattern[str]]]:
    return [(name, re.compile(words)) for name, words in document_words()["kinds"].items()]


def kind_of_title(text: str) -> str:
    """Return what a title announces (文件种类), empty when it announces nothing.

    Example:
        >>> kind_of_title("某某项目支出绩效评价报告"), kind_of_title("项目支出绩效自评表"), kind_of_title("项目概况")
        ('evaluation_report', 'self_evaluation_form', '')
    """
    plain = re.sub(r"\s", "", text)
    plain = pattern("title_tail").sub("", plain).rstrip("。：:")
    return next((name for name, words in _kinds() if words.search(plain)), "")


def divide(paragraphs: Sequence[Paragraph]) -> tuple[list[Entry], list[Portion]]:
    """Find the portions of a file and the headings of each (划分部分和标题).

    Returns:
        One entry per paragraph, in order, and the portions, the outermost first.
    """
    return _Divider(paragraphs).run()


class _Divider:
    """One pass over the paragraphs: the portions that are open, the headings that are open in each."""

    def __init__(self, paragraphs: Sequence[Paragraph]) -> None:
        self.paragraphs = list(paragraphs)
        self.entries = [Entry(paragraph) for paragraph in paragraphs]
        self.body_size = self._body_size()
        self.ranks = self._ranks_of_looks()
        self.chapter_sizes = Counter(
            one.size
            for one in self.paragraphs
            if one.ordinal and one.ordinal.rank <= 2 and len(one.text) <= LONGEST_LEAD
        )
        self.portions: list[Portion] = []
        self.stack: list[Portion] = []
        self.list_at: tuple[float, int] | None = None
        self.digest: _Digest | None = None

    def run(self) -> tuple[list[Entry], list[Portion]]:
        first, lines = self._first_title()
        title = "".join(lines)
        self._begin(0, kind_of_title(title) or "other", title, tuple(lines))
        for place in range(len(lines)):
            self.entries[first + place].kind = "title"
        place = 0
        while place < len(self.entries):
            entry = self.entries[place]
            if entry.kind != "title":
                place = self._step(place)
                continue
            entry.portion = self.stack[-1].number
            place += 1
        return self.entries, self.portions

    def _body_size(self) -> float:
        sizes: Counter[float] = Counter()
        for paragraph in self.paragraphs:
            sizes[paragraph.size] += len(paragraph.text)
        return sizes.most_common(1)[0][0] if sizes else 0.0

    def _begin(self, first: int, kind: str, title: str, lines: tuple[str, ...] = ()) -> Portion:
        outer = self.stack[-1] if self.stack else None
        context = ""
        if outer and outer.open:
            context = self.entries[outer.open[-1][2]].title
        portion = Portion(len(self.portions) + 1, outer.number if outer else 0, kind, title, first, lines, context)
        self.portions.append(portion)
        self.stack.append(portion)
        self.list_at = None
        return portion

    def _first_title(self) -> tuple[int, list[str]]:
        """Return where the title of the file stands and its lines; none when the text begins at once."""
        for place, paragraph in enumerate(self.paragraphs[:20]):
            if paragraph.grid is not None or paragraph.ordinal:
                break
            if self._is_title_line(paragraph) and kind_of_title(paragraph.text):
                start = place
                while start and self._may_lead_title(self.paragraphs[start - 1]):
                    start -= 1
                return start, [self.paragraphs[number].text for number in range(start, place + 1)]
        return 0, []

    def _is_title_line(self, paragraph: Paragraph) -> bool:
        text = paragraph.text
        return (
            paragraph.grid is None
            and len(text) <= 70
            and not re.search(r"[。；！？]|，.*，", text)
            and not pattern("caption").match(text)
        )

    def _may_lead_title(self, paragraph: Paragraph) -> bool:
        """Say whether a line may be the first half of the title below it: the unit, the project."""
        return (
            paragraph.grid is None
            and not paragraph.ordinal
            and 2 <= len(paragraph.text) <= 45
            and not re.search(r"[。；！？，：:]", paragraph.text)
            and not paragraph.style
            and not pattern("caption").match(paragraph.text)
            and not kind_of_title(paragraph.text)
        )

    def _step(self, place: int) -> int:
        """Take up one paragraph; return where to go on."""
        entry, paragraph = self.entries[place], self.paragraphs[place]
        started = self._try_title(place)
        if started:
            return started
        if paragraph.grid is not None:
            entry.kind = "table"
            self._settle(place)
            is_form = self.stack[-1].kind in {"self_evaluation_form", "scoring_table"} and len(self.stack) > 1
            if is_form and not self._table_goes_on(place):
                self.stack.pop()
            return place + 1
        rank, title = self._heading(place)
        if not title and self._part_run_in(place):
            rank, title = self._heading(place)
            paragraph = self.paragraphs[place]
        if title:
            self._take_heading(place, rank, title)
            return place + 1
        if pattern("caption").match(paragraph.text) or self._names_table(place):
            entry.kind = "caption"
        entry.lead = _lead_of(paragraph)
        self._settle(place)
        return place + 1

    def _part_run_in(self, place: int) -> bool:
        """Part a paragraph that begins with the heading of a chapter: 四、存在的问题。一是……"""
        paragraph = self.paragraphs[place]
        found = pattern("run_in").match(paragraph.body)
        if paragraph.style or paragraph.ordinal is None or paragraph.ordinal.rank > 4 or not found:
            return False
        portion = self.stack[-1]
        lead = found["lead"]
        match = match_section(lead, portion.kind)
        if match is None or match.sureness < 1.0:
            return False
        top = portion.open[0] if portion.open else (2.0, 0, 0)
        is_next = (
            paragraph.ordinal.rank == top[0] and paragraph.ordinal.value == top[1] + 1 and len(lead) <= LONGEST_RUN_IN
        )
        if not is_next and not pattern("chapter_lead").fullmatch(plain_heading(lead)):
            return False
        above = [match_section(self.entries[at].title, portion.kind) for _, _, at in portion.open[:1]]
        if (
            paragraph.ordinal.rank > max(2.0, portion.open[0][0] if portion.open else 0.0)
            and above
            and above[0]
            and match.section not in {above[0].section, *above[0].others}
        ):
            return False
        end = paragraph.ordinal.length
        end += len(paragraph.text[end:]) - len(paragraph.text[end:].lstrip()) + len(lead)
        head = replace(paragraph, text=paragraph.text[:end], last_line=paragraph.line, lead="")
        rest = replace(paragraph, text=paragraph.text[end:].lstrip("。：: "), ordinal=None, lead="", is_bold=False)
        self.paragraphs[place : place + 1] = [head, rest]
        self.entries[place : place + 1] = [Entry(head), Entry(rest)]
        return True

    def _table_goes_on(self, place: int) -> bool:
        """Say whether the next paragraph is the rest of the form: its table on the next page, or a remark below."""
        following = self.paragraphs[place + 1 : place + 2]
        if not following:
            return True
        if following[0].grid is not None:
            return True
        return bool(pattern("remark").match(following[0].text))

    def _names_table(self, place: int) -> bool:
        following = self.paragraphs[place + 1 : place + 2]
        text = self.paragraphs[place].text
        return (
            bool(following) and following[0].grid is not None and len(text) <= 60 and not re.search("[。；：:]$", text)
        )

    def _captions_table(self, place: int) -> bool:
        """Say whether a line is the name of the table below it; a year or a unit may stand between."""
        for paragraph in self.paragraphs[place + 1 : place + 5]:
            if paragraph.grid is not None:
                return True
            if len(paragraph.text) > 45 or paragraph.ordinal:
                return False
        return False

    def _settle(self, place: int) -> None:
        """Note for one entry where it stands."""
        entry, portion = self.entries[place], self.stack[-1]
        entry.portion = portion.number
        entry.path = tuple(position for _, _, position in portion.open)
        entry.level = len(portion.open)

    # titles -------------------------------------------------------------------------------------------------------

    def _try_title(self, place: int) -> int:
        """Begin a portion at a title; return where to go on, 0 when there is no title."""
        paragraph = self.paragraphs[place]
        if not self._is_title_line(paragraph):
            return 0
        text = re.sub(pattern("annex_mark"), "", paragraph.text) if paragraph.ordinal is None else ""
        kind = kind_of_title(text) if text else ""
        if not kind or (self.stack[-1].kind == kind and not self.stack[-1].open and place - self.stack[-1].first < 3):
            return 0
        ahead = self.paragraphs[place + 1 : place + 1 + LOOKED_AHEAD]
        if kind in {"self_evaluation_form", "scoring_table"}:
            if not any(part.grid is not None for part in ahead[:4]):
                return 0
        elif kind == "account_disclosure" or not (self._says_title_again(text) or self._counts_again(ahead, kind)):
            return 0
        if kind == self.stack[-1].kind and kind in {"self_evaluation_form", "scoring_table"}:
            if not self._has_table(self.stack[-1], place):
                return 0  # the title once more, above the same table
            self.stack.pop()
        if len(self.stack) > 1 and self.stack[-1].kind in {"self_evaluation_form", "scoring_table"}:
            self.stack.pop()
        start = place
        while (
            start
            and kind not in {"self_evaluation_form", "scoring_table"}
            and self._may_lead_title(self.paragraphs[start - 1])
            and (self.entries[start - 1].kind == "text" or self.entries[start - 1].rank == 8.0)
            and place - start < 2
        ):
            start -= 1
            outer = self.stack[-1] if self.stack else None
            if outer and outer.open and outer.open[-1][2] == start:
                outer.open.pop()
        lines = tuple(self.paragraphs[number].text for number in range(start, place + 1))
        if kind == "evaluation_report" and len(self.stack) > 1 and self.stack[-1].kind == "evaluation_report":
            self.stack.pop()
        if self.stack and kind == self.stack[-1].kind == "evaluation_report" and self._only_began(self.stack[-1]):
            portion = self.stack[-1]  # the title once more, behind the cover or the abstract
            portion.open.clear()
            self.digest = None
        else:
            portion = self._begin(start, kind, "".join(lines), lines)
        for number in range(start, place + 1):
            self.entries[number].kind, self.entries[number].portion = "title", portion.number
            self.entries[number].path, self.entries[number].level = (), 0
        return place + 1

    def _says_title_again(self, text: str) -> bool:
        """Say whether a line is the title of the report that has begun, as it stands behind a cover or an abstract."""
        title = re.sub(r"\s", "", self.stack[-1].title)
        return bool(title) and re.sub(r"\s", "", text) == title and self._only_began(self.stack[-1])

    def _only_began(self, portion: Portion) -> bool:
        """Say whether a report has a cover and an abstract so far, and no chapter of its own."""
        own = [entry for entry in self.entries if entry.portion == portion.number and entry.kind == "heading"]
        return all(
            entry.level > 1 or is_preface(entry.title) or match_section(entry.title, "evaluation_report") is None
            for entry in own
        )

    def _has_table(self, portion: Portion, place: int) -> bool:
        return any(self.paragraphs[number].grid is not None for number in range(portion.first, place))

    def _counts_again(self, ahead: Sequence[Paragraph], kind: str) -> bool:
        """Say whether the headings behind a title begin anew."""
        for paragraph in ahead:
            if paragraph.grid is not None:
                continue
            found = paragraph.ordinal
            is_heading = (
                found and len(paragraph.text) <= LONGEST_HEADING and not re.search("[。；]", paragraph.text[:-1])
            )
            if found and is_heading and found.rank <= 4:
                return found.value == 1 and (
                    bool(match_section(paragraph.body, kind)) or found.scheme in {"chinese", "part", "bare"}
                )
            if paragraph.style == 1 and match_section(paragraph.body, kind):
                return True
        return False

    # headings -----------------------------------------------------------------------------------------------------

    def _ranks_of_looks(self) -> dict[float, float]:
        """Rank the sizes in which headings without numbers are set: the larger, the higher."""
        sizes = sorted(
            {
                paragraph.size
                for paragraph in self.paragraphs
                if paragraph.grid is None
                and not paragraph.ordinal
                and paragraph.size > self.body_size * 1.05
                and len(paragraph.text) <= LONGEST_LEAD
            },
            reverse=True,
        )
        return {size: -20.0 + number for number, size in enumerate(sizes)}

    def _heading(self, place: int) -> tuple[float, str]:
        """Return the rank and the title of a heading; an empty title when a paragraph is none."""
        paragraph = self.paragraphs[place]
        body, found = paragraph.body, paragraph.ordinal
        inner = re.sub(r"[。：:]$", "", body)
        has_points = bool(pattern("ends_in_points").search(body))
        longest = LONGEST_HEADING * 2 if has_points else LONGEST_HEADING
        asked = re.sub(r"[？?]$", "", inner)  # a chapter may ask: 二、怎么评价的？
        is_plain = bool(body) and len(body) <= longest and not re.search(r"[。；！？;?]", asked)
        is_plain = is_plain and not re.search(r"[，、；;,]$", body)
        if pattern("caption").match(paragraph.text) or pattern("date_line").fullmatch(paragraph.text):
            return 0.0, ""
        if paragraph.style and len(body) <= 80:
            rank = found.rank if found and not self._styles_rule() else 10.0 + paragraph.style
            return rank, body
        if not is_plain or (found and found.scheme == "circled"):
            return 0.0, ""
        if found:
            if pattern("cited_line").match(body):
                return 0.0, ""
            if body[-1] in "。：:" and not (len(body) <= 42 and found.rank <= 4) and not paragraph.is_bold:
                return 0.0, ""
            if body[-1] == "。" and (found.rank >= 4 or re.search(r"，|\d", body)) and not paragraph.is_bold:
                return 0.0, ""
            if "，" in body and len(body) > 40 and found.rank >= 3 and not (paragraph.is_bold or has_points):
                return 0.0, ""
            if found.scheme == "bare" and not (paragraph.is_bold or self._may_be_bare(body, found.value)):
                return 0.0, ""
            return self._rank_of(paragraph), body
        return self._heading_of_looks(place)

    def _below_chapters(self, paragraph: Paragraph) -> float:
        """Return the rank of a heading smaller than the numbered chapters and larger than the text, 0 if it is none."""
        chapter = max((size for size, count in self.chapter_sizes.items() if count >= ENOUGH_CHAPTERS), default=0.0)
        if not self.body_size * 1.05 < paragraph.size < chapter:
            return 0.0
        smaller = sorted((size for size in self.ranks if size < chapter), reverse=True)
        return 7.0 + 0.1 * (smaller.index(paragraph.size) if paragraph.size in smaller else 0)

    def _may_be_bare(self, body: str, value: int) -> bool:
        """Say whether a line behind a number without a sign is a heading: by its words, or because it counts on."""
        if match_section(body, "evaluation_report") or looks_like_chapter(body):
            return True
        opened = self.stack[-1].open[:1]
        is_next = bool(opened) and opened[0][1] + 1 == value
        return is_next and len(body) <= LONGEST_RUN_IN and not re.search("[，。；：、]", body)

    def _heading_of_looks(self, place: int) -> tuple[float, str]:
        """Return a heading without a number, told by its looks or by a word that only headings use."""
        paragraph = self.paragraphs[place]
        body = paragraph.body
        plain = plain_heading(body)
        if pattern("lone_heading").fullmatch(plain):
            return self._top_rank(), body
        if pattern("annex_heading").fullmatch(plain) and self._is_ended():
            return ABSTRACT_RANK, body
        if pattern("labelled_line").match(body) or (
            pattern("signer").search(body) and not match_section(body, "evaluation_report")
        ):
            return 0.0, ""
        if len(body) > LONGEST_LEAD or body[-1] in "。：:" or not pattern("word").search(body):
            return 0.0, ""
        by_size = self.ranks.get(paragraph.size, 0.0) if paragraph.size > self.body_size * 1.05 > 0 else 0.0
        if self._is_scored_line(place) and not (by_size and self._is_by_looks()):
            return 7.0 if pattern("level_one").fullmatch(plain) else 8.0, body
        if self._is_plain_chapter(place):
            return -1.0, body
        if self._is_plain_part(place):
            return 8.0, body
        is_larger = paragraph.size > self.body_size * 1.05 > 0
        below = self._below_chapters(paragraph)
        if below and not self._is_by_looks():
            return below, body
        following = self.paragraphs[place + 1 : place + 2]
        if not (is_larger or paragraph.is_bold) or not following:
            return 0.0, ""
        is_known = match_section(body, "evaluation_report") or (looks_like_chapter(body) and not kind_of_title(body))
        if self._captions_table(place) and not is_known:
            return 0.0, ""
        if is_larger and self._is_by_looks():
            return self.ranks.get(paragraph.size, -1.0), body
        if paragraph.is_bold and self._is_by_looks():
            match = match_section(body, "evaluation_report")
            is_known = bool(match and match.sureness == 1.0) or looks_like_chapter(body)
            opened = self.stack[-1].open
            is_inside = bool(opened) and self.paragraphs[opened[0][2]].ordinal is not None  # chapters are numbered
            return 8.0 if is_inside and not is_known else -0.5 if is_known else -0.4, body
        if match_section(body, "evaluation_report") and (is_larger or paragraph.is_centred):
            return self._top_rank(), body
        return 8.0, body

    def _is_plain_chapter(self, place: int) -> bool:
        """Say whether a short line is the heading of a chapter in a text that shows no looks and no numbers."""
        paragraph = self.paragraphs[place]
        match = match_section(paragraph.body, "evaluation_report")
        is_short = len(paragraph.body) <= LONGEST_RUN_IN and not re.search("[，、；]", paragraph.body)
        is_known = bool(match and match.sureness == 1.0) or looks_like_chapter(paragraph.body)
        return is_known and is_short and self._is_bare() and self._is_by_looks()

    def _is_plain_part(self, place: int) -> bool:
        """Say whether a short line above a paragraph names a part of the chapter that is open, in such a text."""
        body, portion = self.paragraphs[place].body, self.stack[-1]
        following = self.paragraphs[place + 1 : place + 2]
        if not (portion.open and following and pattern("part_name").fullmatch(body)):
            return False
        if not (self._is_bare() and self._is_by_looks()) or len(following[0].text) <= LONGEST_RUN_IN:
            return False
        above = match_section(self.entries[portion.open[0][2]].title, "evaluation_report")
        return above is not None and match_part(body, "evaluation_report", above.section) is not None

    def _is_scored_line(self, place: int) -> bool:
        """Say whether a line without a number names a level or an indicator with its points: 决策指标（15分）."""
        body, portion = self.paragraphs[place].body, self.stack[-1]
        if not portion.open or not pattern("ends_in_points").search(body) or re.search("[。；，]", plain_heading(body)):
            return False
        titles = [self.entries[at].title for _, _, at in portion.open]
        sections = [match_section(title, "evaluation_report") for title in titles]
        weights = [weigh_heading(title) for title in titles]
        return any(match is not None and match.section == "analysis" for match in sections) or any(
            bool(weight) and weight[0][0] == "analysis" for weight in weights
        )

    def _is_bare(self) -> bool:
        """Say whether the file shows no looks at all, as a text does."""
        return not any(one.size or one.is_bold or one.style for one in self.paragraphs)

    def _is_ended(self) -> bool:
        """Say whether the report has had its chapters: what follows the word 附件 stands behind it."""
        portion = self.stack[-1]
        sections = {
            match.section
            for entry in self.entries
            if entry.portion == portion.number and entry.kind == "heading" and entry.level == 1
            if (match := match_section(entry.title, "evaluation_report")) and match.sureness == 1.0
        }
        return portion.kind == "evaluation_report" and len(sections) >= ENOUGH_CHAPTERS

    def _styles_rule(self) -> bool:
        """Say whether the file itself declares most of its headings."""
        return sum(bool(paragraph.style) for paragraph in self.paragraphs) >= 4

    def _is_by_looks(self) -> bool:
        """Say whether the chapters of the file carry no numbers."""
        return not any(
            paragraph.ordinal and paragraph.ordinal.rank <= 2 and match_section(paragraph.body, "evaluation_report")
            for paragraph in self.paragraphs
            if paragraph.grid is None and len(paragraph.text) <= LONGEST_HEADING
        )

    def _top_rank(self) -> float:
        """Return the rank of chapters in the portion that is open."""
        counts = self.stack[-1].counts
        return min(counts, default=2.0)

    def _rank_of(self, paragraph: Paragraph) -> float:
        """Return the rank of a numbered heading; where styles rule, that of the headings counted alike."""
        found = paragraph.ordinal
        assert found is not None
        if found.scheme == "framed":
            is_chapter = match_section(paragraph.body, "evaluation_report") or looks_like_chapter(paragraph.body)
            return FRAMED_CHAPTER if is_chapter and self._is_by_looks() else found.rank
        if not self._styles_rule():
            return found.rank
        alike = Counter(
            other.style
            for other in self.paragraphs
            if other.style and other.ordinal and other.ordinal.scheme == found.scheme
        )
        return 10.0 + alike.most_common(1)[0][0] if alike else 20.0 + found.rank

    def _take_heading(self, place: int, rank: float, title: str) -> None:
        paragraph, entry = self.paragraphs[place], self.entries[place]
        found = paragraph.ordinal
        value = found.value if found else 0
        rank = self._of_abstract(place, rank, title)
        rank = self._by_meaning(paragraph, rank, title, value)
        if found and self._closes_portion(rank, value, title):
            while len(self.stack) > 1 and not self._expects(self.stack[-1], rank, value):
                self.stack.pop()
        portion = self.stack[-1]
        if found and not paragraph.style and self._is_list(portion, rank, value, title, paragraph):
            self._settle(place)
            return
        self.list_at = None
        while portion.open and portion.open[-1][0] >= rank:
            portion.open.pop()
        portion.open.append((rank, value, place))
        portion.counts[rank] += 1
        entry.kind, entry.rank, entry.title = "heading", rank, title
        self._settle(place)

    def _of_abstract(self, place: int, rank: float, title: str) -> float:
        """Return the rank of a heading where an abstract begins, goes on or ends."""
        paragraph, portion = self.paragraphs[place], self.stack[-1]
        found = paragraph.ordinal
        if self.digest is None or not any(at == self.digest.place for _, _, at in portion.open):
            self.digest = None
            may_begin = portion.kind in {"evaluation_report", "other"} and is_preface(title)
            if may_begin and self._only_began(portion):
                self.digest = _Digest(place, rank)
                return ABSTRACT_RANK
            return rank
        digest = self.digest
        if found is None:
            ends = rank <= digest.natural or is_preface(title) or not self._returns(place)
        elif rank < digest.top == 99.0:
            ends = not self._comes_again(place)
        else:
            ends = rank < digest.top or (rank == digest.top and found.value == 1)
        if ends:
            self.digest = None
            portion.open.clear()
            portion.counts.clear()
        elif found is not None:
            digest.top = min(digest.top, rank)
        return rank

    def _returns(self, place: int) -> bool:
        """Say whether a heading without a number has one of the same section and looks behind it, or opens none."""
        mine, paragraph = match_section(self.paragraphs[place].body, "evaluation_report"), self.paragraphs[place]
        if mine is None or mine.sureness < 1.0:
            return True
        return any(
            other.ordinal is None
            and len(other.text) <= LONGEST_LEAD
            and (other.size, other.is_bold, other.style) == (paragraph.size, paragraph.is_bold, paragraph.style)
            and (match := match_section(other.body, "evaluation_report")) is not None
            and match.sureness == 1.0
            and match.section == mine.section
            for other in self.paragraphs[place + 1 :]
            if other.grid is None
        )

    def _comes_again(self, place: int) -> bool:
        """Say whether behind a first chapter another first chapter follows: the one before it is the abstract's."""
        found = self.paragraphs[place].ordinal
        assert found is not None
        first = None
        sections: set[str] = set()
        for paragraph in self.paragraphs[place + 1 :]:
            other = paragraph.ordinal
            if paragraph.grid is not None or other is None or other.rank > found.rank:
                continue
            if other.value == 1 and (first is None or other.rank < first):
                first, sections = other.rank, set()
            match = match_section(paragraph.body[:LONGEST_HEADING], "evaluation_report")
            if first is not None and other.rank == first and match and match.sureness == 1.0:
                sections.add(match.section)
        return len(sections) >= ENOUGH_CHAPTERS

    def _by_meaning(self, paragraph: Paragraph, rank: float, title: str, value: int) -> float:
        """Return the rank of a chapter whose number was written another way: 6、有关建议 after 五、."""
        portion = self.stack[-1]
        top = min(portion.counts, default=rank)
        if rank <= top or paragraph.style or not value:
            return rank
        opened = [last for at, last, _ in portion.open if at == top]
        match = match_section(title, portion.kind)
        is_next = bool(opened) and value == opened[-1] + 1 and value > 3
        same = [last for at, last, _ in portion.open if at == rank]
        return top if is_next and match and match.sureness == 1.0 and (not same or same[-1] + 1 != value) else rank

    def _expects(self, portion: Portion, rank: float, value: int) -> bool:
        return any(at == rank and last + 1 == value for at, last, _ in portion.open)

    def _closes_portion(self, rank: float, value: int, title: str) -> bool:
        """Say whether a heading goes on counting in an outer document, and not in the one that is open."""
        if len(self.stack) < 2 or self._expects(self.stack[-1], rank, value):
            return False
        inner = self.stack[-1]
        if value == 1 and inner.kind not in {"self_evaluation_form", "scoring_table"}:
            return False
        if any(at == rank for at, _, _ in inner.open):
            return False
        return any(self._expects(outer, rank, value) for outer in self.stack[:-1])

    def _is_list(self, portion: Portion, rank: float, value: int, title: str, paragraph: Paragraph) -> bool:
        """Say whether a numbered line only lists something: it counts from one while its own level is still open."""
        goes_on = self.list_at == (rank, value - 1) and not paragraph.is_bold
        if goes_on and not (self._expects(portion, rank, value) and match_section(title, portion.kind)):
            self.list_at = (rank, value)
            return True
        same = [(at, last) for at, last, _ in portion.open if at == rank]
        deeper = bool(portion.open) and portion.open[-1][0] > rank
        if same and deeper and value == 1 and not _is_known(title, portion.kind):
            self.list_at = (rank, value)
            return True
        return False


def is_preface(title: str) -> bool:
    """Say whether a heading opens an abstract or a preface (摘要、前言)."""
    match = match_section(title, "evaluation_report")
    return match is not None and match.section == "preface"


def _is_known(title: str, kind: str) -> bool:
    return match_section(title, kind) is not None or match_part(title, kind) is not None


def _lead_of(paragraph: Paragraph) -> str:
    """Return the heading with which a paragraph begins (段首标题): bold, or a short first sentence behind a number."""
    if paragraph.lead and 2 <= len(paragraph.lead) <= LONGEST_LEAD + 10 and not paragraph.is_bold:
        lead = paragraph.lead
        if paragraph.ordinal and lead.startswith(paragraph.ordinal.text):
            lead = lead[paragraph.ordinal.length :]
        lead = lead.strip().rstrip("。：:.")
        if len(lead) >= 2:
            return lead
    found = pattern("lead").match(paragraph.body)
    if not found:
        return ""
    lead = found["lead"]
    if paragraph.ordinal or found["end"] in "：:" or pattern("ends_in_points").search(lead):
        return lead if 2 <= len(lead) <= LONGEST_LEAD else ""
    return ""
