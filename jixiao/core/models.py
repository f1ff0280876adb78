"""Declarations as typed models (类型化声明): a YAML file becomes frozen objects, or all its mistakes are said at once.

The strict loader gives texts, integers, decimals, true and false, lists and mappings; a :class:`Model` takes them over
without changing a kind silently. What pydantic finds wrong is said by one table, with the place as a reader finds it
in the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import FrozenInstanceError
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Strict,
    StringConstraints,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from jixiao.core.declared import RULES, load_shipped, load_yaml, refuse
from jixiao.core.errors import FILE_START


class _Missing:
    """Stands where a required key is not declared, so that its own kind can be named."""


_MISSING = _Missing()


class Model(BaseModel):
    """One declared mapping: frozen, its keys known, an empty value the same as an absent key."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _take(cls, content: Any) -> Any:
        if not isinstance(content, Mapping):
            return content
        keys = {field.alias or name: field for name, field in cls.model_fields.items()}
        kept = {str(key): value for key, value in content.items() if value is not None or key not in keys}
        return kept | {key: _MISSING for key, field in keys.items() if field.is_required() and key not in kept}

    def __setattr__(self, name: str, value: Any) -> None:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")


T = TypeVar("T", bound=Model)


_MOST_PLACES = 40
"""Places of a number before or behind its point."""


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise PydanticCustomError("number", "number")
    number = Decimal(value)
    if not number.is_finite() or abs(number.adjusted()) > _MOST_PLACES:
        raise PydanticCustomError("number", "number")
    return number


def _positive(value: Any, kind: str) -> Decimal:
    number = _number(value)
    if number <= 0 or (kind == "整数" and number != int(number)):
        refuse_value(f"应为大于0的{kind}，实际为 {number}")
    return number


def _natural(value: Any) -> int:
    number = _number(value)
    if number < 0 or number != int(number):
        refuse_value(f"应为不小于0的整数，实际为 {number}")
    return int(number)


def _written(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal) or not str(value):
        raise PydanticCustomError("written", "written")
    return str(value)


def _pattern(value: Any) -> re.Pattern[str]:
    try:
        return re.compile(text_of(value))
    except re.error as error:
        refuse_value(f"不是合法的正则表达式（{error}）")


Text = Annotated[str, StringConstraints(strict=True, pattern=r"\S")]
"""A text with at least one sign."""
Anything = Annotated[str, Strict()]
"""A text that may be empty."""
Texts = tuple[Anything, ...]
Number = Annotated[Decimal, BeforeValidator(_number)]
"""A number, exact."""
Float = Annotated[float, BeforeValidator(lambda value: float(_number(value)))]
Integer = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
Natural = Annotated[int, BeforeValidator(_natural)]
"""An integer from 0 on."""
Positive = Annotated[float, BeforeValidator(lambda value: float(_positive(value, "数字")))]
"""A number above 0."""
Count = Annotated[int, BeforeValidator(lambda value: int(_positive(value, "整数")))]
"""An integer above 0."""
Pattern = Annotated[re.Pattern[str], BeforeValidator(_pattern)]
"""A regular expression."""
Written = Annotated[str, BeforeValidator(_written)]
"""A text, or a number as it was written."""

_EXPECTED = {
    **dict.fromkeys(("string_type", "string_pattern_mismatch"), "文字"),
    **dict.fromkeys(("number", "int_type"), "数字"),
    **dict.fromkeys(("tuple_type", "list_type"), "列表"),
    **dict.fromkeys(("model_type", "dict_type", "model_attributes_type"), "若干“键: 值”"),
    "bool_type": "true 或 false",
    "written": "文字或数字",
    "literal_error": "文字",
}
"""What each kind of error of pydantic says was expected."""


class Notes:
    """What a validator finds wrong below the value it looks at (逐条记下): noted one by one, refused together.

    Example:
        >>> Notes().refuse()
    """

    def __init__(self) -> None:
        self._listed: list[tuple[str, str]] = []

    def note(self, below: str, sentence: str) -> None:
        """Record one mistake at a place below the value."""
        self._listed.append((below, sentence))

    def refuse(self) -> None:
        """Refuse the value when there is any mistake.

        Raises:
            PydanticCustomError: For validators alone.
        """
        if self._listed:
            raise PydanticCustomError("noted", "noted", {"notes": self._listed})


def _words(content: Any) -> dict[str, Any]:
    notes = Notes()

    def look(value: Any, place: str) -> None:
        if isinstance(value, Mapping):
            for key, part in value.items():
                look(part, f"{place}.{key}" if place else str(key))
        elif isinstance(value, list):
            for number, part in enumerate(value, 1):
                look(part, f"{place}[{number}]")
        elif not isinstance(value, str) or not value.strip():
            notes.note(place, f"应为文字，实际为 {value!r}")

    if not isinstance(content, Mapping):
        raise PydanticCustomError("dict_type", "dict_type")
    look(content, "")
    notes.refuse()
    return dict(content)


def refuse_value(sentence: str) -> NoReturn:
    """Refuse a value with one sentence; for validators alone."""
    raise PydanticCustomError("noted", "noted", {"notes": [("", sentence)]})


Words = Annotated[dict[str, Any], BeforeValidator(_words)]
"""What is said somewhere: texts by name, lists of texts and such mappings inside it, and nothing else."""


def text_of(value: Any) -> str:
    """Return a text with at least one sign; for validators alone.

    Raises:
        PydanticCustomError: The value is none.
    """
    if not isinstance(value, str) or not value.strip():
        raise PydanticCustomError("string_type", "string_type")
    return value


