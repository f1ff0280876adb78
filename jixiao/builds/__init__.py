"""The store (存储): find a data folder, read it once, keep what was built from it in versions (``data/built``).

A version holds one parquet file per frame and year and a manifest of what it was made from. It is written beside the
one in force and becomes it in one step, so a killed run destroys nothing and a reader never sees half of one.
"""

from __future__ import annotations

from jixiao.builds.handover import Packer, pack_results, unpack_results
from jixiao.builds.manifest import MANIFEST, is_stale, rules_hash, source_hashes
from jixiao.builds.results import (
    FRAMES,
    Results,
    build,
    checked_files,
    evaluate,
    evaluate_files,
    hand_over,
    load,
    parquet_files,
    read_built,
    read_frame,
    results_frames,
    write_built,
    write_parts,
)
from jixiao.checks import SEVERITIES
from jixiao.core.files import MISSING, RECORD, find_notebook, find_place, safe_name, sweep, workbench, write_safely
from jixiao.scoring import GRADES

__all__ = [
    "FRAMES",
    "GRADES",
    "MANIFEST",
    "MISSING",
    "RECORD",
    "SEVERITIES",
    "Packer",
    "Results",
    "build",
    "checked_files",
    "evaluate",
    "evaluate_files",
    "find_notebook",
    "find_place",
    "hand_over",
    "is_stale",
    "load",
    "pack_results",
    "parquet_files",
    "read_built",
    "read_frame",
    "results_frames",
    "rules_hash",
    "safe_name",
    "source_hashes",
    "sweep",
    "unpack_results",
    "workbench",
    "write_built",
    "write_parts",
    "write_safely",
]
