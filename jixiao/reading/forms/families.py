"""Declared forms (表种) and their provincial families (地方版式): the headers by which a grid is recognised.

One file in ``rules/forms/`` is one form, or one family of a form: a family inherits everything from its form and adds
the names that its province prints. A new province is a new file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from jixiao.core.declared import RULES, Declaration, open_declaration, refuse
from jixiao.core.errors import DeclarationError
from jixiao.reading.forms.records import label_key

FORMS = RULES / "forms"


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


@cache
def load_families(folder: Path = FORMS) -> tuple[Family, ...]:
    """Load every declared form and family, the national form before its families (全部表种和版式).

    Raises:
        DeclarationError: A file has mistakes, or a family names a form that does not exist.

    Example:
        >>> [family.id for family in load_families() if family.form == "budget_list"]
        ['budget_list']
    """
    parts: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.yaml")):
        part = _read_declaration(path)
        if part:
            parts[part["id"]] = part
    loaded = []
    for part in sorted(parts.values(), key=lambda part: (part["form"], part["id"] != part["form"], part["id"])):
        base = parts[part["form"]]
        whole = part if base is part else _inherit(base, part)
        named = {column: names for block in whole["blocks"].values() for column, names in block["columns"].items()}
        for block in whole["blocks"].values():  # a column that must not occur may be named by another block
            others = {column: named[column] for column in block["without"] if column in named}
            block["columns"] = {**others, **block["columns"]}
        unnamed = [
            (name, column)
            for name, block in whole["blocks"].items()
            for column in [*block["needs"], *block["after"], *block["without"]]
            if column not in block["columns"]
        ]
        if unnamed:
            raise DeclarationError(
                f"{part['id']}.yaml",
                (f"blocks.{name}：“{column}”没有列在 columns 中，请补充它的表头文字" for name, column in unnamed),
            )
        loaded.append(_family(whole, frozenset() if base is part else _labels(part) - _labels(base)))
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


def _read_declaration(path: Path) -> dict[str, Any]:
    """Read one file strictly; the final account, which is recognised by its table numbers, is not for here."""
    whole, mistakes = open_declaration(path)
    if "tables" in whole.keys():
        return {}
    part: dict[str, Any] = {"id": whole.text("id") or path.stem}
    part["form"] = whole.text("form", default=part["id"])
    is_family = part["form"] != part["id"]
    part["family"] = whole.text("family", default="national")
    if is_family and not (path.parent / f"{part['form']}.yaml").exists():
        whole.note("form", f"没有名为“{part['form']}”的表种")
    if part["id"] != path.stem:
        whole.note("id", f"应与文件名一致（{path.stem}），实际为 {part['id']}")
    if is_family == (part["family"] == "national"):
        whole.note("family", "地方版式应写明 family，全国表不写")
    part["years"] = (int(whole.number("from", default=Decimal(0))), int(whole.number("until", default=Decimal(9999))))
    part["titles"] = whole.texts("titles")
    for key in ("evaluation", "main", "subject", "money_unit"):
        part[key] = whole.text(key, default="")
    for key in ("head", "head_patterns", "objective"):
        part[key] = whole.mapping(key)
    part["ignored"], part["notes"] = whole.texts("ignored"), whole.texts("notes")
    blocks = whole.part("blocks")
    part["blocks"] = {name: _block(blocks.part(name)) for name in blocks.keys()}
    if not is_family and part["main"] not in part["blocks"]:
        whole.note("main", f"应为 blocks 中的一项，实际为“{part['main']}”")
    whole.close()
    refuse(path, mistakes)
    return part


def _block(part: Declaration) -> dict[str, Any]:
    block = {
        **{key: part.texts(key) for key in ("needs", "without")},
        **{key: part.mapping(key) for key in ("columns", "after", "rows", "closing")},
        "label": part.text("label", default=""),
        "halves": part.flag("halves", default=False),
    }
    part.close()
    return block


def _inherit(base: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Return a family with everything it inherits: names are added, ``needs`` and ``without`` replace."""
    merged = {key: part[key] or base[key] for key in ("evaluation", "main", "subject", "money_unit", "head_patterns")}
    for key in ("titles", "ignored", "notes"):
        merged[key] = (*part[key], *base[key])
    for key in ("head", "objective"):
        merged[key] = _add_names(base[key], part[key])
    blocks = {name: dict(block) for name, block in base["blocks"].items()}
    for name, block in part["blocks"].items():
        old = blocks.get(name)
        if old is None:
            blocks[name] = block
            continue
        for key in ("columns", "rows", "closing"):
            old[key] = _add_names(old[key], block[key])
        for key in ("needs", "without", "after", "label", "halves"):
            old[key] = block[key] or old[key]
    return {**part, **merged, "blocks": blocks}


def _add_names(old: dict[str, list[str]], new: dict[str, list[str]]) -> dict[str, list[str]]:
    return {key: [*new.get(key, []), *old.get(key, [])] for key in [*old, *(key for key in new if key not in old)]}


def _by_name(named: dict[str, Iterable[str]]) -> dict[str, str]:
    """Turn column -> names into name as compared -> column."""
    return {label_key(name): column for column, names in named.items() for name in names}


def _labels(part: dict[str, Any]) -> frozenset[str]:
    """Return every label and title that a declaration names."""
    named = [part["head"], part["objective"]]
    named += [block[key] for block in part["blocks"].values() for key in ("columns", "rows", "closing")]
    labels = [name for names in named for aliases in names.values() for name in aliases]
    return frozenset(label_key(name) for name in (*labels, *part["titles"], *part["ignored"]))


def _family(part: dict[str, Any], own: frozenset[str]) -> Family:
    blocks = []
    for name, block in part["blocks"].items():
        columns: dict[str, tuple[str, ...]] = {}
        for column, names in block["columns"].items():
            for alias in names:
                columns[label_key(alias)] = (*columns.get(label_key(alias), ()), column)
        blocks.append(
            Block(
                name,
                frozenset(block["needs"]),
                frozenset(block["without"]),
                columns,
                block["after"],
                block["label"],
                _by_name(block["rows"]),
                _by_name(block["closing"]),
                block["halves"],
            )
        )
    return Family(
        part["id"],
        part["form"],
        part["family"],
        part["years"],
        part["titles"],
        part["evaluation"],
        part["main"],
        part["subject"] or "project",
        part["money_unit"],
        _by_name(part["head"]),
        {column: re.compile(pattern) for column, pattern in part["head_patterns"].items()},
        frozenset(label_key(name) for name in part["ignored"]),
        part["notes"],
        _by_name(part["objective"]),
        tuple(blocks),
        own,
    )
