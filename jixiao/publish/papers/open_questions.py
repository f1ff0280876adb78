"""The form of open questions (补充情况表): what a report needs and nobody wrote, asked for in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from jixiao.core.files import write_safely
from jixiao.core.results import Results
from jixiao.core.vocabulary import word
from jixiao.publish.papers.contents import evaluation_content
from jixiao.publish.papers.filled_templates import fill_template
from jixiao.publish.papers.wording import paper_words
from jixiao.reading.supplements import question_words

_TEMPLATE = Path(__file__).parent / "assets" / "questions.docx"
Row = dict[str, Any]


def open_questions(results: Results, chosen: pd.Series) -> list[Row]:
    """Return what nobody wrote that the report of one evaluation needs (需要补充的内容).

    Returns:
        One row per question: number, text, hint; those about one indicator come first, most points first.

    Example:
        >>> import jixiao
        >>> from jixiao.publish.papers.contents import find_evaluation
        >>> results = jixiao.evaluate("data/sample")
        >>> chosen = find_evaluation(results, year=2023, project="示例校园网络运维项目", evaluation="self")
        >>> open_questions(results, chosen)[0]["text"]
        '网络可用率：未达到指标值或被扣分的原因'
    """
    words, content = question_words(), evaluation_content(results, chosen)
    paper = paper_words()["templates"][str(chosen["evaluation"])]
    said, each = content["said"], words["of_indicators"]
    rows = [
        {"text": each["text"].format(indicator=row["name"]), "hint": each["hint"]}
        for row in content["missed"]
        if not row["reason"]
    ]
    for name, question in words["questions"].items():
        is_known = bool(said.get(question["place"])) or (name == "objective" and content["objective"])
        is_needed = name != "improvements" or bool(content["missed"])
        if paper in question["papers"] and not is_known and is_needed:
            rows.append({"text": question["text"], "hint": question["hint"]})
    return [{"number": str(number), **row} for number, row in enumerate(rows, 1)]


def write_questions(results: Results, target: Path, chosen: pd.Series) -> int:
    """Write the form of open questions as a Word document (写出补充情况表).

    Returns:
        How many questions it asks; without any no file is written.
    """
    words, asked = question_words(), open_questions(results, chosen)
    if not asked:
        return 0
    kind = word("evaluation", chosen["evaluation"])
    facts = {name: str(chosen[name]) for name in ("project", "department", "unit", "year")} | {"evaluation": kind}
    content = {
        "title": words["title"].format(project=facts["project"], year=facts["year"], kind=kind),
        "note": words["note"],
        "head": [{"name": label, "value": facts[name]} for name, label in words["head"].items()],
        "asked": asked,
    }
    data = fill_template(_TEMPLATE, content, {}, as_of=results.as_of)
    write_safely(target, lambda path: path.write_bytes(data))
    return len(asked)


def questions_name(chosen: pd.Series) -> str:
    """Return how the file of a form of questions is called (补充情况表的文件名)."""
    kind = word("evaluation", chosen["evaluation"])
    return str(question_words()["name"].format(year=chosen["year"], project=chosen["project"], kind=kind))
