"""The columns, types and keys of every frame (数据表结构), and the coded values they share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import pandas as pd

from jixiao.core.document_frames import DOCUMENT_KEYS, DOCUMENT_SCHEMAS, PROVENANCE
from jixiao.core.errors import RequestError, brief, say_nearest

EVALUATION_KEY = ["year", "project_id", "evaluation"]

PROJECT_KINDS = ("self", "department", "finance")
"""The kinds of evaluation of a project (评价类别), in the order in which they follow each other."""
MONEY_KINDS = (*PROJECT_KINDS, "budget_list")
"""The kinds whose rows of money can speak for a project (资金依据), the first that there is before the others."""
EVALUATION_KINDS = (*MONEY_KINDS, "whole", "plan")
"""Every kind a row can be of (评价类别): evaluations of projects, lists of projects, whole departments, plans."""
GRADES = ["excellent", "good", "fair", "poor"]
"""The grades (等级), the best first."""
SEVERITIES = ["error", "warning", "rounding", "question"]
"""How serious a finding is (严重程度), the worst first."""

KEYS = {
    "projects": ["year", "project_id"],
    "evaluations": EVALUATION_KEY,
    "budgets": [*EVALUATION_KEY, "fund"],
    "indicators": [*EVALUATION_KEY, "indicator_id"],
    "plans": ["year", "project_id", "indicator_id"],
    **DOCUMENT_KEYS,
}


_MONEY_CELLS = {f"{name}_cell": "str" for name in ("initial_budget", "annual_budget", "arrived", "issued", "executed")}


_PROJECT = {"year": "Int64", "project_id": "str", "project": "str", "department": "str", "unit": "str"}


_TARGET = {
    "target_text": "str",
    "target_kind": "str",
    "target_relation": "str",
    "target_value": "float64",
    "target_low": "float64",
    "target_high": "float64",
    "target_date": "datetime64[us]",
    "measure_unit": "str",
    "target_state": "str",
}


SCHEMAS: dict[str, dict[str, str]] = {
    "projects": {**_PROJECT, "project_level": "str", "parent": "str", **PROVENANCE},
    "evaluations": {
        **_PROJECT,
        "evaluation": "str",
        "form": "str",
        "money_unit": "str",
        "objective": "str",
        "objective_achieved": "str",
        "total_reported": "float64",
        "grade_reported": "str",
        "claimed_counts": "str",
        "total_cell": "str",
        "grade_cell": "str",
        "claimed_counts_cell": "str",
        **PROVENANCE,
    },
    "budgets": {
        "year": "Int64",
        "project_id": "str",
        "evaluation": "str",
        "fund": "str",
        "initial_budget_wan": "float64",
        "annual_budget_wan": "float64",
        "arrived_wan": "float64",
        "issued_wan": "float64",
        "executed_wan": "float64",
        "execution_rate_text": "str",
        "execution_rate_reported": "float64",
        "execution_rate_cell": "str",
        "arrival_rate_text": "str",
        "arrival_rate_reported": "float64",
        "arrival_rate_cell": "str",
        "weight": "float64",
        "reported_score": "float64",
        **_MONEY_CELLS,
        **PROVENANCE,
    },
    "indicators": {
        "year": "Int64",
        "project_id": "str",
        "evaluation": "str",
        "indicator_id": "str",
        "row_level": "str",
        "is_placeholder": "bool",
        "is_counted": "bool",
        "category": "str",
        "subcategory": "str",
        "indicator": "str",
        **_TARGET,
        "actual_text": "str",
        "actual_kind": "str",
        "actual_relation": "str",
        "actual_value": "float64",
        "actual_date": "datetime64[us]",
        "actual_state": "str",
        "is_comparable": "bool",
        "word_met": "Int64",
        "direction": "str",
        "is_direction_assumed": "bool",
        "kind": "str",
        "weight": "float64",
        "reported_score": "float64",
        "deviation_reason": "str",
        "scoring_standard": "str",
        "remark": "str",
        **PROVENANCE,
        "target_cell": "str",
        "actual_cell": "str",
        "weight_cell": "str",
        "score_cell": "str",
        "reason_cell": "str",
        "achievement_sheet": "str",
    },
    "headings": {
        "year": "Int64",
        "project_id": "str",
        "evaluation": "str",
        "table": "str",
        "heading_level": "str",
        "heading": "str",
        "parent": "str",
        "children": "Int64",
        "heading_weight": "float64",
        "heading_score": "float64",
        "parts_weight": "float64",
        "parts_score": "float64",
        **PROVENANCE,
        "heading_cell": "str",
    },
    "list_totals": {
        "year": "Int64",
        "list_label": "str",
        "department": "str",
        "annual_budget_wan": "float64",
        "arrived_wan": "float64",
        "issued_wan": "float64",
        "executed_wan": "float64",
        "parts_budget_wan": "float64",
        "parts_count": "Int64",
        "execution_rate_text": "str",
        "execution_rate_cell": "str",
        **_MONEY_CELLS,
        **PROVENANCE,
    },
    "accounts": {
        "year": "Int64",
        "department": "str",
        "compiling_unit": "str",
        "unit_cell": "str",
        "table_code": "str",
        "table": "str",
        "side": "str",
        "row_code": "str",
        "row_no": "str",
        "row_name": "str",
        "column": "str",
        "column_no": "str",
        "value_text": "str",
        "value": "float64",
        **PROVENANCE,
    },
    "plans": {
        "year": "Int64",
        "project_id": "str",
        "indicator_id": "str",
        "term": "str",
        "category": "str",
        "subcategory": "str",
        "indicator": "str",
        **_TARGET,
        "direction": "str",
        "weight": "float64",
        "remark": "str",
        **PROVENANCE,
        "target_cell": "str",
    },
    **DOCUMENT_SCHEMAS,
    "ingest": {
        "source_file": "str",
        "source_sheet": "str",
        "state": "str",
        "form": "str",
        "family": "str",
        "year": "Int64",
        "evaluation": "str",
        "project": "str",
        "department": "str",
        "money_unit": "str",
        "sureness": "float64",
        "record_count": "Int64",
        "indicator_count": "Int64",
        "skipped_count": "Int64",
        "guess_count": "Int64",
        "parsed_count": "Int64",
        "asked_count": "Int64",
        "text_count": "Int64",
        "note": "str",
        "checksum": "str",
    },
    "skipped": {"source_file": "str", "source_sheet": "str", "source_cell": "str", "text": "str", "reason": "str"},
    "guesses": {"source_file": "str", "source_sheet": "str", "source_cell": "str", "text": "str", "reason": "str"},
}
"""Every frame with the type of each of its columns; missing text is an empty text, missing numbers are missing."""


FINDINGS = {
    "finding_id": "str",
    "code": "str",
    "title": "str",
    "severity": "str",
    "year": "Int64",
    "project_id": "str",
    "project": "str",
    "department": "str",
    "evaluation": "str",
    "indicator_id": "str",
    "indicator": "str",
    "message": "str",
    "printed": "str",
    "derived": "str",
    "difference": "float64",
    "resolution": "str",
    "basis": "str",
    "basis_mark": "str",
    "source_file": "str",
    "source_sheet": "str",
    "source_cell": "str",
    "place_count": "Int64",
    "places": "str",
}
"""The columns of findings (问题): one row is one fault; ``message`` does its arithmetic as a sentence, its first
cell stands in the source columns. ``places`` lists every cell it shows in, a line each; empty where that is one."""

PASSED = {"code": "str", "title": "str", "checked": "Int64", "findings": "Int64", "passed": "Int64"}
"""The columns of the count of what was checked (核查计数): one row is one check."""

SUPPRESSED = {**FINDINGS, "reason": "str", "who": "str", "expires": "str"}
"""The columns of suppressed findings (不予处理的问题): those of a finding, and why, by whom and until when."""

SUPPRESSIONS = {
    "code": "str",
    "title": "str",
    "source_file": "str",
    "project": "str",
    "indicator": "str",
    "source_cell": "str",
    "reason": "str",
    "who": "str",
    "expires": "str",
    "suppression_status": "str",
    "findings": "Int64",
}
"""The columns of the suppressions themselves (不予处理登记): one row is one entry of the file."""

ORGANISATIONS = {
    "organisation_id": "str",
    "organisation": "str",
    "also_names": "str",
    "former_names": "str",
    "from_year": "Int64",
    "until_year": "Int64",
    "successor": "str",
    "parent_body": "str",
    "department_kind": "str",
    "region": "str",
    "remark": "str",
}
"""The columns of organisations (单位): one row is a body, key organisation_id."""

REGISTER = {
    "year": "Int64",
    "project_id": "str",
    "project": "str",
    "department": "str",
    "unit": "str",
    "annual_budget_wan": "float64",
    "executed_wan": "float64",
    "source_file": "str",
    "source_sheet": "str",
    "source_cell": "str",
}
"""The columns of the register (应评项目): one row is a project that must be evaluated, key year, project_id."""
MEANS = {"year": "Int64", "department": "str", "printed_mean": "float64", "remark": "str"}
"""The columns of the means that summary reports print (自评平均分), where a person registered them."""


@dataclass(repr=False)
class Frames:
    """The frames of one data folder (一个数据目录的全部数据表); see ``SCHEMAS`` and the vocabulary for columns."""

    projects: pd.DataFrame
    evaluations: pd.DataFrame
    budgets: pd.DataFrame
    indicators: pd.DataFrame
    headings: pd.DataFrame
    list_totals: pd.DataFrame
    accounts: pd.DataFrame
    plans: pd.DataFrame
    documents: pd.DataFrame
    passages: pd.DataFrame
    section_map: pd.DataFrame
    statements: pd.DataFrame
    stated_targets: pd.DataFrame
    indicator_paragraphs: pd.DataFrame
    experiences: pd.DataFrame
    problems: pd.DataFrame
    advice: pd.DataFrame
    legal_bases: pd.DataFrame
    evaluation_work: pd.DataFrame
    ingest: pd.DataFrame
    skipped: pd.DataFrame
    guesses: pd.DataFrame

    @classmethod
    def deferred(cls, loaders: Mapping[str, Callable[[], pd.DataFrame]]) -> Frames:
        """Return frames of which each is made by its loader when it is first used (用到才读), and kept then.

        A loader that fails leaves its frame unread, so that the next use says the same.

        Example:
            >>> frames = Frames.deferred({name: lambda name=name: typed([], SCHEMAS[name]) for name in SCHEMAS})
            >>> "budgets" in vars(frames), len(frames.budgets), "budgets" in vars(frames)
            (False, 0, True)
        """
        if set(loaders) != set(SCHEMAS):
            raise TypeError(f"a loader is needed for each of {sorted(SCHEMAS)}")
        made = cls.__new__(cls)
        made.__dict__["_loaders"] = dict(loaders)
        return made

    def __getattr__(self, name: str) -> pd.DataFrame:
        """Read a frame that nobody has used yet; only called for what is not there."""
        loader = self.__dict__.get("_loaders", {}).get(name)
        if loader is None:
            said = "" if name.startswith("_") else f"，{say_nearest(name, list(SCHEMAS))}"
            raise AttributeError(f"没有数据表“{brief(name)}”{said}")
        frame = self.__dict__[name] = loader()
        return frame

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a frame by its name, as ``frames["projects"]``.

        Raises:
            RequestError: There is no such frame.
        """
        if name not in SCHEMAS:
            raise RequestError(f"没有数据表“{brief(str(name))}”，{say_nearest(str(name), list(SCHEMAS))}")
        frame: pd.DataFrame = getattr(self, name)
        return frame

    def changed(self, **frames: pd.DataFrame) -> Frames:
        """Return the frames with some others in their places; the rest stays unread where it was unread.

        Example:
            >>> frames = Frames(**dict.fromkeys(SCHEMAS, pd.DataFrame()))
            >>> len(frames.changed(projects=pd.DataFrame({"year": [2023]})).projects), len(frames.projects)
            (1, 0)
        """
        if set(frames) - set(SCHEMAS):
            raise TypeError(f"no such frame: {sorted(set(frames) - set(SCHEMAS))}")
        made = type(self).__new__(type(self))
        made.__dict__.update(self.__dict__, **frames)
        return made

    def __getstate__(self) -> dict[str, pd.DataFrame]:
        """Read whatever is unread before the frames are sent to another process."""
        return dict(self.items())

    def __repr__(self) -> str:
        """Say of each frame its rows, its years and what one row is; nothing is read for it."""
        from jixiao.core.portrait import portrait_text

        return portrait_text(self._used())

    def _repr_html_(self) -> str:
        from jixiao.core.portrait import portrait_html

        return portrait_html(self._used())

    def _used(self) -> dict[str, pd.DataFrame | None]:
        return {item.name: self.__dict__.get(item.name) for item in fields(self)}

    def items(self) -> Iterable[tuple[str, pd.DataFrame]]:
        """Yield each frame with its name."""
        return ((item.name, getattr(self, item.name)) for item in fields(self))


