"""The command that writes the brief of a year (要点简报)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jixiao.cli.asking import Place, shown
from jixiao.cli.stored import record


def brief(
    year: Annotated[int, typer.Option("--year", help="年度，默认最近一年")] = 0,
    department: Annotated[str, typer.Option("--department", help="主管部门的全称，默认全部部门")] = "",
    out: Annotated[Path | None, typer.Option(help="写到哪里：.docx、.pdf 或 .pptx 文件；默认只打印要点")] = None,
    place: Place = "built",
) -> None:
    """用几句话说一年的要点：变化、拖后腿的、异常、要定的事；加 --out 写成一页简报或幻灯片。"""
    from jixiao.analysis.briefing import brief_statements
    from jixiao.builds.run import evaluate
    from jixiao.core.errors import JixiaoError
    from jixiao.publish.papers.brief import write_brief

    results = evaluate(place)
    years = sorted({int(one) for one in results.frames.projects["year"].dropna()})
    if not years:
        raise JixiaoError("没有可以说的项目，请先放入表格并运行 jixiao build")
    chosen = year or years[-1]
    rows = brief_statements(results, year=chosen, department=department)
    for said in rows["key_point"]:
        print(f"· {said}")
    if out is not None:
        write_brief(results, out, year=chosen, department=department)
        record("export", out)
        print(f"已写出 {shown(out)}")
