"""The made-up province (示例省): departments, projects and forms nobody filled in, to demonstrate and measure with.

Everything is drawn at random from what ``rules/sample.yaml`` declares; the same request gives the same content. What is
made has the layout of every other place, is labelled 示例数据（虚构） wherever a reader could meet it, and is never
written among real data. There is no progress of execution by month: the frames have no such column.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from jixiao.builds.manifest import MANIFEST
from jixiao.builds.versions import write_parts
from jixiao.checks import load_checks, one_finding_a_fault, run_checks
from jixiao.core.errors import RequestError
from jixiao.core.files import checksum, workbench, write_safely
from jixiao.core.frames import PROJECT_KINDS, SCHEMAS, Frames
from jixiao.core.results import Results
from jixiao.sample.attainment import make_rows
from jixiao.sample.budgets import Money, make_money
from jixiao.sample.catalogue import declared
from jixiao.sample.chunks import Chunk
from jixiao.sample.columns import frame_of
from jixiao.sample.population import Population, most_departments, populate
from jixiao.sample.review_forms import review_frames
from jixiao.sample.self_forms import self_frames
from jixiao.sample.summary_papers import write_papers
from jixiao.scoring import score

PORTION = 5_000
"""Projects of one year that are made at a time; the content depends on it."""
HELD = 600_000
"""Indicator rows that are scored, audited and written at a time: a usual province whole, a large one in batches."""
FIRST_YEAR, LAST_YEAR = 2020, 2100
_REVIEWS = PROJECT_KINDS[:0:-1]
_PLANTED = {"code": "str", "year": "Int64", "project_id": "str", "evaluation": "str", "indicator_id": "str"}


@dataclass(frozen=True)
class Wanted:
    """What a province is made from (生成条件)."""

    departments: int
    years: tuple[int, ...]
    projects: int
    seed: int = 1


def parse_years(text: str) -> tuple[int, ...]:
    """Read a span of years as it is typed (年度范围).

    Raises:
        RequestError: It is none, or it ends before it starts.

    Example:
        >>> parse_years("2020:2022"), parse_years("2024")
        ((2020, 2021, 2022), (2024,))
    """
    found = re.fullmatch(r"([0-9]{4})(?:[::]([0-9]{4}))?", text.strip())
    if not found:
        raise RequestError(f"--years 应写成“起始年度:结束年度”，如 2020:2024，实际为“{text}”")
    first, last = int(found[1]), int(found[2] or found[1])
    if first > last:
        raise RequestError(f"--years 的起始年度 {first} 晚于结束年度 {last}，请改为 {last}:{first}")
    if first < FIRST_YEAR or last > LAST_YEAR:
        raise RequestError(
            f"--years 应在 {FIRST_YEAR} 至 {LAST_YEAR} 之间（规则自 {FIRST_YEAR} 年起适用），实际为 {text}"
        )
    return tuple(range(first, last + 1))


def check_wanted(wanted: Wanted) -> None:
    """Refuse what cannot be made (核对生成条件).

    Raises:
        RequestError: Too few or too many departments or projects, or a negative seed.
    """
    most = most_departments()
    if not 1 <= wanted.departments <= most:
        raise RequestError(f"--departments 应在 1 至 {most} 之间，实际为 {wanted.departments}")
    if wanted.projects < wanted.departments:
        raise RequestError(
            f"每个部门至少有一个项目：--projects（{wanted.projects}）不能少于 --departments（{wanted.departments}）"
        )
    if wanted.seed < 0:
        raise RequestError(f"--seed 应为不小于 0 的整数，实际为 {wanted.seed}")


def make_parts(wanted: Wanted) -> Iterator[tuple[Frames, pd.DataFrame]]:
    """Make a province part by part, so that its size does not matter (分批编造).

    Yields:
        The frames of some projects of a year, and the slips planted in them: ``code`` is the check that is meant to
        find the slip; ``indicator_id`` is empty where it lies in the form as a whole.
    """
    check_wanted(wanted)
    population = populate(
        departments=wanted.departments, years=wanted.years, projects=wanted.projects, seed=wanted.seed
    )
    for year, money in zip(wanted.years, make_money(population), strict=True):
        alive = population.alive(year)
        for start in range(0, len(alive), PORTION):
            chosen = alive[start : start + PORTION]
            yield _part(population, chosen, year, money.take(chosen), start)


def make_province(wanted: Wanted) -> tuple[Frames, pd.DataFrame]:
    """Make a whole province in memory (编造示例省).

    Returns:
        The frames as any place has them, and the planted slips: code, year, project_id, evaluation, indicator_id.

    Example:
        >>> frames, planted = make_province(Wanted(departments=2, years=(2024,), projects=4))
        >>> frames.projects["project_id"].nunique()
        4
    """
    return _together(list(make_parts(wanted)))


def _together(made: list[tuple[Frames, pd.DataFrame]]) -> tuple[Frames, pd.DataFrame]:
    frames = {name: pd.concat([getattr(part, name) for part, _ in made], ignore_index=True) for name in SCHEMAS}
    return Frames(**frames), pd.concat([planted for _, planted in made], ignore_index=True)


def _batches(wanted: Wanted) -> Iterator[tuple[Frames, pd.DataFrame]]:
    """Join the parts of a province into batches of at most ``HELD`` indicator rows, or one part."""
    held: list[tuple[Frames, pd.DataFrame]] = []
    for part in make_parts(wanted):
        if held and sum(len(frames.indicators) for frames, _ in (*held, part)) > HELD:
            yield _together(held)
            held = []
        held.append(part)
    yield _together(held)


def write_province(
    wanted: Wanted, out: Path, *, with_forms: bool = False, tell: Callable[[int, int], None] = lambda done, of: None
) -> dict[str, int]:
    """Make a province and write it as a place (写出示例省): scored, audited, labelled.

    Args:
        wanted: What is to be made.
        out: The folder of the place; it must be new or empty, and not among real data.
        with_forms: Write every form as a file too, and read each back.
        tell: Called with the projects done and the projects in all.

    Returns:
        How many evaluations, indicator rows, findings and planted slips there are.

    Raises:
        RequestError: The request cannot be met; nothing was written.
    """
    check_wanted(wanted)
    _check_place(out)
    out = out.resolve()  # the current folder has no name of its own
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f".{os.getpid()}.{out.name}")
    planted: list[pd.DataFrame] = []
    counts = dict.fromkeys(("evaluations", "indicators", "findings", "planted", "files"), 0)
    try:
        sample = declared()
        forms = beside / sample["forms"]
        forms.mkdir(parents=True)
        write_parts(_results(wanted, forms, with_forms, planted, counts, tell), beside, remark=sample["remark"])
        every = pd.concat(planted, ignore_index=True)
        write_safely(beside / "planted.parquet", lambda target: every.to_parquet(target, index=False))
        text = _readme(wanted, every)
        for folder in (beside, forms):
            write_safely(folder / "README.md", lambda target: target.write_text(text, encoding="utf-8"))
        _move(beside, out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return counts


def _results(
    wanted: Wanted,
    forms: Path,
    with_forms: bool,
    planted: list[pd.DataFrame],
    counts: dict[str, int],
    tell: Callable[[int, int], None],
) -> Iterator[Results]:
    done = 0
    for frames, slips in _batches(wanted):
        if with_forms:
            counts["files"] += write_papers(frames, forms)
            sums = [checksum(forms / name) for name in frames.ingest["source_file"]]
            frames.ingest = frames.ingest.assign(checksum=pd.Series(sums, dtype="str"))
        scores, totals = score(frames)
        places, passed = run_checks(frames, scores, totals)
        findings = one_finding_a_fault(places)
        planted.append(slips)
        sizes = {"evaluations": totals, "indicators": scores, "findings": findings, "planted": slips}
        for name, frame in sizes.items():
            counts[name] += len(frame)
        yield Results(frames, scores, totals, findings, forms, datetime.now(UTC), passed)
        done += len(frames.projects)
        tell(done, wanted.projects * len(wanted.years))


def _move(beside: Path, out: Path) -> None:
    """Move a whole place to where it is wanted; the folder that one works in stays, and its manifest comes last."""
    if out == Path.cwd():
        for path in sorted(beside.iterdir(), key=lambda one: one.name == MANIFEST):
            os.replace(path, out / path.name)
        return
    if out.exists():
        out.rmdir()
    os.replace(beside, out)


def _check_place(out: Path) -> None:
    """Refuse a place that holds something, or that belongs to data which were received."""
    whole = out.resolve()
    for name in ("source", "sample", "built", "facts", "making"):
        if whole.is_relative_to((workbench() / "data" / name).resolve()):
            raise RequestError(f"示例数据不能写入 data/{name}，以免与其他数据混在一起；请把 --out 改为另一个新目录")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RequestError(f"“{out}”已存在且不是空目录，不会覆盖；请把 --out 改为新目录，或先自行清空")


def _part(
    population: Population, chosen: np.ndarray, year: int, money: Money, start: int
) -> tuple[Frames, pd.DataFrame]:
    rng = np.random.default_rng([population.seed, 2, year, start])
    rows = make_rows(population, chosen, year, money, rng)
    whole = Chunk(population, chosen, year, money, rows, rng)
    made = {"self": self_frames(whole)}
    places = {"self": np.arange(len(chosen))}
    shares = declared()["assumed"]["reviewed"]
    for evaluation in _REVIEWS:
        places[evaluation] = np.flatnonzero(rng.random(len(chosen)) < float(shares[evaluation]))
        reviewed = places[evaluation]
        made[evaluation] = review_frames(_reviewed(whole, reviewed), evaluation) if len(reviewed) else ({}, [])
    ordered = [*_REVIEWS, "self"]
    frames = {name: _joined(name, [made[each][0].get(name) for each in ordered]) for name in SCHEMAS}
    frames["projects"] = frames["projects"].drop_duplicates(["year", "project_id"]).reset_index(drop=True)
    keys = population.projects["project_id"]
    planted = []
    for each in ordered:
        for slip in made[each][1]:
            project = keys.take(chosen[places[each][slip["form"]]]).reset_index(drop=True)
            ids = [f"{number:03d}" for number in slip["indicator"]] if "indicator" in slip else ""
            columns = {"year": year, "evaluation": each, "indicator_id": ids, "code": slip["code"]}
            planted.append(project.to_frame().assign(**columns))
    listed = pd.concat(planted, ignore_index=True)[list(_PLANTED)].astype(_PLANTED)
    return Frames(**frames), listed


def _reviewed(whole: Chunk, places: np.ndarray) -> Chunk:
    """Return the part of a chunk that is evaluated by its department or by the finance department."""
    number = np.full(len(whole.chosen), -1)
    number[places] = np.arange(len(places))
    rows = whole.rows[number[whole.rows["form"]] >= 0]
    rows = rows.assign(form=number[rows["form"]]).reset_index(drop=True)
    return Chunk(whole.population, whole.chosen[places], whole.year, whole.money.take(places), rows, whole.rng)


def _joined(name: str, parts: Iterable[pd.DataFrame | None]) -> pd.DataFrame:
    """Join the rows of the kinds of evaluation in the order in which a folder of forms is read."""
    found = [part for part in parts if part is not None]
    if not found:
        return frame_of(name, 0)
    joined = pd.concat(found, ignore_index=True)
    return joined.sort_values("source_file", kind="stable").reset_index(drop=True)


def _readme(wanted: Wanted, planted: pd.DataFrame) -> str:
    sample = declared()
    counted = planted["code"].value_counts().sort_index()
    lines = [
        sample["planted_line"].format(title=load_checks()[code].title, code=code, count=count)
        for code, count in counted.items()
    ]
    return str(sample["readme"]).format(
        departments=wanted.departments,
        years=sample["year_span"].format(first=wanted.years[0], last=wanted.years[-1]),
        projects=wanted.projects,
        seed=wanted.seed,
        planted="\n".join(lines),
    )


__all__ = [
    "PORTION",
    "Wanted",
    "check_wanted",
    "make_parts",
    "make_province",
    "parse_years",
    "write_province",
]
