"""Declared forms (表种) and their provincial families (地方版式): the headers by which a grid is recognised.

One file in ``rules/forms/`` is one form, or one family of a form: a family inherits everything from its form and adds
the names that its province prints. A new province is a new file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from jixiao.core.declared import RULES
from jixiao.core.errors import DeclarationError
from jixiao.core.models import Anything, Flag, Integer, Model, Pattern, Text, Texts, load_model, refuse_value
from jixiao.reading.forms.records import label_key

FORMS = RULES / "forms"
FINAL_ACCOUNT = "final_account.yaml"
"""The form that is recognised by its table numbers: it declares something else."""
_NATIONAL = "national"


@dataclass(frozen=True)
class Block:
    """One kind of table inside a form: the columns its header may name and the rows that close it.

    ``columns`` maps a header as it is compared to the columns it may mean, in the order declared.
    """

    name: str
    needs: frozenset[str]
    without: frozenset[str]
    columns: dict[str, tuple[str, ...]]
    after: dict[str, str]
    label: str
    rows: dict[str, str]
    closing: dict[str, str]
    is_halved: bool


@dataclass(frozen=True)
class Family:
    """One form as one province prints it (一种表的一种版式), in the years in which it did so."""

    id: str
    form: str
    family: str
    years: tuple[int, int]
    titles: tuple[str, ...]
    evaluation: str
    main: str
    subject: str
    money_unit: str
    head: dict[str, str]
    head_patterns: dict[str, re.Pattern[str]]
    ignored: frozenset[str]
    notes: tuple[str, ...]
    objectives: dict[str, str]
    blocks: tuple[Block, ...]
    own: frozenset[str]
    """The labels and titles that this family prints and the form it belongs to does not."""

    @property
    def is_national(self) -> bool:
        """Whether this is the form as the ministry prints it."""
        return self.id == self.form


_Names = dict[str, Texts]


class _Block(Model):
    needs: Texts = ()
    without: Texts = ()
    columns: _Names = {}
    after: dict[str, Text] = {}
    label: Anything = ""
    rows: _Names = {}
    closing: _Names = {}
    halves: Flag = False


class _Declared(Model):
    """One file: a form, or what a family prints otherwise."""

    id: Text
    form: Annotated[Anything, Field(validate_default=True)] = ""
    family: Annotated[Text, Field(validate_default=True)] = _NATIONAL
    start: Integer = Field(0, alias="from")
    until: Integer = 9999
    titles: Texts = ()
    evaluation: Anything = ""
    blocks: dict[str, _Block] = {}
    main: Annotated[Anything, Field(validate_default=True)] = ""
    subject: Anything = ""
    money_unit: Anything = ""
    head: _Names = {}
    head_patterns: dict[str, Pattern] = {}
    ignored: Texts = ()
    notes: Texts = ()
    objective: _Names = {}

    @field_validator("id")
    @classmethod
    def _named_as_its_file(cls, own: str, info: ValidationInfo) -> str:
        stem = (info.context or {})["file"].stem
        return own if own == stem else refuse_value(f"应与文件名一致（{stem}），实际为 {own}")

    @field_validator("form")
    @classmethod
    def _is_a_form(cls, form: str, info: ValidationInfo) -> str:
        path = (info.context or {})["file"]
        if form in ("", path.stem):
            return path.stem
        return form if (path.parent / f"{form}.yaml").exists() else refuse_value(f"没有名为“{form}”的表种")

    @field_validator("family")
    @classmethod
    def _is_of_a_place(cls, family: str, info: ValidationInfo) -> str:
        form = info.data.get("form")
        if form is not None and (form == (info.context or {})["file"].stem) != (family == _NATIONAL):
            refuse_value("地方版式应写明 family，全国表不写")
        return family

    @field_validator("main")
    @classmethod
    def _is_a_block(cls, main: str, info: ValidationInfo) -> str:
        blocks = info.data.get("blocks")
        if info.data.get("family") == _NATIONAL and blocks is not None and main not in blocks:
            refuse_value(f"应为 blocks 中的一项，实际为“{main}”")
        return main


@cache
def load_families(folder: Path = FORMS) -> tuple[Family, ...]:
    """Load every declared form and family, the national form before its families (全部表种和版式).

    Raises:
        DeclarationError: A file has mistakes, or a family names a form that does not exist.

    Example:
        >>> [family.id for family in load_families() if family.form == "budget_list"]
        ['budget_list']
    """
    files = [path for path in sorted(folder.glob("*.yaml")) if path.name != FINAL_ACCOUNT]
    declared = {path.stem: load_model(path, _Declared, file=path) for path in files}
    loaded = []
    for part in sorted(declared.values(), key=lambda part: (part.form, part.id != part.form, part.id)):
        base = declared[part.form]
        whole = part if base is part else _inherit(base, part)
        named = {column: names for block in whole.blocks.values() for column, names in block.columns.items()}
        blocks = {name: _with_others(block, named) for name, block in whole.blocks.items()}
        unnamed = [
            (name, column)
            for name, block in blocks.items()
            for column in [*block.needs, *block.after, *block.without]
            if column not in block.columns
        ]
        if unnamed:
            raise DeclarationError(
                f"{part.id}.yaml",
                (f"blocks.{name}：“{column}”没有列在 columns 中，请补充它的表头文字" for name, column in unnamed),
            )
        own = frozenset() if base is part else _labels(part) - _labels(base)
        loaded.append(_family(whole, tuple(_block(name, block) for name, block in blocks.items()), own))
    return tuple(loaded)


@cache
def known_labels() -> frozenset[str]:
    """Return every label of every form, as labels are compared (全部标签)."""
    labels: set[str] = set()
    for family in load_families():
        labels |= family.head.keys() | family.objectives.keys() | family.ignored
        for block in family.blocks:
            labels |= block.columns.keys() | block.rows.keys() | block.closing.keys()
    return frozenset(labels)


def _with_others(block: _Block, named: _Names) -> _Block:
    """Return a block that knows the names of the columns that must not occur, which another block may declare."""
    others = {column: named[column] for column in block.without if column in named}
    return block.model_copy(update={"columns": {**others, **block.columns}})


def _inherit(base: _Declared, part: _Declared) -> _Declared:
    """Return a family with everything it inherits: names are added, ``needs`` and ``without`` replace."""
    one_of_both = ("evaluation", "main", "subject", "money_unit", "head_patterns")
    merged = {key: getattr(part, key) or getattr(base, key) for key in one_of_both}
    merged |= {key: (*getattr(part, key), *getattr(base, key)) for key in ("titles", "ignored", "notes")}
    merged |= {key: _add_names(getattr(base, key), getattr(part, key)) for key in ("head", "objective")}
    blocks = dict(base.blocks)
    for name, block in part.blocks.items():
        blocks[name] = _inherit_block(blocks[name], block) if name in blocks else block
    return part.model_copy(update={**merged, "blocks": blocks})


def _inherit_block(old: _Block, block: _Block) -> _Block:
    added = {key: _add_names(getattr(old, key), getattr(block, key)) for key in ("columns", "rows", "closing")}
    replaced = ("needs", "without", "after", "label", "halves")
    return old.model_copy(update={**added, **{key: getattr(block, key) or getattr(old, key) for key in replaced}})


def _add_names(old: _Names, new: _Names) -> _Names:
    return {key: (*new.get(key, ()), *old.get(key, ())) for key in [*old, *(key for key in new if key not in old)]}


def _by_name(named: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Turn column -> names into name as compared -> column."""
    return {label_key(name): column for column, names in named.items() for name in names}


