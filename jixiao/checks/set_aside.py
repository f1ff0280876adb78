"""What people declare about findings: other names of projects (项目别名), findings that are put aside (登记不予处理).

An alias says that two names are one project. A suppression has its reason, a role and an end date: a suppressed
finding leaves the list of findings and stays in a list of its own; one that has ended or matches nothing is itself
listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import AfterValidator, BeforeValidator, Field, Strict, ValidationInfo, field_validator

from jixiao.checks import CHECKS, load_checks
from jixiao.core.frames import SUPPRESSED, SUPPRESSIONS, typed
from jixiao.core.models import Model, Notes, Text, Texts, load_model, refuse_value, text_of
from jixiao.reading.values.values import normalise

_PLACES = {"file": "source_file", "project": "project", "indicator": "indicator", "cell": "source_cell"}


def _some(names: tuple[str, ...]) -> tuple[str, ...]:
    return names or refuse_value("至少应有一个别名")


class Alias(Model):
    """The names of one project (一个项目的各种名称) and why they are one."""

    project: Text
    also: Annotated[Texts, AfterValidator(_some)]
    reason: Text


class Aliases(Model):
    """The file of other names (项目别名)."""

    aliases: tuple[Alias, ...] = ()

    @field_validator("aliases")
    @classmethod
    def _each_name_once(cls, entries: tuple[Alias, ...]) -> tuple[Alias, ...]:
        notes = Notes()
        known: dict[str, str] = {}
        for number, entry in enumerate(entries, 1):
            for name in (entry.project, *entry.also):
                if normalise(name) and known.setdefault(normalise(name), normalise(entry.project)) != normalise(
                    entry.project
                ):
                    notes.note(f"[{number}].also", f"“{name}”已登记为另一个项目的名称，请只保留一处")
        notes.refuse()
        return entries


def load_aliases(path: Path) -> dict[str, str]:
    """Load the declared names of projects (项目别名).

    Returns:
        The first name of a project by each of its names, all as they are compared.

    Raises:
        DeclarationError: With every mistake of the file: a missing reason, a name that belongs to two projects.

    Example:
        >>> from jixiao.core.files import find_place
        >>> isinstance(load_aliases(find_place("source").parent / "aliases.yaml"), dict)
        True
    """
    return {
        normalise(name): normalise(entry.project)
        for entry in load_model(path, Aliases).aliases
        for name in (entry.project, *entry.also)
        if normalise(name)
    }


@dataclass(frozen=True)
class Suppression:
    """One entry of ``data/suppressions.yaml`` (不予处理登记)."""

    code: str
    places: tuple[tuple[str, str], ...]
    reason: str
    who: str
    expires: date


def _known(code: str) -> str:
    if code not in CHECKS:
        refuse_value(f"没有代码为“{code}”的核查规则，请按 README 的核查规则表填写")
    return code


def _day(written: Any) -> date:
    try:
        return date.fromisoformat(text_of(written))
    except ValueError:
        refuse_value(f"“{written}”不是日期，应写作 2026-12-31 的样子")


class _Entry(Model):
    """One entry as the file has it."""

    code: Annotated[Text, AfterValidator(_known)]
    file: Text = ""
    project: Annotated[str, Strict()] = Field("", validate_default=True)
    indicator: Text = ""
    cell: Text = ""
    reason: Text
    who: Text
    expires: Annotated[date, BeforeValidator(_day)]

    @field_validator("project", mode="before")
    @classmethod
    def _has_place(cls, project: Any, info: ValidationInfo) -> Any:
        if not (project or info.data.get("file", "")):
            refuse_value("file（来源文件）和 project（项目名称）至少应写一项")
        return project

    def entry(self) -> Suppression:
        places = tuple((name, text) for name in _PLACES if (text := getattr(self, name)))
        return Suppression(self.code, places, self.reason, self.who, self.expires)


class _Entries(Model):
    suppressions: tuple[_Entry, ...] = ()

    @field_validator("suppressions")
    @classmethod
    def _each_place_once(cls, entries: tuple[_Entry, ...]) -> tuple[_Entry, ...]:
        notes, known = Notes(), set()
        for number, entry in enumerate(one.entry() for one in entries):
            if (entry.code, entry.places) in known:
                notes.note(f"[{number + 1}].code", "同一位置登记了两次，请只保留一条")
            known.add((entry.code, entry.places))
        notes.refuse()
        return entries


def load_suppressions(path: Path) -> tuple[Suppression, ...]:
    """Load the suppressions (不予处理登记).

    Raises:
        DeclarationError: With every mistake of the file: an unknown check, no place, no reason, no role, no end date.

    Example:
        >>> from jixiao.core.files import find_place
        >>> load_suppressions(find_place("source").parent / "suppressions.yaml")
        ()
    """
    return tuple(one.entry() for one in load_model(path, _Entries).suppressions)


def suppress(
    findings: pd.DataFrame, suppressions: Sequence[Suppression], *, today: date
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Put aside the findings that are suppressed (不予处理).

    Args:
        findings: From :func:`jixiao.audit`.
        suppressions: From :func:`load_suppressions`.
        today: An entry works up to and including its end date.

    Returns:
        The findings that remain; the suppressed ones with reason, role and end date (columns ``SUPPRESSED``); every
        entry with its status, active, expired or unmatched, and how many findings it matches (``SUPPRESSIONS``).

    Example:
        >>> from jixiao.core.frames import FINDINGS
        >>> nothing = pd.DataFrame(columns=list(FINDINGS))
        >>> entry = Suppression("grade", (("project", "甲项目"),), "已函复", "评价科", date(2030, 1, 1))
        >>> suppress(nothing, [entry], today=date(2026, 1, 1))[2]["suppression_status"].tolist()
        ['unmatched']
    """
    by = np.full(len(findings), -1)
    listed = []
    titles = {code: check.title for code, check in load_checks().items()}
    found: dict[tuple[str, ...], Mapping[Any, Any]] = {}
    for number, entry in enumerate(suppressions):
        columns = ("code", *(_PLACES[name] for name, _ in entry.places))
        if columns not in found:  # the findings are sorted once for each kind of place, not looked through each time
            found[columns] = findings.groupby(list(columns), observed=True).indices
        match = found[columns].get((entry.code, *(text for _, text in entry.places)), np.array([], dtype=int))
        is_expired = entry.expires < today
        if not is_expired:
            by[match[by[match] < 0]] = number
        listed.append(
            {
                "code": entry.code,
                "title": titles.get(entry.code, ""),
                **{_PLACES[name]: text for name, text in entry.places},
                "reason": entry.reason,
                "who": entry.who,
                "expires": entry.expires.isoformat(),
                "suppression_status": "expired" if is_expired else "active" if len(match) else "unmatched",
                "findings": len(match),
            }
        )
    aside = [
        {**row, "reason": entry.reason, "who": entry.who, "expires": entry.expires.isoformat()}
        for row, entry in zip(
            findings[by >= 0].to_dict("records"), (suppressions[one] for one in by[by >= 0]), strict=True
        )
    ]
    kept = findings[by < 0].reset_index(drop=True)
    return kept, typed(aside, SUPPRESSED), typed(listed, SUPPRESSIONS)
