"""The whole run on one page (一次运行), the page to read first: sources -> frames -> scores -> findings -> a version.

| step | takes | gives | room |
|---|---|---|---|
| :func:`load_frames` | the files of a data folder | frames, and the errors of unreadable files | ``reading`` |
| :func:`score` | frames | scores, one row an indicator; totals, one row an evaluation | ``scoring`` |
| :func:`run_checks` | frames, scores, totals | places, one row a cell; where the checks looked | ``checks`` |
| :func:`suppress` | places | those that remain, those a person put aside | ``checks`` |
| :func:`one_finding_a_fault` | places | findings, one row a fault with all its places | ``checks`` |
| :func:`write_version` | all of it | ``data/built``, from which :func:`read_built` gives it again | ``builds`` |

Nothing flows back, and no step changes what it takes. Analyses, figures, reports and boards take :class:`Results`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jixiao.builds.cluster import Evaluated, check_workers, evaluate_pieces
from jixiao.builds.manifest import (
    MANIFEST,
    declared_files,
    declared_hashes,
    read_manifest,
    refuse_half_made,
    source_hashes,
)
from jixiao.builds.originals import keep_originals
from jixiao.builds.readings import FOLDER, Readings
from jixiao.builds.unchanged import find_unchanged, keep_inputs, other_inputs
from jixiao.builds.versions import read_built, read_frame, write_version, writing
from jixiao.checks import one_finding_a_fault, run_checks
from jixiao.checks.set_aside import load_aliases, load_suppressions, suppress
from jixiao.core.errors import JixiaoError, ReadingErrors, RequestError
from jixiao.core.files import find_place, workbench
from jixiao.core.frames import SCHEMAS, Frames
from jixiao.core.results import REGISTERED, Results
from jixiao.reading.folder import load_frames
from jixiao.reading.organisations import FILE as ORGANISATIONS_FILE
from jixiao.reading.organisations import load_organisations
from jixiao.reading.register import FOLDER as REGISTER_FOLDER
from jixiao.reading.register import load_register
from jixiao.scoring import score

if TYPE_CHECKING:
    import pandas as pd
    from distributed import Client


def build(
    place: str | Path = "source",
    out: Path | None = None,
    *,
    client: Client | None = None,
    tell: Callable[[str, int, int], None] = lambda stage, done, whole: None,
) -> tuple[Results, list[JixiaoError]]:
    """Read, score and audit a data folder and keep the result as a version (构建); unchanged files are not read again.

    When nothing at all changed, the version in force is read and nothing is written.

    Args:
        place: As for :func:`load`; it is read on this machine.
        out: The folder that keeps the result, ``data/built`` when None.
        client: A ``distributed.Client`` whose workers score and audit; this process when None.
        tell: Is told how far the work is: the stage (read, evaluate, write), what is done and the whole, 0 if unknown.

    Returns:
        The results and the errors of the files that could not be read; the other files are in the results.

    Raises:
        RequestError: Another process is writing there, the folder cannot be written, lies among the forms, a source
            changed meanwhile, or the workers hold another version or other rules.
    """
    folder = find_place(place)
    target = out or workbench() / "data" / "built"
    if target.resolve().is_relative_to(folder):
        raise RequestError(f"构建结果不能写进放表格的目录“{place}”；请把 --out 写成另一个目录，如 data/built")
    if client is not None:
        check_workers(client)
    with writing(target):
        same = find_unchanged(folder, target, today=date.today(), is_writer=True)
        if same is not None:
            return read_built(target), [JixiaoError(sentence) for sentence in same.errors]
        day, began = date.today(), time.time_ns()
        inputs, declared = other_inputs(folder), declared_hashes(folder)
        frames, errors = load_frames(folder, keep_going=True, read=Readings(target / FOLDER), tell=tell)
        errors = [*errors, *registers_of(folder)[-1]]
        tell("evaluate", 0, 0)
        results = evaluate_folder(frames, folder, client=client, today=day)
        if declared_hashes(folder) != declared:
            raise RequestError("读取期间更正、别名或不予处理登记有改动，没有保存；请重新运行 jixiao build")
        tell("write", 0, 0)
        keep_originals(folder, target)
        write_version([results], target)
        entries = results.suppressions
        keep_inputs(
            target,
            folder,
            inputs=inputs,
            began=began,
            day=day,
            ends=entries.loc[entries["suppression_status"] != "expired", "expires"],
            counts={"files": results.frames.ingest["source_file"].nunique(), "evaluations": len(results.totals)},
            errors=errors,
        )
    return results, errors


def evaluate_folder(
    frames: Frames, folder: Path, *, framework: str = "", client: Client | None = None, today: date | None = None
) -> Results:
    """Score and audit the frames of a data folder, with what people declared about it (按登记事项计分与核查).

    Args:
        frames: What was read from the folder.
        folder: ``data/source`` has aliases and suppressions beside it; any other folder has none.
        framework: As for :func:`evaluate`.
        client: As for :func:`build`.
        today: The day that says which entries have ended; the present one when None.
    """
    declared = declared_files(folder)
    aliases = load_aliases(declared["aliases"]) if "aliases" in declared else {}
    entries = load_suppressions(declared["suppressions"]) if "suppressions" in declared else ()
    scores, totals, found, passed = evaluate_frames(frames, framework=framework, aliases=aliases, client=client)
    places, suppressed, suppressions = suppress(found, entries, today=today or date.today())
    findings = one_finding_a_fault(places)
    registered = dict(zip(REGISTERED, registers_of(folder)[:-1], strict=True))
    audited = {"passed": passed, "suppressed": suppressed, "suppressions": suppressions, **registered}
    return Results(frames, scores, totals, findings, folder, datetime.now(UTC), **audited)


def registers_of(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, list[JixiaoError]]:
    """Read what people registered beside a data folder (登记): bodies, projects that must be evaluated, printed means.

    Returns:
        The three frames, and one error for each file of the register of projects that cannot be used.

    Raises:
        DeclarationError: The register of bodies is wrong.
    """
    beside = folder.parent if folder.name == "source" else folder / MANIFEST  # any other folder has none
    register, means, errors = load_register(beside / REGISTER_FOLDER)
    return load_organisations(beside / ORGANISATIONS_FILE), register, means, errors


def evaluate_frames(
    frames: Frames, *, framework: str = "", aliases: Mapping[str, str] | None = None, client: Client | None = None
) -> Evaluated:
    """Score and audit frames (计分与核查), here or on a cluster.

    Args:
        frames: From :func:`jixiao.load`.
        framework: The framework of the self-evaluations instead of the default one.
        aliases: The declared name of a project by each of its other names.
        client: A ``distributed.Client`` whose workers do the work; this process when None.

    Returns:
        Scores and totals as from :func:`jixiao.score`, places and counts as from :func:`jixiao.checks.run_checks`; the
        same whoever works.

    Example:
        >>> import jixiao
        >>> scores, totals, findings, passed = evaluate_frames(jixiao.load("data/sample"))
        >>> len(totals), bool((passed["checked"] >= passed["passed"]).all())
        (10, True)
    """
    if client is not None:
        return evaluate_pieces(frames, client, framework=framework, aliases=aliases or {})
    scores, totals = score(frames, framework=framework)
    findings, passed = run_checks(frames, scores, totals, aliases=aliases)
    return scores, totals, findings, passed


def load(place: str | Path = "source") -> Frames:
    """Read a data folder into frames (读取数据); each frame of a built folder is read when it is first used.

    Args:
        place: ``data/source``, ``data/sample``, ``data/built`` or any folder of forms.

    Raises:
        ReadingErrors: Some forms could not be read; each has its sentence.
        RequestError: There is no such folder.

    Example:
        >>> import jixiao
        >>> sorted(jixiao.load("data/sample").projects["year"].unique().tolist())
        [2023, 2024]
    """
    if str(place) in _HANDED:
        return _HANDED[str(place)].frames
    folder = find_place(place)
    refuse_half_made(folder)
    if (folder / MANIFEST).exists():
        version = read_manifest(folder)["version"]
        return Frames.deferred({name: partial(read_frame, folder, name, version=version) for name in SCHEMAS})
    try:
        return load_frames(folder)[0]
    except ReadingErrors as errors:
        way = JixiaoError('其余文件可以读取：先运行 jixiao build，再用 jixiao.load("built")')
        raise ReadingErrors([*errors.errors, way]) from None


def evaluate(place: str | Path = "source", *, framework: str = "") -> Results:
    """Read, score and audit a data folder in one call (一步得到全部结果); a built folder is only read.

    Args:
        place: As for :func:`load`.
        framework: Score the self-evaluations by this framework instead of the default, for comparison.

    Example:
        >>> import jixiao
        >>> bool(jixiao.evaluate("data/sample").totals["total_reported"].notna().any())
        True
    """
    if str(place) in _HANDED and not framework:
        return _HANDED[str(place)]
    folder = find_place(place)
    if (folder / MANIFEST).exists() and not framework:
        return read_built(folder)
    frames, errors = load(folder), registers_of(folder)[-1]
    if errors:
        raise ReadingErrors(errors)
    return evaluate_folder(frames, folder, framework=framework)


def evaluate_files(
    place: str | Path = "source", *, framework: str = "", frames: Sequence[str] | None = None
) -> tuple[Results, list[JixiaoError]]:
    """Evaluate what can be read (能读的先算), and return the errors of the files that cannot.

    Args:
        place: As for :func:`load`.
        framework: As for :func:`evaluate`.
        frames: Of a built folder only these frames are read, as by :func:`read_built`; any other is evaluated whole.
    """
    folder = find_place(place)
    refuse_half_made(folder)
    if (folder / MANIFEST).exists() and frames is not None and not framework:
        return read_built(folder, frames=frames), []
    if (folder / MANIFEST).exists():
        return evaluate(folder, framework=framework), []
    every, errors = load_frames(folder, keep_going=True)
    return evaluate_folder(every, folder, framework=framework), [*errors, *registers_of(folder)[-1]]


def registered_now(results: Results, folder: Path) -> tuple[Results, list[JixiaoError], bool]:
    """Put what is registered today in the place of what a build kept (现在的登记), so that no later change is missed.

    Args:
        results: From :func:`evaluate_files`.
        folder: The folder they are of; only a built one keeps registers that can be out of date.

    Returns:
        The results with the registers as they stand, one error for each register of projects that cannot be used, and
        whether forms came or were changed since the build.

    Raises:
        RequestError: A register is a link that leaves its folder, or no file that can be read.
    """
    if not (folder / MANIFEST).exists() or results.place.resolve() == folder.resolve():
        return results, [], False
    declared_files(results.place)  # refuses what is no file of this folder
    *registered, errors = registers_of(results.place)
    is_later = read_manifest(folder)["sources"] != source_hashes(results.place)
    return replace(results, **dict(zip(REGISTERED, registered, strict=True))), errors, is_later


_HANDED: dict[str, Results] = {}


def hand_over(place: str, results: Results) -> None:
    """Let :func:`load` and :func:`evaluate` of a place give these results in this process (交付结果); nothing is read.

    A kernel that makes one report is handed what the report may see; it needs neither the files nor the time to read.
    """
    _HANDED[place] = results