def refuse_other(frames: object) -> None:
    """Refuse what is handed over in the place of frames (不是数据表).

    Raises:
        RequestError: It is none, with what to hand over instead.
    """
    if hasattr(frames, "frames"):
        raise RequestError("这里要的是数据表（jixiao.load 的返回值），得到的是全部结果，请用它的 .frames")
    if not isinstance(frames, Frames):
        raise RequestError(f"这里要的是数据表（jixiao.load 的返回值），得到的是“{type(frames).__name__}”")


def typed(rows: list[dict[str, Any]], schema: dict[str, str]) -> pd.DataFrame:
    """Make a frame with exactly the declared columns and types; missing text becomes an empty text."""
    if not rows:
        return _empty(tuple(schema.items())).copy()
    whole = {}
    for column, kind in schema.items():
        values = [row.get(column) for row in rows]
        if not {*map(type, values)} <= _AS_THEY_ARE.get(kind, frozenset()):
            instead = {"str": "", "bool": False}.get(kind)
            values = [instead if value is None or value is pd.NA or value != value else value for value in values]
        whole[column] = pd.Series(values, dtype=kind)
    return pd.DataFrame(whole)


_AS_THEY_ARE: dict[str, frozenset[type]] = {
    "str": frozenset({str}),
    "bool": frozenset({bool}),
    "float64": frozenset({float, int, type(None)}),
    "Int64": frozenset({int, type(None)}),
}
"""The types of values that a column takes without being looked at one by one; missing numbers stay missing."""


@cache
def _empty(schema: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    return pd.DataFrame({column: pd.Series(dtype=kind) for column, kind in schema})