def _labels(part: _Declared) -> frozenset[str]:
    """Return every label and title that a declaration names."""
    named = [part.head, part.objective]
    named += [names for block in part.blocks.values() for names in (block.columns, block.rows, block.closing)]
    labels = [name for names in named for aliases in names.values() for name in aliases]
    return frozenset(label_key(name) for name in (*labels, *part.titles, *part.ignored))


def _block(name: str, block: _Block) -> Block:
    columns: dict[str, tuple[str, ...]] = {}
    for column, names in block.columns.items():
        for alias in names:
            columns[label_key(alias)] = (*columns.get(label_key(alias), ()), column)
    return Block(
        name,
        frozenset(block.needs),
        frozenset(block.without),
        columns,
        block.after,
        block.label,
        _by_name(block.rows),
        _by_name(block.closing),
        block.halves,
    )


def _family(part: _Declared, blocks: tuple[Block, ...], own: frozenset[str]) -> Family:
    return Family(
        part.id,
        part.form,
        part.family,
        (part.start, part.until),
        part.titles,
        part.evaluation,
        part.main,
        part.subject or "project",
        part.money_unit,
        _by_name(part.head),
        part.head_patterns,
        frozenset(label_key(name) for name in part.ignored),
        part.notes,
        _by_name(part.objective),
        blocks,
        own,
    )
