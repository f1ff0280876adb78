"""A data folder (数据目录) -> frames: every file read, what arrived twice settled, corrections applied, rows made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from jixiao.core.errors import JixiaoError, KeyConflictError, ReadingErrors
from jixiao.core.files import checksum, form_names, list_received
from jixiao.core.frames import Frames
from jixiao.reading.forms.records import Reading
from jixiao.reading.forms.teaching import Lessons, lessons_folder
from jixiao.reading.ingest import ingest_report
from jixiao.reading.submissions import Submissions
from jixiao.reading.supplements import add_supplements
from jixiao.reading.tidy.make_frames import make_frames
from jixiao.reading.workers import read_files

Read = Callable[[Sequence[tuple[Path, str]]], Iterator[list[Reading] | JixiaoError]]
"""How many files are read, as :func:`jixiao.reading.workers.read_files` does."""


def load_frames(
    folder: Path,
    *,
    keep_going: bool = False,
    read: Read = read_files,
    tell: Callable[[str, int, int], None] = lambda stage, done, whole: None,
) -> tuple[Frames, list[JixiaoError]]:
    """Read every form of a data folder (数据目录) into frames.

    Args:
        folder: For example ``data/source``, with a folder per year.
        keep_going: Read what can be read and return the errors; otherwise they are raised together.
        read: How the files are read; one that knows what it read before need not open them again.
        tell: Is told after each file how many of them are read.

    Returns:
        The frames and the errors of the files that could not be read.

    Raises:
        ReadingErrors: Some files could not be read and ``keep_going`` is off.
        KeyConflictError: The same project, year and evaluation arrived twice.
        CorrectionError: A correction no longer matches its file.
    """
    arrived = Submissions()
    arrived.errors += Lessons(lessons_folder()).broken
    forms, refused = list_received(folder)
    arrived.errors += refused
    files = list(form_names(folder, forms).items())
    for number, ((path, name), found) in enumerate(zip(files, read(files), strict=True), 1):
        tell("read", number, len(files))
        if isinstance(found, JixiaoError):
            arrived.refuse(name, found, checksum=checksum(path))
        else:
            arrived.add(found, checksum=checksum(path))
    if arrived.errors and not keep_going:
        raise ReadingErrors(arrived.errors)
    corrections = folder.parent / "corrections.yaml"
    if folder.name == "source" and corrections.exists():
        arrived.correct(corrections)
    return add_supplements(settle(arrived, keep_going=keep_going), folder), arrived.errors


def settle(arrived: Submissions, *, keep_going: bool = True) -> Frames:
    """Settle what arrived twice and make the frames of what counts (定稿); errors are added to those of ``arrived``.

    Raises:
        JixiaoError: Some forms contradict each other and ``keep_going`` is off.
    """
    arrived.sort()
    if arrived.errors and not keep_going:
        raise arrived.errors[0]
    frames: Frames | None = None
    while frames is None:
        try:
            frames = make_frames(arrived.kept)
        except KeyConflictError as error:
            if not keep_going:
                raise
            arrived.set_apart(error)
    frames.ingest = ingest_report(arrived, frames)
    return frames
