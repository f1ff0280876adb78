"""Some files by themselves (单独几份表): read, scored and audited as they would be among others, and nothing kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from jixiao.builds.run import evaluate_frames
from jixiao.checks import one_finding_a_fault
from jixiao.core.errors import JixiaoError
from jixiao.core.files import checksum, plain_name, refusal_of
from jixiao.core.results import Results
from jixiao.reading.folder import settle
from jixiao.reading.forms.teaching import Lessons, lessons_folder
from jixiao.reading.submissions import Submissions
from jixiao.reading.workers import read_files


def evaluate_forms(paths: Sequence[Path]) -> tuple[Results, list[JixiaoError]]:
    """Read, score and audit some files alone (单独核查), within the limits of time and memory.

    Args:
        paths: The files; two of the same name are told apart by their folder.

    Returns:
        The results, in which a file goes by its name, and the errors of the files that could not be read.

    Example:
        >>> from jixiao.core.files import find_place
        >>> first = sorted((find_place("sample") / "2023").glob("*自评表.xlsx"))[0]
        >>> results, errors = evaluate_forms([first])
        >>> len(results.totals), errors
        (1, [])
    """
    refused = {path: error for path in paths if path.exists() and (error := refusal_of(path)) and not path.is_dir()}
    names = file_names([path for path in paths if path not in refused])
    arrived = Submissions()
    arrived.errors += Lessons(lessons_folder()).broken
    arrived.errors += refused.values()
    for (path, name), found in zip(names.items(), read_files(list(names.items())), strict=True):
        if isinstance(found, JixiaoError):
            arrived.refuse(name, found, checksum=checksum(path) if path.is_file() else "")
        else:
            arrived.add(found, checksum=checksum(path))
    frames = settle(arrived)
    scores, totals, places, passed = evaluate_frames(frames)
    findings = one_finding_a_fault(places)
    place = paths[0].absolute().parent if paths else Path.cwd()
    return Results(frames, scores, totals, findings, place, datetime.now(UTC), passed), arrived.errors


def file_names(paths: Sequence[Path]) -> dict[Path, str]:
    """Return by what name each file goes (文件名称): its own, with its folder when two have the same.

    Example:
        >>> list(file_names([Path("a/x.xlsx"), Path("b/x.xlsx"), Path("y.xlsx")]).values())
        ['a/x.xlsx', 'b/x.xlsx', 'y.xlsx']
    """
    counts = Counter(path.name for path in dict.fromkeys(paths))
    return {path: plain_name(path.name if counts[path.name] == 1 else path.as_posix()) for path in paths}
