"""The commands of the registers beside the data (登记命令): bodies and reminders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jixiao.cli.asking import Place, shown
from jixiao.cli.stored import record
from jixiao.core.errors import JixiaoError


def bodies(
    out: Annotated[Path | None, typer.Option(help="写成文件（.yaml），不覆盖已有文件；默认显示在屏幕上")] = None,
    place: Place = "source",
) -> None:
    """按数据中的部门名称提出单位登记（其他写法、类别及其依据、地区），由人核定后存为 data/organisations.yaml。"""
    from jixiao.analysis.coverage import propose_bodies
    from jixiao.builds.run import evaluate_files
    from jixiao.core.files import write_safely

    if out is not None and out.suffix not in {".yaml", ".yml"}:
        raise JixiaoError(f"单位登记只能写成 .yaml 文件，实际为“{out.name}”，请换一个文件名")
    if out is not None and out.exists():
        raise JixiaoError(f"“{out}”已存在，不会覆盖；请另写一个文件名，核对后再并入")
    results, errors = evaluate_files(place)
    text = propose_bodies(results)
    if out is None:
        print(text, end="")
    else:
        write_safely(out, lambda path: path.write_text(text, encoding="utf-8"))
        record("export", out)
        print(f"已写出 {shown(out)}；请逐条核对后存为 data/organisations.yaml")
    if errors:
        raise JixiaoError("\n".join(str(error) for error in errors))


def remind(
    year: Annotated[int | None, typer.Option(help="年度，默认最近一年")] = None,
    department: Annotated[str, typer.Option(help="部门名称的一部分，默认全部")] = "",
    out: Annotated[Path | None, typer.Option(help="写到哪个目录，默认 催报清单")] = None,
    place: Place = "built",
) -> None:
    """按应评项目登记列出尚未报送的自评，每个部门一份催报清单（Word 和 Excel）。"""
    from jixiao.builds.run import evaluate_files, registered_now
    from jixiao.core.files import find_place, workbench
    from jixiao.core.vocabulary import word
    from jixiao.publish.papers.reminders import asked_basis, list_owed, write_reminders

    folder = out or workbench() / "催报清单"
    if folder.is_file() or folder.suffix:
        raise JixiaoError(f"--out 要写目录，“{folder.name}”像是文件名；每个部门各写一份 .docx 和 .xlsx")
    results, errors = evaluate_files(place)
    results, unusable, is_later = registered_now(results, find_place(place))
    if unusable:  # whom to remind would be worked out from something else, and nobody would see it
        raise JixiaoError("\n".join(map(str, unusable)) + "\n应评项目登记改好后再催报，没有写出清单")
    if is_later:
        print("注意：构建之后收到的表有变化，收到与否仍按上次构建；请先运行 jixiao build 再催报")
    owed = list_owed(results, year=year, department=department)
    for (name, state), rows in owed.groupby(["department", "coverage_state"], sort=True):
        print(f"{name}：{word('coverage_state', state)}{len(rows)}个（{'、'.join(rows['project'].head(5))}）")
    made = write_reminders(results, folder, year=year, department=department)
    for path in made:
        record("export", path)
    print(asked_basis(results, year=year, department=department))
    print(f"已写出 {len(made)} 个文件，目录：{shown(folder)}" if made else "应报的自评均已收到，没有要催报的。")
    if errors:
        raise JixiaoError("\n".join(str(error) for error in errors))
