"""Where checks draw their lines (阈值): what each declares under ``thresholds`` in ``rules/checks.yaml``."""

from __future__ import annotations

from pydantic import Field

from jixiao.core.models import Count, Float, Model, Positive


class Nothing(Model):
    """A check without a line to draw."""


class Shortest(Model):
    """The fewest signs of a text that is compared."""

    shortest: Count


class Share(Model):
    """The share from which something is a problem."""

    share: Float


class KnownShare(Model):
    """The share of the parts that must be known before a whole is judged by them."""

    known_share: Float


class Lowest(Model):
    """The lowest share that is allowed."""

    lowest: Float


class Factors(Model):
    """The factors by which a number written wrongly differs from the one that was meant."""

    factors: tuple[Positive, ...]


class Deviation(Model):
    """How far over its target an actual must be explained, and its target questioned."""

    explain_from: Float
    question_from: Float


class Digits(Model):
    """From how many digits on an amount is not met twice by chance."""

    digits: Count


class Times(Model):
    """How many times the target an actual has to be."""

    times: Positive


class Rows(Model):
    """How many rows there must be before they are judged together."""

    rows: Count


class Confidence(Model):
    """How sure a statement about a sample has to be."""

    confidence: Float


class Level(Model):
    """The points from which a level is looked at, and the share of one row that is too much."""

    start: Float = Field(alias="from")
    share: Float


class Proportions(Model):
    """From where on money is out of proportion: in 万元, in times the median of a department, in times the budget."""

    most: Positive
    times: Positive
    budgets: Positive
    rows: Count


THRESHOLDS: dict[str, type[Model]] = {
    **dict.fromkeys(("reason_of_another", "target_repeats_name", "project_names"), Shortest),
    **dict.fromkeys(("copied_deduction", "repeated_reason"), Shortest),
    **dict.fromkeys(("discretionary_share", "budget_adjusted", "indicator_differs"), Share),
    **dict.fromkeys(("magnitude", "magnitude_years"), Factors),
    "outcome_share": Lowest,
    "over_completion": Deviation,
    "subproject_sum": KnownShare,
    "double_counting": Digits,
    "always_over": Times,
    **dict.fromkeys(("targets_equal_actuals", "targets_equal_weights"), Rows),
    "satisfaction_bound": Confidence,
    "one_carries_level": Level,
    "money_magnitude": Proportions,
}
"""What each check draws its lines by; a check that is not here has none."""
