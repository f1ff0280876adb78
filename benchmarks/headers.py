"""Compare ways of understanding headers over layouts made at random (表头理解): exact words, spelling alone, by parts.

    python benchmarks/headers.py [LAYOUTS]

Each way says of a printed header which column it is, or nothing. Recall is the share of headers it names rightly at a
threshold at which it names none wrongly (spelling), or at its own threshold; false confidence is the share of named
headers that are wrong. The words of the layouts were written without looking at what the package knows.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from layouts.generator import make_layout
from rapidfuzz import fuzz, process

from jixiao.reading.forms.assignment import candidates, known_headers
from jixiao.reading.forms.meanings import header_words
from jixiao.reading.forms.records import label_key

SAME = {
    "level3": "indicator",
    "name": "indicator",
    "level1": "category",
    "level2": "subcategory",
    "nature": "direction",
}
SAME |= {"scoring_standard": "standard", "last": "other", "review_score": "other"}
SAME |= {"category_weight": "weight", "subcategory_weight": "weight", "deduct": "other"}  # told apart by their place


def printed(count: int) -> list[tuple[str, str, str]]:
    """Return the headers of some layouts: kind of table, meaning, text."""
    return [header for seed in range(count) for header in make_layout(seed).headers]


def same(one: str, other: str) -> bool:
    """Say whether two names are one column."""
    return SAME.get(one, one) == SAME.get(other, other)


def report(name: str, named: list[tuple[str, str, float]], total: int, threshold: float) -> None:
    """Print recall and false confidence of the headers named at a threshold."""
    kept = [(want, got) for want, got, sure in named if got and sure >= threshold]
    right = sum(same(want, got) for want, got in kept)
    wrong = len(kept) - right
    print(f"{name:<28} threshold {threshold:5.2f}  recall {right / total:7.2%}  wrong {wrong:5d} of {len(kept)}")


def main() -> None:
    """Run every way over the same headers."""
    headers = printed(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
    known = known_headers()
    exact = [(want, known.get(label_key(text), ""), 1.0) for _, want, text in headers]
    spelled = []
    for _, want, text in headers:
        found = process.extractOne(label_key(text), known.keys(), scorer=fuzz.ratio)
        spelled.append((want, known[found[0]], found[1]) if found else (want, "", 0.0))
    ours = []
    for context, want, text in headers:
        found = candidates(text, context)
        ours.append((want, *found[0]) if found else (want, "", 0.0))
    print(f"{len(headers)} headers, {len({text for _, _, text in headers})} different texts")
    report("exact words", exact, len(headers), 1.0)
    wrong = [sure for want, got, sure in spelled if got and not same(want, got)]
    report("spelling (rapidfuzz)", spelled, len(headers), 80.0)
    report("spelling, none wrong", spelled, len(headers), min(100.01, max(wrong, default=0) + 0.01))
    report("by parts", ours, len(headers), float(header_words()["threshold"]))


if __name__ == "__main__":
    main()
