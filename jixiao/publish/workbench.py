"""A folder of one's own to work in (新建工作目录): where forms go, what is put on record, a page."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from jixiao.core.errors import RequestError
from jixiao.core.files import explained, shipped_folder
from jixiao.core.models import Model, Text, Words, checked_shipped
from jixiao.publish.desk import copy_notebooks
from jixiao.publish.forms import write_template


class _Workbench(Model):
    """The whole of ``rules/workbench.yaml`` (新工作目录中的文字)."""

    readme_file: Text
    form_file: Text
    notebooks_folder: Text
    readme: Text
    registers: Words
    made: Text


def lay_out(folder: Path, *, year: int, with_sample: bool = False) -> str:
    """Lay out a workbench in a new or empty folder (新建工作目录), and return what to do next.

    Args:
        folder: Where; it may be there already when nothing stands in it.
        year: The year of the first forms.
        with_sample: Put the made-up forms that come with the program into it.

    Raises:
        RequestError: The folder holds something, the year is none, or nothing can be written there.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp()) / "a"
        >>> lay_out(folder, year=2024).splitlines()[0].endswith("a")
        True
        >>> (folder / "data" / "source" / "2024").is_dir()
        True
    """
    if not 1000 <= year <= 9999:
        raise RequestError(f"年度应为四位数，如 2024，实际为 {year}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RequestError(f"“{folder}”已有内容，没有改动；请换一个新目录或空目录")
    words = checked_shipped("workbench.yaml", _Workbench)
    form = words["form_file"].format(year=year)
    named = {"year": year, "form": form, "notebooks": words["notebooks_folder"], "forms": f"data/source/{year}/*"}
    with explained(folder):
        source = folder / "data" / "source"
        (source / str(year)).mkdir(parents=True)
        (source.parent / "register").mkdir()
        for name, text in words["registers"].items():
            (source.parent / f"{name}.yaml").write_text(text.format(**named), encoding="utf-8")
        (folder / words["readme_file"]).write_text(words["readme"].format(**named), encoding="utf-8")
        write_template(folder / form, year=year)
        copy_notebooks(shipped_folder("notebooks"), folder / words["notebooks_folder"])
        if with_sample:
            for each in sorted(path for path in shipped_folder("sample").iterdir() if path.is_dir()):
                _copy(each, source / each.name, "*.*")
    shown = f'"{folder}"' if re.search(r"[^\w./\\:-]", str(folder)) else folder  # as a shell takes it
    return str(words["made"].format(folder=folder, shell=shown, **named))


def _copy(source: Path, target: Path, pattern: str) -> None:
    target.mkdir(exist_ok=True)
    for path in sorted(source.glob(pattern)):
        shutil.copyfile(path, target / path.name)
