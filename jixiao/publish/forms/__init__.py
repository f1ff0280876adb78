"""Write official forms (写出官方表格): form 1 from the frames, or empty, as .xlsx or .docx.

What is written is read back before it is kept: a form that would not say the same is refused, never saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jixiao.builds.run import load
from jixiao.core.errors import RequestError
from jixiao.core.files import find_place, safe_name, write_safely
from jixiao.core.frames import Frames
from jixiao.publish.forms.filled_document import paint_document
from jixiao.publish.forms.filled_workbook import (
    BOOK_OPTIONS,
    MAX_HEIGHT,
    MAX_TEXT,
    paint_sheet,
    paint_workbook,
    text_length,
    write_text,
)
from jixiao.publish.forms.layouts import Layout, load_layout
from jixiao.publish.forms.read_back import prove, read_frames
from jixiao.publish.forms.selection import Evaluation, list_evaluations, name_evaluations, number_of, pick_evaluation
from jixiao.publish.forms.self_evaluation import lay_out, lay_out_empty
from jixiao.publish.forms.slots import LINE_POINTS, LaidOut, Slot, plain, sum_formula, text_lines

FORMATS = (".xlsx", ".docx")


@dataclass(frozen=True)
class Written:
    """One written form (写出的表): where it is, and what could not be written as it was."""

    path: Path
    notes: tuple[str, ...] = ()


def load_file(source: Path) -> Frames:
    """Read one form file, or a data folder (读一个文件或数据目录).

    Raises:
        FormError: The file cannot be read.
        RequestError: There is no such folder.
    """
    return load(find_place(source)) if source.is_dir() or not source.suffix else read_frames(source)


def write_forms(frames: Frames, out: Path, *, project: str = "", year: int | None = None) -> list[Written]:
    """Write the self-evaluations of frames as form 1 (写出项目支出绩效自评表).

    Args:
        frames: What was read.
        out: A file ending in .xlsx or .docx for one evaluation; a folder, which gets a workbook for each.
        project: Part of the name of a project.
        year: Only this year.

    Returns:
        The written files, each with what could not be written as it was.

    Raises:
        RequestError: Nothing fits, several evaluations fit one file, or the file has another ending.
        FormError: A form would not be read back as it is; it is not kept.

    Basis: 财预〔2020〕10号附1.

    Example:
        >>> import tempfile, jixiao
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     written = write_forms(jixiao.load("sample"), Path(folder), year=2024)
        ...     len(written), written[0].path.suffix
        (4, '.xlsx')
    """
    layout = load_layout()
    is_folder = _is_folder(out)
    evaluations = list_evaluations(frames, layout, project=project, year=year)
    if is_folder:
        out.mkdir(parents=True, exist_ok=True)
        names = _unique_names([layout.file_name.format(**evaluation.head) for evaluation in evaluations])
        return [
            _write(evaluation, out / f"{name}{FORMATS[0]}") for evaluation, name in zip(evaluations, names, strict=True)
        ]
    if len(evaluations) > 1:
        named = name_evaluations([evaluation.head for evaluation in evaluations], layout)
        raise RequestError(
            f"有{len(evaluations)}份自评表：{named}；请用 --project 和 --year 选定一份，或把 --out 写成目录"
        )
    return [_write(evaluations[0], out)]


def write_template(out: Path, *, year: int | None = None) -> Written:
    """Write an empty form 1 for a unit to fill in (写出空表), with choices, checks and hints.

    Args:
        out: A file ending in .xlsx or .docx, or a folder.
        year: The evaluated year; left to be filled in when None.

    Raises:
        RequestError: The file has another ending, or the year is none.
    """
    if year is not None and not 1000 <= year <= 9999:
        raise RequestError(f"年度应为四位数，如 2024，实际为 {year}")
    layout = load_layout()
    if _is_folder(out):
        out.mkdir(parents=True, exist_ok=True)
        out = out / f"{safe_name(layout.template.file_name)}{FORMATS[0]}"
    form = lay_out_empty(year)
    write_safely(out, lambda target: _paint(form, target))
    return Written(out)


def _is_folder(out: Path) -> bool:
    """Say whether the forms go into a folder; another ending than .xlsx or .docx is refused."""
    if out.is_dir() or not out.suffix:
        return True
    if out.suffix.lower() not in FORMATS:
        raise RequestError(f"--out 的扩展名“{out.suffix}”不能写出，应为 .xlsx 或 .docx，或写成目录")
    if not out.parent.is_dir():
        raise RequestError(f"目录“{out.parent}”不存在，请先建立或更改 --out")
    return False


def _unique_names(names: list[str]) -> list[str]:
    """Return safe file names, each once whatever the case of its letters."""
    taken: set[str] = set()
    unique = []
    for name in map(safe_name, names):
        free, number = name, 1
        while free.casefold() in taken:
            number += 1
            free = f"{name}({number})"
        taken.add(free.casefold())
        unique.append(free)
    return unique


def _write(evaluation: Evaluation, out: Path) -> Written:
    form = lay_out(evaluation)
    tall: list[int] = []

    def paint(target: Path) -> None:
        tall.extend(_paint(form, target))
        prove(target, out.name, evaluation, form.layout)

    write_safely(out, paint)
    notes = [form.layout.notes["tall"].format(row=row) for row in tall]
    return Written(out, (*evaluation.notes, *notes))


def _paint(form: LaidOut, path: Path) -> list[int]:
    if path.suffix.lower() == ".docx":
        paint_document(form, path)
        return []
    return paint_workbook(form, path)


__all__ = [
    "BOOK_OPTIONS",
    "FORMATS",
    "LINE_POINTS",
    "MAX_HEIGHT",
    "MAX_TEXT",
    "Evaluation",
    "LaidOut",
    "Layout",
    "Slot",
    "Written",
    "lay_out",
    "load_file",
    "load_layout",
    "number_of",
    "paint_sheet",
    "pick_evaluation",
    "plain",
    "read_frames",
    "sum_formula",
    "text_length",
    "text_lines",
    "write_forms",
    "write_template",
    "write_text",
]
