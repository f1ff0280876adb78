"""What a form is and what it is about (表种、年度、名称): looked for in titles, lines, the file's name and its folder.

What is not printed where it belongs is told with the place it came from.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import PurePath

from jixiao.core.errors import FormError
from jixiao.core.vocabulary import reading_words
from jixiao.reading.forms.meanings import header_words, meaning_of, pattern, title_kind
from jixiao.reading.forms.records import Reading, find_year, in_digits
from jixiao.reading.values.values import normalise

LONGEST_TITLE = 60


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(header_words()[name])


def year_of_line(text: str) -> int | None:
    """Return the year that a title-like line names (标题行中的年度); a line with a date of filling names none."""
    plain = in_digits(normalise(text))
    if len(plain) > LONGEST_TITLE or _pattern("dated").search(plain):
        return None
    bare = re.fullmatch(reading_words()["bare_year"], plain)
    year = find_year(plain)
    return int(bare[1]) if bare else year if year is not None and 1990 <= year <= 2100 else None


def year_of_name(name: str) -> tuple[int | None, str]:
    """Return the year that a file's name or its folders state, and which of them does (文件名、文件夹中的年度)."""
    path = PurePath(name.replace("\\", "/"))
    stated = find_year(in_digits(normalise(path.stem)))
    if stated is not None and 1990 <= stated <= 2100:
        return stated, "file"
    for folder in reversed(path.parts[:-1]):
        found = re.search(r"(?<!\d)(20\d\d)(?!\d)", normalise(folder))
        if found:
            return int(found[1]), "folder"
    found = re.search(r"(?<!\d)(20[0-4]\d)(?!\d)", normalise(path.stem))
    return (int(found[1]), "file") if found else (None, "")


def settle_year(reading: Reading, place: str, sheet: str) -> None:
    """Take the year of a form that states none from the name of its file or folder (补年度), which is told.

    Args:
        reading: Gets the year, and the guess.
        place: The file's name with its folders.
        sheet: Where the form stands.

    Raises:
        FormError: They name none either.
    """
    if reading.year is not None:
        return
    reading.year, where = year_of_name(place)
    if reading.year is None:
        raise FormError(
            reading.file, "没有找到评价年度", "请在标题下写明，如“（2021年度）”，或放入以年度命名的文件夹", place=sheet
        )
    reason = reading_words()["reasons"]["year_of_folder" if where == "folder" else "year_of_file"]
    reading.guesses.append({"sheet": sheet, "cell": "", "text": str(reading.year), "reason": reason})


def kind_of_titles(titles: list[str]) -> str:
    """Return the kind of form that the titles name, the first that is sure (标题所写表种)."""
    kinds = [kind for title in titles if (kind := title_kind(title))]
    return kinds[0] if kinds else ""


def name_in_title(text: str) -> str:
    """Return the project that a title names before its kind (标题中的项目名称), empty when it names none.

    Example:
        >>> name_in_title("2022年示例救助专项资金项目绩效再评价报告"), name_in_title("项目支出绩效自评表")
        ('示例救助专项资金项目', '')
    """
    plain = normalise(text)
    plain = pattern("title_year").sub("", plain)
    plain = _pattern("before_title").sub("", plain)
    rest = _pattern("title_ending").sub("", plain)
    if rest == plain or len(rest) < 4 or _pattern("no_name").fullmatch(rest):
        return ""
    if is_office(pattern("offices_projects").sub("", rest)) and pattern("offices_projects").search(rest):
        return ""  # 示例中心预算项目自评报告 says whose project it is, not which
    return rest


def is_office(text: str) -> bool:
    """Say whether a line is the name of an office and nothing else (单位名称行).

    Example:
        >>> is_office("909101示例市地方志馆"), is_office("项目支出绩效目标表")
        (True, False)
    """
    plain = normalise(text)
    return (
        _pattern("office").fullmatch(plain) is not None and meaning_of(text, "labels") is None and not title_kind(text)
    )


def office_in_title(text: str) -> str:
    """Return the office that a title of a whole department names before its kind (标题中的部门名称), empty when none.

    Example:
        >>> office_in_title("示例县环保局部门整体绩效自评表（2017年度）"), office_in_title("部门整体支出绩效自评表")
        ('示例县环保局', '')
    """
    plain = _pattern("before_title").sub("", pattern("title_year").sub("", normalise(text)))
    found = pattern("whole_title").match(plain)
    return found[1] if found is not None and is_office(found[1]) else ""


def without_code(text: str) -> str:
    """Return the name of an office without the code before it (去掉单位代码)."""
    return re.sub(r"^(?:\[\d+\]|\d{3,}[-—]?)", "", normalise(text))