def one_of(known: Callable[[], Iterable[str]]) -> BeforeValidator:
    """Return the test that a text is one of some that are known only when it is asked (可选项).

    Example:
        >>> class Rule(Model):
        ...     method: Annotated[str, one_of(lambda: ["banded"])]
        >>> take(Rule, {"method": "bandet"})[1]
        ['method：“bandet”不在可选项内，可选：banded']
    """

    def check(value: Any) -> str:
        if text_of(value) not in (listed := list(known())):
            refuse_value(f"“{value}”不在可选项内，可选：{'、'.join(listed)}")
        return str(value)

    return BeforeValidator(check)


def with_text_keys(content: Any) -> Any:
    """Return a mapping whose keys are texts, a number among them as it was written; for validators alone.

    Example:
        >>> with_text_keys({1: "first"})
        {'1': 'first'}
    """
    return {str(key): value for key, value in content.items()} if isinstance(content, Mapping) else content


def model_of(fields: dict[str, Any], base: type[T]) -> type[T]:
    """Return a model whose fields are known only when the program runs: kind and default of each, ... for none.

    Example:
        >>> take(model_of({"line": (Number, ...)}, Model), {})[1]
        ['line：缺少该项，应为数字']
    """
    made: type[T] = create_model(base.__name__, __base__=base, **fields)  # type: ignore[call-overload]
    return made


def keyed(keys: Iterable[str], kind: Any) -> BeforeValidator:
    """Return the test that a mapping declares exactly some keys, each of one kind (固定的项).

    Example:
        >>> class Page(Model):
        ...     notes: Annotated[dict[str, str], keyed(["control"], Text)]
        >>> take(Page, {"notes": {}})[1]
        ['notes.control：缺少该项，应为文字']
    """
    model = model_of(dict.fromkeys(keys, (kind, ...)), Model)
    return BeforeValidator(lambda content: dict(model.model_validate(content)))


def _place(steps: Iterable[int | str], below: str = "") -> str:
    place = ""
    for step in (step for step in steps if step != "[key]"):  # what pydantic puts behind a key that is refused
        place += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if place else step
    return (place + below if below.startswith("[") else ".".join(part for part in (place, below) if part)) or FILE_START


def _sentences(error: ErrorDetails) -> list[str]:
    """Return what one error of pydantic says, in Chinese and with its place."""
    kind, value, steps = error["type"], error["input"], error["loc"]
    if kind == "noted":
        return [f"{_place(steps, below)}：{sentence}" for below, sentence in error["ctx"]["notes"]]
    if kind == "extra_forbidden":
        return [f"{_place(steps)}：不认识的项，请检查拼写或删除"]
    if kind == "literal_error" and isinstance(value, str) and value.strip():
        choices = error["ctx"]["expected"].replace(" or ", ", ").replace("'", "").replace(", ", "、")
        return [f"{_place(steps)}：“{value}”不在可选项内，可选：{choices}"]
    expected = _EXPECTED.get(kind, _EXPECTED["string_type"])  # half a sign is no text
    if value is _MISSING:
        return [f"{_place(steps)}：缺少该项，应为{expected}"]
    return [f"{_place(steps)}：应为{expected}，实际为 {value!r}"]


def take(model: type[T], content: Any, **context: Any) -> tuple[T | None, list[str]]:
    """Return a mapping as a model, and its mistakes (取出声明); the model is None when there is any.

    Example:
        >>> class Line(Model):
        ...     id: Text
        ...     weight: Number = Decimal(0)
        >>> take(Line, {"id": "a", "wieght": 3})
        (None, ['wieght：不认识的项，请检查拼写或删除'])
    """
    try:
        return model.model_validate(content, context=context), []
    except ValidationError as caught:
        mistakes = [text for error in caught.errors(include_url=False) for text in _sentences(error)]
        lacking = [] if isinstance(content, Mapping) else take(model, {}, **context)[1]
        return None, [*mistakes, *lacking]


def load_model(path: Path, model: type[T], *, under: Mapping[str, Any] | None = None, **context: Any) -> T:
    """Load one YAML file as a model (读取规则文件).

    Args:
        path: The file.
        model: What it declares.
        under: Keys and values for what the file does not declare.
        context: What validators of the model want to know.

    Raises:
        DeclarationError: With every mistake of the file.
    """
    content, mistakes = load_yaml(path)
    if under and isinstance(content, Mapping):
        content = {**under, **{key: value for key, value in content.items() if value is not None or key not in under}}
    return _checked(path, mistakes, *take(model, content, **context))


@cache
def checked_shipped(name: str, model: type[Model]) -> Any:
    """Return a shipped file as it is written, once its model has found nothing wrong; do not change it.

    For files of which a page, a script or a template reads the very mappings.

    Raises:
        DeclarationError: With every mistake of the file.
    """
    content = load_shipped(name)
    refuse(RULES / name, take(model, content)[1])
    return content


class _Said(Model):
    words: Words


@cache
def checked_words(name: str) -> dict[str, Any]:
    """Return a shipped file that holds nothing but texts, once that is sure (用语文件); do not change it.

    Raises:
        DeclarationError: With every mistake of the file.
    """
    content = load_shipped(name)
    refuse(RULES / name, [mistake.removeprefix("words.") for mistake in take(_Said, {"words": content})[1]])
    return dict(content)


def _checked(path: Path, repeated: Sequence[str], whole: T | None, mistakes: Sequence[str]) -> T:
    refuse(path, [*repeated, *mistakes])
    assert whole is not None  # without a mistake there is a model
    return whole
