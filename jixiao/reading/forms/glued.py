"""Labels that stand with their values in one cell (同格标签): a value ends where the next label begins."""

from __future__ import annotations

import re
from functools import lru_cache

from jixiao.core.vocabulary import reading_words
from jixiao.reading.forms.meanings import header_words, meaning_of, pattern, title_kind
from jixiao.reading.values.values import normalise

LABEL_SURE = 0.75
"""How sure a text must be a label to be taken for one."""
_FILLED = re.compile(r"[:：]\s*\S")
_COLON = re.compile(r"[:：]")


def money_pairs(text: str) -> list[tuple[str, str]]:
    """Return the amounts that stand with their labels in one cell and nothing else beside them (同格金额).

    Example:
        >>> money_pairs("其中：一般公共预算：905  其他资金：0")
        [('一般公共预算', '905'), ('其他资金', '0')]
        >>> money_pairs("资金总额：1060万元，其中财政拨款692万元，用于清淤"), money_pairs("自评得分：95分")
        ([], [])
    """
    found = list(pattern("money_in_cell").finditer(text))
    rest = pattern("money_in_cell").sub("", text)
    if not found or pattern("beside_money").fullmatch(rest) is None:
        return []
    return [(one[1].strip(), one[2].strip()) for one in found]


def label_in(text: str) -> tuple[str, float]:
    """Return what a text is a label of, and how sure that is; an empty name when it is none."""
    if _FILLED.search(text):
        return "", 0.0
    found = meaning_of(text, "labels")
    is_label = found is not None and found.sure >= LABEL_SURE and (found.name == "ignored" or not _is_title(text))
    return (found.name, found.sure) if is_label and found is not None else ("", 0.0)


@lru_cache(maxsize=4_096)
def _is_title(text: str) -> bool:
    """Say whether a text is the title of a form (项目支出绩效评分表), whatever its words would say of a label."""
    return bool(title_kind(text)) and re.search(header_words()["form_ending"], normalise(text)) is not None


def without_stamp(value: str) -> str:
    """Return a name without the place for a seal behind it (去掉盖章字样).

    Example:
        >>> without_stamp("示例市排水管理处（公章）"), without_stamp("（盖章）示例局(本级)")
        ('示例市排水管理处', '示例局(本级)')
    """
    return pattern("stamp_before").sub("", pattern("stamped").sub("", value)).strip()


@lru_cache(maxsize=4_096)
def states_total(text: str) -> bool:
    """Say whether a cell states the total or the grade of a form with its label (总分：95).

    Example:
        >>> states_total("总分：95"), states_total("总分："), states_total("养护里程")
        (True, False, False)
    """
    return any(name in {"total_claimed", "grade"} and value for _, name, value in glued_labels(text))


def glued_labels(text: str) -> list[tuple[str, str, str]]:
    """Return the labels that stand with their values in one cell (同格多项): label, meaning, value.

    Example:
        >>> [(name, value) for _, name, value in glued_labels("项目单位（盖章）：示例市少儿馆 主要领导签字：")]
        [('unit', '示例市少儿馆'), ('ignored', '')]
    """
    found: list[tuple[int, int, str, str]] = []
    for colon in _COLON.finditer(text):
        before = text[: colon.start()]
        lines = re.split(r"[\n\r　]|\s{1,}", before)
        run = lines[-1]
        is_unit = re.fullmatch(reading_words()["unit_label"], normalise(run)) is not None
        if is_unit and (found or not label_in(run)[0]):  # 金额单位： ends the value before it
            found.append((colon.start() - len(run), colon.end(), run, "ignored"))
            continue
        if pattern("unit_line").match(normalise(run[-2:] + text[colon.start() :])):
            continue  # 预算执行情况（单位：万元） names no unit that does anything
        for size in range(min(len(run), 22), 1, -1):
            label = run[-size:]
            name, sure = label_in(label)
            if not name and size == len(run) and pattern("bare_project").fullmatch(normalise(label)):
                name = "project"  # 项目：with what it is called behind it, in one cell; alone it may head a column
            if name and (size == len(run) or sure == 1.0):
                found.append((colon.start() - size, colon.end(), label, name))
                break
        else:
            squeezed = re.search(r"[^:：]{2,22}$", before)
            whole = re.sub(r"\s", "", squeezed[0]) if squeezed else ""
            name, sure = label_in(whole) if whole and not found else ("", 0.0)
            if name:
                found.append((squeezed.start() if squeezed else 0, colon.end(), whole, name))
    result = []
    for number, (_, end, label, name) in enumerate(found):
        stop = found[number + 1][0] if number + 1 < len(found) else len(text)
        result.append((label, name, without_stamp(text[end:stop].strip(" \t\n\r　;；,，"))))
    return result
