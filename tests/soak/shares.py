"""How large the campaigns are: JIXIAO_SHARE takes a part of each, and the seed is printed and kept."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping

from figures import keep

SHARE = float(os.environ.get("JIXIAO_SHARE", "1"))


def part(whole: int, least: int = 1) -> int:
    """Return how many of a campaign are run: all of them, or the share that is asked for."""
    return max(least, round(whole * SHARE))


def seeded() -> tuple[int, random.Random]:
    """Return a seed, printed so that a failure can be run again with JIXIAO_SEED, and its dice."""
    seed = int(os.environ.get("JIXIAO_SEED") or random.SystemRandom().randrange(10**6))
    print(f"seed {seed}")
    return seed, random.Random(seed)


def keep_share(campaign: str, seed: int, found: Mapping[str, object]) -> None:
    """Keep what a campaign found, and how large a part of it was run."""
    keep(campaign, {"种子": seed, **({} if SHARE == 1 else {"规模": f"{SHARE:g}"}), **found})
