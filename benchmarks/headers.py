"""Compare ways of understanding headers over layouts made at random (表头理解): exact words, spelling alone, by parts.

    python benchmarks/headers.py [LAYOUTS] [HELD_OUT]

HELD_OUT is the share of our words that is taken away at random before whole tables are assigned (0 when left out): a
word nobody knows must leave a column without a name, not with a wrong one.

Each way says of a printed header which column it is, or nothing. Recall is the share of headers it names rightly at a
threshold at which it names none wrongly (spelling), or at its own threshold; false confidence is the share of named
headers that are wrong. The words of the layouts were written without looking at what the package knows.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from layouts.generator import make_layout
from rapidfuzz import fuzz, process

from jixiao.reading.files import Grid
from jixiao.reading.forms import assignment, below, meanings, regions
from jixiao.reading.forms.assignment import candidates, known_headers
from jixiao.reading.forms.headers import View
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


PARTS = dict(header_words()["parts"])
KNOWN = dict(known_headers())


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


def take_away(share: float, seed: int) -> int:
    """Take a share of the words of headers away, with the declared headers they stand in; return how many words.

    What was understood with them is forgotten. Each seed takes other words away from all there are.
    """
    rng = random.Random(seed)
    taken = {word for words in PARTS.values() for word in words}
    taken = {word for word in sorted(taken) if rng.random() < share}
    header_words()["parts"] = {part: [word for word in words if word not in taken] for part, words in PARTS.items()}
    known_headers().clear()
    known_headers().update({text: name for text, name in KNOWN.items() if not any(word in text for word in taken)})
    for module in (meanings, assignment, regions, below):
        for item in vars(module).values():
            if hasattr(item, "cache_clear") and item not in (header_words, known_headers):
                item.cache_clear()
    return len(taken)


def assigned(count: int) -> list[tuple[str, str, float]]:
    """Assign the columns of whole tables: what each header means, what it was taken for, how sure."""
    named: list[tuple[str, str, float]] = []
    for seed in range(count):
        layout = make_layout(seed)
        wanted: dict[str, set[str]] = {}
        for _, meaning, text in layout.headers:
            is_deepest = meaning == "level2" and layout.choices["levels"] == "two"  # there it holds the indicators
            wanted.setdefault(text, set()).update({meaning, "level3"} if is_deepest else {meaning})
        texts = [[""] * layout.width for _ in range(layout.height)]
        merges = []
        for top, left, bottom, right, text in layout.cells:
            texts[top][left] = text
            merges += [(top, left, bottom, right)] if (top, left) != (bottom, right) else []
        view = View(Grid("form", "form", True, texts, merges))
        for table in regions.find_tables(view, 0, view.height):
            for column in table.columns:
                if column.text in wanted:
                    name = column.name.removeprefix("2:")
                    best = next((one for one in wanted[column.text] if same(one, name)), min(wanted[column.text]))
                    named.append((best, name, column.sure))
    return named


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
    threshold = float(header_words()["threshold"])
    report("by parts", ours, len(headers), threshold)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    whole = assigned(count)
    report("whole tables", whole, len(whole), threshold)
    if len(sys.argv) > 2:
        for seed in range(3):
            gone = take_away(float(sys.argv[2]), seed)
            found = assigned(count // 3)
            report(f"{gone} words held out", found, len(found), threshold)


if __name__ == "__main__":
    main()
