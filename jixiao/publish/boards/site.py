"""The pages as a folder of files (静态看板): any web server, or none, shows them; nothing is computed on a server."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

import jixiao
from jixiao.analysis.coverage import follow_successors
from jixiao.core.errors import RequestError, say_refused
from jixiao.core.files import write_safely
from jixiao.core.harmless import json_text
from jixiao.core.results import Results
from jixiao.publish.boards.board_issues import Problems
from jixiao.publish.boards.board_rules import boards
from jixiao.publish.boards.declared_pages import describe
from jixiao.publish.boards.packing import pack
from jixiao.publish.boards.prepared import prepare
from jixiao.publish.boards.scripts import MARK, PAGES, page_body, script
from jixiao.show.figure import plotly_script
from jixiao.show.markup import fill


def write_site(
    results: Results,
    folder: Path,
    *,
    is_old: bool = False,
    links: Mapping[tuple[int, str, str], str] | None = None,
    problems: Problems | None = None,
) -> int:
    """Write the pages of some results as a folder of static files (生成静态看板); the folder changes all at once.

    Departments that were renamed or merged stand under the body that answers for them now; the pages say so.

    Args:
        results: From :func:`jixiao.evaluate`.
        folder: A new or empty folder, or one that this function wrote before.
        is_old: Sources or rules changed since the results were made; the pages then say so.
        links: Address of the report of an evaluation by year, project and kind, as :func:`prepare` takes it.
        problems: What the ledger holds of these data (``board_issues.problems_of``); nothing when None.

    Returns:
        The bytes written.

    Raises:
        RequestError: The folder holds something else, or cannot be written.
    """
    folder = folder.absolute()
    if folder.exists() and not (folder / MARK).exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RequestError(f"目录“{folder}”中已有其他文件，静态看板须写到新目录、空目录或以前生成的看板目录")
    beside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    old = beside.with_name(f"{beside.name}.old")
    try:
        (beside / "data").mkdir(parents=True)
        _fill(results, beside, is_old, links, problems)
        if folder.exists():
            os.replace(folder, old)
        os.replace(beside, folder)
    except OSError as error:
        if old.exists() and not folder.exists():
            os.replace(old, folder)
        raise RequestError(f"静态看板不能写入“{folder}”：{say_refused(error)}，请换一个目录或腾出空间") from error
    finally:
        for left in (beside, old):
            shutil.rmtree(left, ignore_errors=True)
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _fill(
    results: Results,
    folder: Path,
    is_old: bool,
    links: Mapping[tuple[int, str, str], str] | None,
    problems: Problems | None,
) -> None:
    stamp, chunks = secrets.token_hex(6), {}
    results, merged = follow_successors(results)
    for name, tables in prepare(results, links, problems=problems):
        packed = {key: pack(frame) for key, frame in tables.items()}
        chunks[name] = max(table["count"] for table in packed.values())
        _write_chunk(folder, name, stamp, packed)
    described = describe(results, chunks=chunks, stamp=stamp, is_old=is_old, merged=merged, problems=problems)
    _write_chunk(folder, "pages", stamp, described)
    newest = [name for year in described["years"][-1:] if (name := f"projects-{year}") in chunks]
    mark = {"jixiao": jixiao.__version__, "stamp": stamp, "first": ["pages", *newest]}
    (folder / MARK).write_text(json.dumps(mark), encoding="utf-8")
    (folder / "board.js").write_text(f'"use strict";\n{{\n{script("site")}\n}}\n', encoding="utf-8")
    shutil.copyfile(PAGES / "board.css", folder / "board.css")
    shutil.copyfile(plotly_script(), folder / "plotly.min.js")
    text = fill(PAGES, "index.html", title=boards()["title"], body=page_body(folder))
    (folder / "index.html").write_text(text, encoding="utf-8")


def _write_chunk(folder: Path, name: str, stamp: str, content: object) -> None:
    """Write one chunk as a script, so that a page opened from a folder can load it."""
    text = json_text(content, separators=(",", ":"), allow_nan=False)
    call = f"jixiaoChunk({json.dumps(name)},{json.dumps(stamp)},{text})\n"
    path = folder / "data" / f"{name}.js"
    write_safely(path, lambda target: target.write_text(call, encoding="utf-8"))
