"""Two thousand random damages to the files of a place: each is named, none is silent, nothing is raised."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from figures import keep

sys.path.insert(0, str(Path(__file__).parents[1]))

from test_guard_store import damage_many, desk, place

__all__ = ["desk", "place"]
COUNT = 2_000


def test_no_damage_is_silent(place):
    seed = random.randrange(10**6)
    found = damage_many(place, COUNT, seed)
    keep("随机损坏：verify", {"种子": seed, **found})
