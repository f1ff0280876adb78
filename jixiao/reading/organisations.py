"""Which body is which (单位登记): names, former names, successors, parents, categories and regions, decided by people.

``data/organisations.yaml`` stands beside ``data/source``. A department that was renamed or merged is followed along its
chain of successors, so that its years can be set side by side; jixiao proposes entries and never decides one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pydantic import BeforeValidator, Field, field_validator, model_validator

from jixiao.core.frames import ORGANISATIONS, typed
from jixiao.core.models import (
    Model,
    Notes,
    Pattern,
    Text,
    Texts,
    Words,
    checked_shipped,
    load_model,
    refuse_value,
)
from jixiao.reading.values.values import normalise

FILE = "organisations.yaml"


@cache
def body_words() -> dict[str, Any]:
    """Return the declared words of the registers (登记用语)."""
    return dict(checked_shipped("bodies.yaml", _Bodies))


class _Wanted(Model):
    years: Pattern
    columns: dict[str, Texts]
    totals: Pattern
    yuan: Pattern
    wan: Text


class _Bodies(Model):
    """The whole of ``rules/bodies.yaml`` (登记用语)."""

    aside: Pattern
    region: Pattern
    wanted: _Wanted
    words: Words


def _year(written: Any) -> int | None:
    text = str(written)
    if isinstance(written, bool) or not re.fullmatch(r"(?:19|20)\d\d", text):
        refuse_value(f"“{text}”不是年度，应写作 2021 的样子")
    return int(text)


class Organisation(Model):
    """One body as a person declared it (一个单位)."""

    name: Text
    also: Texts = ()
    former: Texts = ()
    begins: Annotated[int | None, BeforeValidator(_year)] = Field(None, alias="from")
    until: Annotated[int | None, BeforeValidator(_year)] = None
    successor: Text = ""
    parent: Text = ""
    category: Text = ""
    region: Text = ""
    note: Text = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Every name it goes by."""
        return (self.name, *self.also, *self.former)

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Organisation:
        if self.begins and self.until and self.until < self.begins:
            refuse_value(f"“{self.name}”的 until（{self.until}）早于 from（{self.begins}）")
        return self


class _Organisations(Model):
    organisations: tuple[Organisation, ...] = ()

    @field_validator("organisations")
    @classmethod
    def _one_body_a_name(cls, entries: tuple[Organisation, ...]) -> tuple[Organisation, ...]:
        notes = Notes()
        owner: dict[str, Organisation] = {}
        for number, entry in enumerate(entries, 1):
            for name in entry.names:
                if owner.setdefault(normalise(name), entry) is not entry:
                    notes.note(f"[{number}].name", f"“{name}”登记了两次，一个名称只能属于一个单位")
        kinds, circling = department_categories(), _circling(entries, owner)
        for number, entry in enumerate(entries, 1):
            for key, name in (("successor", entry.successor), ("parent", entry.parent)):
                if name and normalise(name) not in owner:
                    notes.note(f"[{number}].{key}", f"“{name}”没有登记，请先为它写一项")
            if entry.category and entry.category not in {*kinds, *kinds.values()}:
                notes.note(f"[{number}].category", f"“{entry.category}”不在可选项内，可选：{'、'.join(kinds.values())}")
            if entry.name in circling:
                notes.note(f"[{number}].successor", f"“{entry.name}”的承接单位绕回了自己，请改正其中一项")
        notes.refuse()
        return entries


def _circling(entries: Iterable[Organisation], owner: Mapping[str, Organisation]) -> set[str]:
    """Return the bodies whose successors come round in a circle; each body is passed once, however long its line."""
    known: dict[str, bool] = {}
    for entry in entries:
        line, one = {entry.name: None}, entry
        while one.name not in known and one.successor and normalise(one.successor) in owner:
            one = owner[normalise(one.successor)]
            if one.name in line:
                known[one.name] = True
            line[one.name] = None
        known |= dict.fromkeys(line, known.get(one.name, False))
    return {name for name, is_circling in known.items() if is_circling}


def department_categories() -> dict[str, str]:
    """Return the declared categories of departments by code (部门类别)."""
    from jixiao.core.vocabulary import value_labels

    return dict(value_labels()["department_kind"])


