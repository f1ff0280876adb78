"""Read one YAML file strictly (规则文件), reporting every mistake of the file at once.

YAML itself turns ``no``, ``010``, ``1:30`` and dates into other things and keeps the last of repeated keys. Here plain
scalars are only integers, decimals, ``true``/``false`` and ``null``; everything else stays the text that was written,
and a repeated key is a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from jixiao.core.errors import DeclarationError

RULES = Path(__file__).parents[1] / "rules"

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_LOADER):  # type: ignore[misc, valid-type]
    """Safe loader with a minimal set of implicit types; collects repeated keys instead of dropping them."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self.mistakes: list[str] = []

    def note(self, text: str) -> None:
        """Record one mistake."""
        self.mistakes.append(text)


def _construct_mapping(loader: _StrictLoader, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in mapping:
            loader.note(f"第{key_node.start_mark.line + 1}行：“{key}”重复出现，请只保留一个")
        mapping[key] = loader.construct_object(value_node, deep=True)
    return mapping


def _decimal(loader: _StrictLoader, node: yaml.ScalarNode) -> Decimal:
    number = Decimal(loader.construct_scalar(node))
    if not number.is_finite() or abs(number.adjusted()) > _MOST_PLACES:
        raise ValueError("no number of a declaration")
    return number


_StrictLoader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)
_StrictLoader.add_constructor("tag:yaml.org,2002:float", _decimal)
_StrictLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_StrictLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
_StrictLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9]\d*)$"), list("-0123456789"))
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^-?(?:0|[1-9]\d*)\.\d+$"), list("-0123456789")
)


_MOST_PLACES = 40
"""Places before or behind the point; a number beyond is none that anybody means."""
LARGEST = 5_000_000
"""Bytes of a YAML file; ten thousand corrections need three fifths of it."""
DEEPEST = 40
"""Levels of a YAML file. The parser itself fails without an error on some ten thousand."""
MOST_NODES = 1_000_000
"""Values of a YAML file when its aliases are written out."""


def load_yaml(path: Path) -> tuple[Any, list[str]]:
    """Read one YAML file (规则文件) strictly, within limits of size and depth.

    Returns:
        The content and the mistakes found so far (repeated keys).

    Raises:
        DeclarationError: The file does not exist, is too large or too deep, or is not YAML.
    """
    try:
        if path.stat().st_size > LARGEST or not (path.is_file() or path.is_dir()):
            raise DeclarationError(path.name, [f"文件过大或不是普通文件，上限为{LARGEST // 1_000_000}MB，请拆分或精简"])
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DeclarationError(
            path.name, [f"文件无法打开（{type(error).__name__}），应为 UTF-8 编码的 YAML 文件"]
        ) from error
    loader: Any = None
    try:
        if not path.resolve().is_relative_to(RULES):
            _inspect(text, path.name)
        loader = _StrictLoader(text)
        content = loader.get_single_data()
    except (
        yaml.YAMLError,
        TypeError,
        ValueError,
        ArithmeticError,
        LookupError,
        AttributeError,
        RecursionError,
    ) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{mark.line + 1}" if mark else "？"
        raise DeclarationError(path.name, [f"第{place}行：不是合法的 YAML，请检查缩进、冒号和引号"]) from error
    finally:
        if loader is not None:
            loader.dispose()
    return content, loader.mistakes


def _inspect(text: str, name: str) -> None:
    """Look over a file from outside before it is built: how deep it is, and how much its aliases stand for."""
    sizes: dict[str, int] = {}
    open_parts: list[tuple[str | None, int]] = [(None, 0)]  # the anchor of each level and the nodes before it
    nodes = last_alias = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise DeclarationError(
                    name, [f"第{_line(event)}行：别名“{event.anchor}”没有定义，或所指内容自身含有别名，请写出来"]
                )
            nodes += sizes[event.anchor]
            last_alias = nodes
        elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            nodes += 1
            if isinstance(event, yaml.CollectionStartEvent):
                open_parts.append((event.anchor, nodes))
            elif event.anchor:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_parts.pop()
            if anchor and last_alias < before:  # what holds an alias has none itself, so they cannot pile up
                sizes[anchor] = nodes - before + 1
        if len(open_parts) > DEEPEST or nodes > MOST_NODES:
            raise DeclarationError(
                name, [f"第{_line(event)}行：层次超过{DEEPEST}层或内容超过{MOST_NODES}项，请检查缩进、括号和别名"]
            )


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


class _StrictDumper(yaml.SafeDumper):
    """Safe dumper that writes what :class:`_StrictLoader` reads back as the same."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out; a reader of the file knows no anchors."""
        return True


def _write_decimal(dumper: _StrictDumper, number: Decimal) -> yaml.ScalarNode:
    kind = "int" if number == number.to_integral_value() else "float"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", f"{number:f}" if kind == "float" else f"{int(number)}")


def _write_text(dumper: _StrictDumper, text: str) -> yaml.ScalarNode:
    style = '"' if _ODD_BREAKS & set(text) else None  # in any other style these are read back as blanks
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_ODD_BREAKS = {"\x85", "\u2028", "\u2029"}
_StrictDumper.add_representer(Decimal, _write_decimal)
_StrictDumper.add_representer(str, _write_text)


def write_yaml(content: Mapping[str, Any]) -> str:
    """Write a mapping as YAML that :func:`load_yaml` reads back as the same; Decimals are plain numbers.

    Example:
        >>> print(write_yaml({"name": "甲", "weight": Decimal("12.5"), "code": "001"}), end="")
        name: 甲
        weight: 12.5
        code: '001'
    """
    return yaml.dump(dict(content), Dumper=_StrictDumper, allow_unicode=True, sort_keys=False, width=120)


def refuse(path: Path, mistakes: Sequence[str]) -> None:
    """Raise every mistake of a file at once, or return when there is none."""
    if mistakes:
        raise DeclarationError(path.name, mistakes)


@cache
def load_shipped(name: str) -> Any:
    """Return the content of a simple shipped rule file such as ``vocabulary.yaml``; cached, do not change it."""
    path = RULES / name
    content, mistakes = load_yaml(path)
    refuse(path, mistakes)
    return content
