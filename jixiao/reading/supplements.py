"""What a unit wrote when it was asked (补充情况): a filled form of questions, kept beside the data as answers.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from jixiao.core.declared import load_yaml, write_yaml
from jixiao.core.errors import DeclarationError, FormError
from jixiao.core.files import ANSWERS, write_safely
from jixiao.core.frames import EVALUATION_KEY, SCHEMAS, Frames, typed
from jixiao.core.models import Anything, Model, Text, Texts, Words, checked_shipped
from jixiao.core.vocabulary import value_labels
from jixiao.reading.files import read_grids
from jixiao.reading.values.values import normalise

_KEYS = ("year", "project_id", "evaluation", "project", "department", "question", "indicator", "answer", "form", "row")


@dataclass(frozen=True)
class Supplement:
    """A filled form of questions (填好的补充情况表): what it is about, and the answers with their rows."""

    file: str
    project: str
    year: int
    evaluation: str
    answers: tuple[dict[str, Any], ...]


class _Question(Model):
    """One question: of which papers, at which place of them, what is asked, and where its answer stands."""

    papers: Texts
    place: Text
    text: Text
    hint: Text
    section: Text
    subsection: Anything


class _Questions(Model):
    """The whole of ``rules/questions.yaml`` (补充情况的问题)."""

    title: Text
    note: Text
    name: Text
    head: Words
    columns: Words
    nothing: Text
    document_kind: Text
    questions: dict[str, _Question]
    of_indicators: Words


def question_words() -> dict[str, Any]:
    """Return the declared questions (补充情况的问题).

    Example:
        >>> question_words()["columns"]["answer"]
        '填写内容'
    """
    return dict(checked_shipped("questions.yaml", _Questions))


def read_supplement(path: Path) -> Supplement:
    """Read a filled form of questions (读取填好的补充情况表).

    Raises:
        FormError: The file cannot be read, is no such form, or asks something nobody asked.
    """
    words = question_words()
    tables = [grid.resolved for grid in read_grids(path, path.name)]
    head = _read_head(tables, words)
    columns = words["columns"]
    wanted = (columns["question"], columns["answer"])
    table = next((rows for rows in tables if rows and all(name in rows[0] for name in wanted)), None)
    if table is None or "project" not in head:
        raise FormError(
            path.name, f"不是补充情况表，没有“项目名称”或“{wanted[0]}”“{wanted[1]}”两栏", "请填写 jixiao ask 写出的表"
        )
    at = {name: table[0].index(name) for name in wanted}
    answers, unknown = [], []
    for number, row in enumerate(table[1:], 1):
        asked, answer = normalise(row[at[wanted[0]]]), row[at[wanted[1]]].strip()
        question, indicator = _question_of(asked, words)
        if not question:
            unknown.append(row[at[wanted[0]]])
        elif answer:
            answers.append({"question": question, "indicator": indicator, "answer": answer, "row": number})
    if unknown:
        listed = "”、“".join(unknown)
        raise FormError(
            path.name, f"“{wanted[0]}”栏的“{listed}”不是所问的内容", "请不要改动这一栏，另写的填入“填写内容”"
        )
    codes = {label: code for code, label in value_labels()["evaluation"].items()}
    year = re.search(r"\d{4}", head.get("year", ""))
    if year is None or head.get("evaluation") not in codes:
        raise FormError(path.name, "没有写明“评价年度”或“评价类型”", "请照 jixiao ask 写出的表填写")
    return Supplement(path.name, head["project"], int(year[0]), codes[head["evaluation"]], tuple(answers))


def _read_head(tables: list[list[list[str]]], words: dict[str, Any]) -> dict[str, str]:
    labels = {normalise(label): name for name, label in words["head"].items()}
    return {
        labels[normalise(row[0])]: row[1].strip()
        for rows in tables
        for row in rows
        if len(row) >= 2 and normalise(row[0]) in labels
    }


def _question_of(asked: str, words: dict[str, Any]) -> tuple[str, str]:
    """Return which question a text is, and the indicator it is about."""
    known = {normalise(entry["text"]): name for name, entry in words["questions"].items()}
    if asked in known:
        return known[asked], ""
    before, after = (normalise(part) for part in words["of_indicators"]["text"].split("{indicator}"))
    if asked.startswith(before) and asked.endswith(after) and len(asked) > len(before + after):
        return "of_indicators", asked[len(before) : len(asked) - len(after)]
    return "", ""


def keep_supplement(folder: Path, supplement: Supplement, *, project_id: str, department: str) -> Path:
    """Keep the answers of a form beside the data (存下补充情况); a later answer to the same question replaces it.

    Args:
        folder: The data folder.
        supplement: From :func:`read_supplement`.
        project_id: The project it is about.
        department: Its department.

    Returns:
        The file, ``answers.yaml`` of the folder.
    """
    path = folder / ANSWERS
    about = {"year": supplement.year, "project_id": project_id, "evaluation": supplement.evaluation}
    new = [
        {**about, "project": supplement.project, "department": department, **entry, "form": supplement.file}
        for entry in supplement.answers
    ]
    replaced = {_key_of(entry) for entry in new}
    kept = [entry for entry in list_answers(folder) if _key_of(entry) not in replaced]
    ordered = [{name: entry[name] for name in _KEYS} for entry in [*kept, *new]]
    text = write_yaml({"answers": ordered})
    write_safely(path, lambda beside: beside.write_text(text, encoding="utf-8"))
    return path


def _key_of(entry: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(entry[name] for name in ("year", "project_id", "evaluation", "question", "indicator"))


def list_answers(folder: Path) -> list[dict[str, Any]]:
    """Return the kept answers of a data folder (补充情况), in their order.

    Raises:
        DeclarationError: The file is not what :func:`keep_supplement` writes.
    """
    path = folder / ANSWERS
    if not path.is_file():
        return []
    content, mistakes = load_yaml(path)
    entries = content.get("answers") if isinstance(content, dict) else None
    if mistakes or not isinstance(entries, list) or any(set(entry) != set(_KEYS) for entry in entries):
        raise DeclarationError(
            path.name, [*mistakes, "应为 jixiao ask --answers 写出的 answers 列表，请用它重新读入补充情况表"]
        )
    return entries


def add_supplements(frames: Frames, folder: Path) -> Frames:
    """Return the frames with what units wrote when they were asked (补充情况) among the passages."""
    rows = list(_passages(folder))
    if not rows:
        return frames
    added = typed(rows, SCHEMAS["passages"])
    return frames.changed(passages=pd.concat([frames.passages, added], ignore_index=True))


def _passages(folder: Path) -> Iterator[dict[str, Any]]:
    words, line = question_words(), 0
    for entry in list_answers(folder):
        place = words["of_indicators"] if entry["indicator"] else words["questions"][entry["question"]]
        for paragraph in filter(None, map(str.strip, str(entry["answer"]).splitlines())):
            line += 1
            yield {
                **{name: entry[name] for name in (*EVALUATION_KEY, "department")},
                "portion": 0,
                "document_kind": words["document_kind"],
                "section": place["section"],
                "subsection": place["subsection"],
                "section_sureness": 1.0,
                "heading": entry["indicator"],
                "heading_path": "",
                "passage_kind": "text",
                "level": None,
                "ordinal": "",
                "text": paragraph,
                "line": line,
                "last_line": line,
                "page": None,
                "source_file": ANSWERS,
                "source_sheet": entry["form"],
                "source_row": entry["row"],
                "source_cell": "",
            }
