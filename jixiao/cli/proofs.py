"""Evidence lists (佐证清单): the commands ``jixiao evidence …``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jixiao.cli.asking import choose, shown, tell_received
from jixiao.cli.usage import Command, Group

evidence = typer.Typer(
    cls=Group, no_args_is_help=True, rich_markup_mode=None, help="佐证清单：写出、收回、列出应有、已收和缺的。"
)

Place = Annotated[str, typer.Option("--place", help="数据位置：built、source、sample 或任意目录")]
By = Annotated[str, typer.Option("--by", help="由谁办理（岗位或姓名），默认当前用户")]


@evidence.command(cls=Command)
def send(
    year: Annotated[int, typer.Option("--year", help="年度")],
    out: Annotated[Path, typer.Option("--out", help="佐证清单写到哪个目录")] = Path("佐证清单"),
    unit: Annotated[list[str] | None, typer.Option("--unit", help="只发给名称含此文字的单位，可多次")] = None,
    again: Annotated[bool, typer.Option("--again", help="再要一次已要过而没有收齐的")] = False,
    place: Place = "built",
    by: By = "",
) -> None:
    """每个单位写一份佐证清单（工作簿）：每项自评指标应附什么佐证，并记入台账。"""
    from jixiao.builds.run import evaluate
    from jixiao.cli.asking import check_names
    from jixiao.publish.rounds.proof_books import send_lists

    results = evaluate(place)
    check_names([results.totals], years=[year], departments=[], projects=[])
    sent = send_lists(results, out, year=year, owners=unit or [], again=again, by=by)
    for one in sent:
        print(f"{one.request} {one.owner}：{one.count} 项指标，{shown(one.path)}")
    print(f"发出 {len(sent)} 份清单，共 {sum(one.count for one in sent)} 项指标")


@evidence.command(cls=Command)
def receive(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="单位填好的佐证清单；佐证文件放在它旁边")],
    by: By = "",
) -> None:
    """读入佐证清单，随附的文件存档并记校验码；有没有读入的以代码 1 结束。"""
    from jixiao.publish.rounds.proof_books import receive_lists

    tell_received(receive_lists(files, by=by))


@evidence.command("list", cls=Command)
def list_proofs(
    year: Annotated[list[int] | None, typer.Option("--year", help="只看此年度，可多次")] = None,
    unit: Annotated[list[str] | None, typer.Option("--unit", help="责任单位名称的一部分，可多次")] = None,
    state: Annotated[list[str] | None, typer.Option("--state", help="只看此情况，如 缺，可多次")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="写入 .xlsx 文件")] = None,
) -> None:
    """列出每项指标应附的佐证、收到的文件和缺的。"""
    from jixiao.builds.ledger.asked_proofs import proof_frame
    from jixiao.builds.ledger.book import load_ledger
    from jixiao.builds.ledger.review_rules import review_words
    from jixiao.cli.screen import print_table
    from jixiao.cli.stored import record
    from jixiao.show.tables import make_table
    from jixiao.show.workbook import write_sheets

    words = review_words()
    names, said = words["proofs"]["states"], words["proof_list"]
    states = [choose("--state", one, list(names), names) for one in state or []]
    rows = proof_frame(load_ledger())
    if rows.empty:
        print(said["none"])
        return
    kept = rows["proof_state"].isin(states or list(names)) & rows["year"].isin(year or rows["year"].unique())
    kept &= rows["owner"].map(lambda owner: any(part in owner for part in unit or [""]))
    rows = rows[kept].sort_values(["year", "owner", "project"], kind="stable", ignore_index=True)
    counts = rows["proof_state"].value_counts()
    listed = said["joint"].join(f"{names[one]} {counts[one]}" for one in names if one in counts)
    rows = rows.assign(proof_state=rows["proof_state"].map(names).astype("str"))
    line = said["line"].format(count=len(rows), listed=listed or 0)
    if out is None:
        print_table(make_table(rows, _SHOWN).frame)
        print(line)
        print(said["mark"])
        return
    write_sheets(out, {words["proof_book"]["sheet"]: rows[[*_SHOWN, *_MORE]]}, notes=[line, said["mark"]])
    record("export", out)
    print(f"已写入 {shown(out)}，共 {len(rows)} 项")


_SHOWN = ["year", "owner", "project", "indicator", "asked_proof", "evidence_files", "proof_note", "proof_state"]
_MORE = ["request", "asked_on", "came_on", "proof_key"]