def load_organisations(path: Path) -> pd.DataFrame:
    """Load the register of bodies (单位登记); no rows without the file.

    Args:
        path: ``data/organisations.yaml``.

    Returns:
        Columns ``ORGANISATIONS``, key organisation_id; names of one kind are joined by 、.

    Raises:
        DeclarationError: With every mistake of the file: a name of two bodies, an unknown successor, a circle.

    Example:
        >>> load_organisations(Path("nowhere.yaml")).empty
        True
    """
    if not path.is_file():
        return typed([], ORGANISATIONS)
    codes = {name: code for code, name in department_categories().items()}
    rows = [
        {
            "organisation_id": f"O{number:04d}",
            "organisation": entry.name,
            "also_names": "、".join(entry.also),
            "former_names": "、".join(entry.former),
            "from_year": entry.begins,
            "until_year": entry.until,
            "successor": entry.successor,
            "parent_body": entry.parent,
            "department_kind": codes.get(entry.category, entry.category),
            "region": entry.region,
            "remark": entry.note,
        }
        for number, entry in enumerate(load_model(path, _Organisations).organisations, 1)
    ]
    return typed(rows, ORGANISATIONS)


def last_successors(organisations: pd.DataFrame) -> dict[str, str]:
    """Return by every known name, as it is compared, the body that answers for it now (承接单位).

    Example:
        >>> rows = [{"organisation": "甲局", "successor": "乙局"}, {"organisation": "乙局", "former_names": "丙局"}]
        >>> sorted(set(last_successors(typed(rows, ORGANISATIONS)).values()))
        ['乙局']
    """
    names: dict[str, str] = {}
    follows: dict[str, str] = {}
    for row in organisations.to_dict("records"):
        for name in (row["organisation"], *row["also_names"].split("、"), *row["former_names"].split("、")):
            if name:
                names[normalise(name)] = row["organisation"]
        follows[row["organisation"]] = row["successor"]
    following = {body: names.get(normalise(after), "") if after else "" for body, after in follows.items()}
    ends: dict[str, str] = {}
    for body in following:
        line, end = {body: None}, body
        while end not in ends and following.get(end) and following[end] not in line:
            end = following[end]
            line[end] = None
        ends |= dict.fromkeys(line, ends.get(end, end))
    return {name: ends[body] for name, body in names.items()}


def region_of(name: str) -> str:
    """Return the region that the name of a body begins with (地区), empty without one.

    Example:
        >>> region_of("宜春市大数据发展管理局"), region_of("示例中心")
        ('宜春市', '')
    """
    found = re.match(body_words()["region"], name)
    return found[0] if found else ""


def propose_organisations(names: Iterable[str], known: pd.DataFrame, words: Mapping[str, Iterable[str]]) -> str:
    """Propose entries for the names that are not registered (提出单位登记), as the text of a file.

    Args:
        names: Departments as they were met.
        known: From :func:`load_organisations`; what is registered is not proposed again.
        words: The words of names by category (``department_kinds`` in ``rules/analysis.yaml``).

    Returns:
        YAML text with a comment behind each guess; a name like 某局（原） becomes another writing of 某局.

    Example:
        >>> known = typed([], ORGANISATIONS)
        >>> told = propose_organisations(["甲市教育局（原）"], known, {"education": ["教育"]})
        >>> print(told.split("organisations:")[1])
        <BLANKLINE>
          - name: 甲市教育局
            also: [甲市教育局（原）]
            category: 教育  # 类别据“教育”一词
            region: 甲市
        <BLANKLINE>
    """
    said, names = body_words()["words"], [*names]
    registered, kinds = last_successors(known), department_categories()
    groups: dict[str, list[str]] = {}
    for name in sorted({*names} - {""}):
        if normalise(name) not in registered:
            plain = re.sub(body_words()["aside"], "", name)
            groups.setdefault(plain, []).extend([name] if name != plain else [])
    lines = [said["proposal_head"].format(categories="、".join(kinds.values())).rstrip(), "organisations:"]
    met: dict[tuple[str, str], str] = {}
    for name, also in groups.items():
        found = next(((code, one) for code, every in words.items() for one in every if one in name), None)
        code, why = (
            (found[0], said["proposal_word"].format(word=found[1])) if found else ("other", said["proposal_other"])
        )
        region = region_of(name)
        twin = met.setdefault((region, code), name)
        lines.append(
            f"  - name: {_quoted(name)}" + (f"  # {said['proposal_same'].format(other=twin)}" if twin != name else "")
        )
        lines += [f"    also: [{', '.join(map(_quoted, also))}]"] if also else []
        lines.append(f"    category: {kinds[code]}  # {why}")
        lines += [f"    region: {_quoted(region)}"] if region else []
    none = str(said["proposal_none"]).format(count=len({*names} - {""}))
    return "\n".join(lines if groups else [lines[0], none, "organisations: []"]) + "\n"


def _quoted(name: str) -> str:
    """Return a name as YAML takes it for a text."""
    return name if re.fullmatch(r"[\u4e00-\u9fff（）]+", name) else json.dumps(name, ensure_ascii=False)
