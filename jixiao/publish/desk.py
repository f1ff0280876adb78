"""The analyst's desk (分析台): JupyterLab on the notebooks, opened on the first of them as a reader would see it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from jixiao.core.errors import RequestError
from jixiao.core.files import find_notebook, workbench

START = "00_start"
_SETTINGS = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)
"""Nothing is asked of another host, and nothing of the person."""


def desk_command(folder: Path, workspaces: Path, *more: str) -> list[str]:
    """Return the command that opens JupyterLab (启动命令) and prepare its start page.

    Args:
        folder: The notebooks.
        workspaces: An empty folder; what is open when JupyterLab starts is written there.
        more: Further options of JupyterLab.
    """
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    page = f"voila-preview:{START}.ipynb"  # how the extension of Voila names the page it restores
    layout = {"main": {"dock": {"type": "tab-area", "currentIndex": 0, "widgets": [page]}, "current": page}}
    shown = {"data": {"path": f"{START}.ipynb", "factory": "Voila Preview"}}
    data = {"layout-restorer:data": layout, page: shown}
    manager: Any = WorkspacesManager
    manager(workspaces).save("jixiao", json.dumps({"data": data, "metadata": {"id": "jixiao"}}))
    own = [f"--LabApp.workspaces_dir={workspaces}", "--LabApp.default_url=/lab/workspaces/jixiao"]
    return [sys.executable, "-m", "jupyterlab", *_SETTINGS, *own, *more, str(folder)]


def trust_own(folder: Path) -> int:
    """Sign the notebooks that are those of this program (信任自带的笔记本), so that they are shown without a question.

    Returns:
        How many there are; a notebook that somebody changed is not signed.
    """
    import nbformat
    from nbformat.sign import NotebookNotary

    notary, signed = NotebookNotary(), 0
    for path in sorted(folder.glob("*.ipynb")):
        try:
            find_notebook(path.stem)
        except RequestError:
            continue
        notary.sign(nbformat.read(path, as_version=4))
        signed += 1
    return signed


def copy_notebooks(source: Path, target: Path) -> None:
    """Copy the notebooks so that each shows what is built here, and none what came out elsewhere (自带笔记本).

    Args:
        source: The notebooks of the program.
        target: Where; it is made when it is not there.

    Example:
        >>> folder = Path(tempfile.mkdtemp())
        >>> copy_notebooks(find_notebook(START).parent, folder)
        >>> (folder / f"{START}.ipynb").is_file()
        True
    """
    import nbformat

    target.mkdir(exist_ok=True)
    for path in sorted(source.glob("*.ipynb")):
        book = nbformat.read(path, as_version=4)
        for cell in (one for one in book.cells if one.cell_type == "code"):
            cell.outputs, cell.execution_count = [], None
            if "parameters" in cell.metadata.get("tags", []):
                cell.source = cell.source.replace(_SHIPPED, _OWN)
        nbformat.write(book, target / path.name)


_SHIPPED, _OWN = 'place: str = "sample"', 'place: str = "built"'


def open_desk(*, browser: bool = True, port: int = 8888) -> int:
    """Open JupyterLab on the notebooks of the workbench until it is ended (打开分析台), and return its exit code.

    Raises:
        RequestError: There are no notebooks.
    """
    folder = workbench() / "notebooks"
    folder = folder if (folder / f"{START}.ipynb").is_file() else find_notebook(START).parent
    trust_own(folder)
    more = [f"--port={port}", *([] if browser else ["--no-browser"])]
    with tempfile.TemporaryDirectory(prefix="jixiao-") as made:
        try:
            return subprocess.call(desk_command(folder, Path(made), *more))
        except KeyboardInterrupt:
            return 0
