"""Numbers as printed (所列数字): value, unit, and how far the true value may lie from what rounding printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from jixiao.checks.texts.grammar import load_grammar

_HUNDRED = Decimal(100)

HALF = Decimal("0.5")


@dataclass(frozen=True)
class Span:
    """A value with the smallest and the largest true value that its printed decimals allow (区间)."""

    value: Decimal
    low: Decimal
    high: Decimal

    def __add__(self, other: Span) -> Span:
        return Span(self.value + other.value, self.low + other.low, self.high + other.high)

    def __sub__(self, other: Span) -> Span:
        return Span(self.value - other.value, self.low - other.high, self.high - other.low)

    def __mul__(self, other: Span) -> Span:
        ends = [one * two for one in (self.low, self.high) for two in (other.low, other.high)]
        return Span(self.value * other.value, min(ends), max(ends))

    def over(self, other: Span) -> Span | None:
        """Divide; None when the divisor may be zero."""
        if other.low <= 0 <= other.high:
            return None
        ends = [one / two for one in (self.low, self.high) for two in (other.low, other.high)]
        return Span(self.value / other.value, min(ends), max(ends))


@dataclass(frozen=True)
class Quantity:
    """One number of a text with its measure unit and the words before it."""

    start: int
    end: int
    number: str
    unit: str
    printed: str
    span: Span
    label: str
    is_vague: bool

    @property
    def value(self) -> Decimal:
        """Return the value in the unit without its scale: 4万人 is 40000."""
        return self.span.value


def printed_span(number: str, *, scale: Decimal = Decimal(1), is_count: bool = False) -> Span:
    """Return what a printed number can stand for (舍入区间): 2.5 is 2.45 to 2.55, a count or 0 is exact.

    Example:
        >>> printed_span("2.5").low, printed_span("7", is_count=True).high
        (Decimal('2.45'), Decimal('7'))
    """
    value = Decimal(number)
    half = Decimal(0) if not value or (is_count and "." not in number and scale == 1) else places(number) * HALF
    return Span(value * scale, (value - half) * scale, (value + half) * scale)


def places(number: str) -> Decimal:
    """Return one unit of the last printed decimal."""
    return Decimal(1).scaleb(-len(number.partition(".")[2]))


def judge(printed: Span, derived: Span, *, step: Decimal) -> str:
    """Compare a printed number with what follows from the others (判定).

    Args:
        printed: The printed number.
        derived: What follows.
        step: One unit of the last printed decimal, in the unit of the values.

    Returns:
        ``holds`` equal as printed; ``rounding`` different, but the decimals of the operands explain it; ``fails``.

    Example:
        >>> rate, parts = printed_span("96.84"), Span(Decimal("96.846"), Decimal("96.7"), Decimal("96.9"))
        >>> judge(rate, parts, step=Decimal("0.01"))
        'rounding'
    """
    with localcontext() as context:
        context.prec = 60
        shown = (derived.value / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    if shown == printed.value or derived.value == printed.value:
        return "holds"
    return "rounding" if derived.low <= printed.high and printed.low <= derived.high else "fails"


def fits(printed: str, part: Span, whole: Span) -> bool:
    """Say whether a part over a whole is the printed rate, as far as printed decimals tell."""
    ratio = part.over(whole)
    if ratio is None:
        return False
    derived = Span(ratio.value * _HUNDRED, ratio.low * _HUNDRED, ratio.high * _HUNDRED)
    return judge(printed_span(printed), derived, step=places(printed)) != "fails"


def is_slip(one: str, two: str) -> bool:
    """Say whether two numbers of equal length differ by one digit or by two that have changed places (笔误).

    Example:
        >>> is_slip("304.8", "340.8"), is_slip("252.20", "255.20"), is_slip("12", "95")
        (True, True, False)
    """
    if len(one) != len(two) or one.find(".") != two.find("."):
        return False
    wrong = [(a, b) for a, b in zip(one, two, strict=True) if a != b]
    return len(wrong) == 1 or (len(wrong) == 2 and wrong[0] == wrong[1][::-1])


def written(value: Decimal, step: Decimal | None = None) -> str:
    """Write a number without useless zeros, at most to the given step.

    Example:
        >>> written(Decimal("5.10")), written(Decimal("61.4690"), Decimal("0.1"))
        ('5.1', '61.5')
    """
    with localcontext() as context:
        context.prec = 60
        if step is not None:
            value = (value / step).quantize(Decimal(1), ROUND_HALF_UP) * step
        else:
            value = value.quantize(Decimal("0.000001"), ROUND_HALF_UP)
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def find_quantities(text: str) -> list[Quantity]:
    """Find every number with a known unit (数字与单位); dates and numbers of documents are left out.

    Example:
        >>> [(one.label, one.printed) for one in find_quantities("国家级18次，参会2.16万人次")]
        [('国家级', '18次'), ('参会', '2.16万人次')]
    """
    grammar = load_grammar()
    found = []
    edge = 0
    for match in grammar.pattern("quantity").finditer(text):
        number, unit = match["number"], grammar.same_unit(match["unit"] or "")
        if len(number) > 20:
            continue
        scale = grammar.scales.get(match["scale"] or "", Decimal(1))
        before = text[max(edge, match.start() - 60) : match.start()]
        label = grammar.pattern("clause_edge").split(before)[-1]
        tail = grammar.pattern("bound").match(text, match.end())
        is_vague = bool(match["about"] or tail or grammar.pattern("vague_before").search(before))
        span = printed_span(number, scale=scale, is_count=unit in grammar.counts)
        if unit in grammar.money:
            factor = grammar.money[unit]
            span, unit = Span(span.value * factor, span.low * factor, span.high * factor), grammar.money_unit
        found.append(
            Quantity(match.start("number"), match.end(), number, unit, match[0].strip(), span, label, is_vague)
        )
        edge = match.end()
    return found


def step_of(quantity: Quantity) -> Decimal:
    """Return one unit of the last printed decimal in the unit of ``value``."""
    if not Decimal(quantity.number):
        return places(quantity.number)
    return places(quantity.number) * quantity.value / Decimal(quantity.number)


def total(parts: Iterable[Quantity]) -> Span:
    """Add quantities."""
    whole = Span(Decimal(0), Decimal(0), Decimal(0))
    for part in parts:
        whole += part.span
    return whole


def evaluate(text: str, operand: Callable[[str], Span | None]) -> Span | None:
    """Work out a written formula of + - * / and brackets (算式); None when it cannot be read.

    Args:
        text: The formula, e.g. ``(59.27/61.2)*100%``.
        operand: Turns one operand into a span.
    """
    reader = _Reader(text, operand)
    try:
        value = reader.sum()
    except RecursionError:
        return None
    return value if value is not None and reader.position == len(text) else None


class _Reader:
    """A recursive descent over one short formula."""

    def __init__(self, text: str, operand: Callable[[str], Span | None]) -> None:
        self.text, self.operand, self.position = text, operand, 0

    def _next(self) -> str:
        return self.text[self.position : self.position + 1]

    def sum(self) -> Span | None:
        value = self.product()
        while value is not None and self._next() in {"+", "-"}:
            sign = self._next()
            self.position += 1
            other = self.product()
            value = None if other is None else value + other if sign == "+" else value - other
        return value

    def product(self) -> Span | None:
        value = self.factor()
        while value is not None and self._next() in {"*", "×", "/", "÷"}:
            sign = self._next()
            self.position += 1
            other = self.factor()
            value = None if other is None else value * other if sign in "*×" else value.over(other)
        return value

    def factor(self) -> Span | None:
        if self._next() == "(":
            self.position += 1
            value = self.sum()
            if self._next() != ")":
                return None
            self.position += 1
            return value
        start = self.position
        while self._next() and self._next() not in "+-*×/÷()":
            self.position += 1
        return self.operand(self.text[start : self.position])
