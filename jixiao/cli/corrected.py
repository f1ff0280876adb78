"""The command about corrected forms (更正重报): ``jixiao resubmitted``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jixiao.cli.asking import shown
from jixiao.core.errors import JixiaoError


def resubmitted(
    place: Annotated[str, typer.Option("--place", help="数据位置：built、source、sample 或任意目录")] = "built",
    project: Annotated[str, typer.Option("--project", help="只看文件名含此文字的")] = "",
) -> None:
    """列出更正重报的表：逐格改了什么，消除了哪些问题，新出现哪些；原来的表仍保留。"""
    from jixiao.builds.ledger.resubmitted import compare_forms, overwritten, resubmissions
    from jixiao.builds.manifest import MANIFEST, place_of, read_manifest
    from jixiao.builds.run import evaluate_files
    from jixiao.core.files import find_place

    folder = find_place(place)
    results, errors = evaluate_files(place, frames=["ingest"])
    over = [one for one in overwritten(folder) if project in one.later] if (folder / MANIFEST).exists() else []
    built = folder
    if (folder / MANIFEST).exists():
        folder = place_of(folder, read_manifest(folder))
    pairs = [pair for pair in resubmissions(results.frames.ingest) if project in pair[0]]
    beside = (
        (f"{earlier}\n  已由“{later}”代替，改动", compare_forms(folder, earlier, later)) for earlier, later in pairs
    )
    above = ((f"{one.later}\n  已存为后一版（前一版见{_earlier(built, one.earlier)}），改动", one) for one in over)
    for head, found in (*beside, *above):
        print(f"{head} {len(found.changes)} 格")
        for row in found.changes.to_dict("records"):
            was, now = row["before"] or "空白", row["after"] or "空白"
            print(f"    {row['source_sheet']}!{row['source_cell']}：“{was}”改为“{now}”")
        for title, rows in (("消除", found.settled), ("新出现", found.new), ("仍在", found.left)):
            print(f"  {title}问题 {len(rows)} 个")
            for row in rows.to_dict("records"):
                if title != "仍在" or row["severity"] in {"error", "warning"}:
                    print(f"    {row['title']}：{row['message']}")
    if not pairs and not over:
        print("没有更正重报的表；更正的表与原表放在同一目录，文件名末尾写“（更正）”或“第2次报送”")
    if errors:
        raise JixiaoError("\n".join(str(error) for error in errors))


def _earlier(built: Path, earlier: str) -> str:
    """Say where the earlier form is: the copy that was kept, or the version of the built folder that was made of it."""
    return f" {shown(built / earlier)}" if "/" in earlier else f"构建版本 {earlier[:12]}，原表没有存底"
