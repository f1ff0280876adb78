"""The rectification ledger (整改台账): the commands ``jixiao issues …``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jixiao.cli.asking import check_names, choose, shown, tell_received
from jixiao.cli.usage import Command, Group
from jixiao.core.errors import JixiaoError

if TYPE_CHECKING:
    import pandas as pd

issues = typer.Typer(
    cls=Group, no_args_is_help=True, rich_markup_mode=None, help="整改台账：登记、下达、收反馈、退回、办结。"
)

By = Annotated[str, typer.Option("--by", help="由谁办理（岗位或姓名），默认当前用户")]
Year = Annotated[int, typer.Option("--year", help="年度")]
Issue = Annotated[list[str], typer.Argument(metavar="编号", help="整改编号，可多个")]
Reason = Annotated[str, typer.Option("--reason", help="原因，必填")]


@issues.command(cls=Command)
def collect(
    place: Annotated[str, typer.Option("--place", help="数据位置：built、source、sample 或任意目录")] = "built",
    year: Annotated[list[int] | None, typer.Option("--year", help="只登记此年度，可多次")] = None,
    department: Annotated[list[str] | None, typer.Option("--department", help="部门名称的一部分，可多次")] = None,
    severity: Annotated[
        list[str] | None, typer.Option("--severity", help="登记哪些程度的问题，默认 error、warning，可多次")
    ] = None,
    last_year: Annotated[Path | None, typer.Option("--last-year", help="另外登记上年台账（工作簿）中的问题")] = None,
    last: Annotated[int, typer.Option("--of", help="与 --last-year 同用：上年台账的年度")] = 0,
    by: By = "",
) -> None:
    """把核查、评价报告、核查复核发现的问题记入台账；已更正的自动销号，连年出现的与上年对上。"""
    from jixiao.builds.ledger import book, collecting
    from jixiao.builds.ledger.reviewing import review_problems
    from jixiao.builds.run import evaluate_files
    from jixiao.core.frames import SEVERITIES
    from jixiao.core.vocabulary import value_labels
    from jixiao.publish.rounds.problem_lists import read_problems

    severities = [choose("--severity", one, SEVERITIES, value_labels()["severity"]) for one in severity or []]
    results, errors = evaluate_files(place)
    check_names([results.totals], years=year or [], departments=department or [], projects=[])
    with book.writing(by) as writer:
        found = collecting.candidates(results, years=year or [], departments=department or [], severities=severities)
        found += [
            row
            for row in review_problems(writer.ledger, results)
            if row["year"] in (year or [row["year"]]) and any(part in row["department"] for part in department or [""])
        ]
        found += read_problems(last_year, last) if last_year is not None else []
        done = collecting.collect(writer.ledger, found, results)
        writer.write(done.events)
    print(f"新登记 {done.raised} 个问题，其中 {done.linked} 个以前年度出现过；{done.settled} 个已不再有，已销号")
    if done.gone:
        print(f"{len(done.gone)} 个问题所指的内容在新表中已读不到，不销号，仍须办理（{'、'.join(done.gone)}）")
    if errors:
        raise JixiaoError("\n".join(str(error) for error in errors))


@issues.command(cls=Command)
def add(
    year: Year,
    text: Annotated[str, typer.Option("--text", help="发现的问题")] = "",
    unit: Annotated[str, typer.Option("--unit", help="责任单位；写了 --project 的可不写")] = "",
    project: Annotated[str, typer.Option("--project", help="项目名称（或能认出的一部分）或编号")] = "",
    indicator: Annotated[str, typer.Option("--indicator", help="三级指标")] = "",
    demand: Annotated[str, typer.Option("--demand", help="整改内容")] = "",
    source: Annotated[str, typer.Option("--source", help="问题来源，如 监控、财政评价")] = "监控",
    file: Annotated[Path | None, typer.Option("--file", help="改为登记此表（工作簿等）中的问题")] = None,
    place: Annotated[str, typer.Option("--place", help="在哪里找项目：built、source、sample 或任意目录")] = "built",
    by: By = "",
) -> None:
    """登记绩效监控等另外发现的问题：手工一条，或一张表；同一问题只登记一次。"""
    from jixiao.builds.ledger import book, collecting
    from jixiao.builds.ledger.moves import issue_words
    from jixiao.publish.rounds.problem_lists import known_owners, problem_by_hand, read_problems

    names = {name: one["name"] for name, one in issue_words()["sources"].items()}
    taken = choose("--source", source, list(names), names)
    if file is not None:
        found = read_problems(file, year, taken)
    else:
        if not text.strip() or not (unit.strip() or project.strip()):
            raise JixiaoError("请用 --text 写明问题，用 --unit 或 --project 写明责任单位或项目；一张表的问题用 --file")
        about = _project_named(place, year, project) if project.strip() else {}
        told = {**about, **({"owner": unit.strip()} if unit.strip() else {}), "indicator": indicator, "demand": demand}
        found = [problem_by_hand(year=year, source=taken, text=text.strip(), **told)]
    found, notes = known_owners(found, _projects_of(place))
    with book.writing(by) as writer:
        done = collecting.collect(writer.ledger, found)
        writer.write(done.events)
    for note in notes:
        print(f"注意：{note}")
    said = "、".join(event["about"] for event in done.events[:5])
    print(f"新登记 {done.raised} 个问题{f'（{said}）' if said else ''}，其中 {done.linked} 个以前年度出现过")


def _projects_of(place: str) -> pd.DataFrame | None:
    """Return the projects of a place; None where nothing was built or read yet."""
    from jixiao.builds.run import evaluate_files
    from jixiao.core.errors import RequestError

    try:
        return evaluate_files(place, frames=["projects"])[0].frames.projects
    except RequestError:
        return None


def _project_named(place: str, year: int, name: str) -> dict[str, str]:
    """Return whose a project is, by its name or id, as a problem names it."""
    from jixiao.analysis.summary import choose_project
    from jixiao.builds.run import evaluate

    results = evaluate(place)
    parts = sorted({one for one in results.frames.projects["project"] if name.strip() in one})
    rows = choose_project(results, parts[0] if len(parts) == 1 else name).frames.projects
    mine = rows[rows["year"] == year]
    row = (mine if len(mine) else rows).iloc[0]
    named = {one: str(row[one]) for one in ("project", "project_id", "department")}
    return {**named, "owner": str(row["unit"] or row["department"])}


@issues.command("list", cls=Command)
def list_issues(
    year: Annotated[list[int] | None, typer.Option("--year", help="只看此年度，可多次")] = None,
    department: Annotated[list[str] | None, typer.Option("--department", help="部门名称的一部分，可多次")] = None,
    unit: Annotated[list[str] | None, typer.Option("--unit", help="责任单位名称的一部分，可多次")] = None,
    state: Annotated[list[str] | None, typer.Option("--state", help="只看此状态，如 逾期，可多次")] = None,
    output: Annotated[str, typer.Option("--format", help="table、csv、json 或 xlsx")] = "table",
    out: Annotated[Path | None, typer.Option("--out", help="写入文件，按扩展名 .xlsx、.csv 或 .json")] = None,
) -> None:
    """列出台账中的问题。"""
    from jixiao.builds.ledger.book import load_ledger
    from jixiao.cli.screen import print_table
    from jixiao.cli.stored import record
    from jixiao.core.files import write_safely
    from jixiao.publish.findings.exchange import write_rows
    from jixiao.publish.rounds import issue_tables as overview
    from jixiao.show.tables import make_table
    from jixiao.show.workbook import write_sheets

    choose("--format", output, ["table", "csv", "json", "xlsx"])
    ending = out.suffix.lower() if out is not None else ""
    if out is not None and ending not in {".xlsx", ".csv", ".json"}:
        raise JixiaoError(f"--out 的扩展名应为 .xlsx、.csv 或 .json，实际为“{out.name}”，请换一个文件名")
    if out is None and output == "xlsx":
        raise JixiaoError("请用 --out 写明 xlsx 文件的名称，如 --out 整改台账.xlsx")
    chosen = overview.select_issues(
        load_ledger().issues,
        years=year or [],
        departments=department or [],
        owners=unit or [],
        states=[overview.state_of(one) for one in state or []],
    )
    rows = overview.written(chosen)
    if out is not None:
        if ending == ".xlsx":
            write_sheets(out, {"整改台账": rows[overview.EXPORTED]}, notes=[overview.ledger_line()])
        else:
            text = write_rows(make_table(rows, overview.EXPORTED).frame, ending[1:])
            write_safely(out, lambda target: target.write_text(text, encoding="utf-8", newline=""))
        record("export", out)
        print(f"已写入 {shown(out)}，共 {len(rows)} 个问题")
        return
    if output == "table":
        print_table(make_table(rows, overview.BRIEF).frame)
        print(overview.ledger_line())
    else:
        sys.stdout.write(write_rows(make_table(rows, overview.EXPORTED).frame, output))


@issues.command(cls=Command)
def send(
    year: Year,
    out: Annotated[Path, typer.Option("--out", help="整改通知写到哪个目录")] = Path("整改通知"),
    due: Annotated[str, typer.Option("--due", help="反馈期限，如 2024-09-30")] = "",
    unit: Annotated[list[str] | None, typer.Option("--unit", help="只发给名称含此文字的单位，可多次")] = None,
    again: Annotated[bool, typer.Option("--again", help="重发没有反馈的、被退回的和逾期的")] = False,
    by: By = "",
) -> None:
    """每个单位写一份整改通知（工作簿），并在台账记为已下达。"""
    from jixiao.publish.rounds.notices import send_notices

    sent = send_notices(out, due=due, year=year, owners=unit or [], again=again, by=by)
    for one in sent:
        print(f"{one.notice} {one.owner}：{one.count} 个问题，{shown(one.path)}")
    print(f"发出 {len(sent)} 份通知，共 {sum(one.count for one in sent)} 个问题")
    if not sent:
        wanted = "已下达而没有反馈" if again else "待下达"
        print(f"{year}年度没有{wanted}的问题；先用 issues collect 登记，重发用 --again")


@issues.command(cls=Command)
def receive(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="单位填好的整改通知")],
    by: By = "",
) -> None:
    """读入单位的反馈，逐条说明没有读入的；有没有读入的以代码 1 结束。"""
    from jixiao.publish.rounds.replies import receive as take

    tell_received(take(files, by=by))


def _move(what: str, ids: list[str], by: str, **said: str) -> None:
    from jixiao.builds.ledger import book, ledger_place
    from jixiao.builds.ledger.moves import ways

    if said.get("due"):
        said["due"] = ledger_place.parse_day(said["due"]).isoformat()
    with book.writing(by) as writer:
        found = dict.fromkeys(writer.ledger.find(one)["issue_id"] for one in ids)
        writer.write([{"what": what, "about": one, "said": said} for one in found])
    print(f"{ways().moves[what].name} {len(found)} 个问题")


@issues.command(cls=Command)
def close(
    ids: Issue,
    reason: Annotated[str, typer.Option("--reason", help="办结说明")] = "",
    by: By = "",
) -> None:
    """办结已反馈的问题。"""
    _move("close", ids, by, reason=reason)


@issues.command("return", cls=Command)
def send_back(
    ids: Issue,
    reason: Reason = "",
    due: Annotated[str, typer.Option("--due", help="新的反馈期限，如 2024-10-15；不写则不变")] = "",
    by: By = "",
) -> None:
    """退回反馈，写明原因；用 issues send --again 重新下达。"""
    _move("return", ids, by, reason=reason, due=due)


@issues.command(cls=Command)
def withdraw(ids: Issue, reason: Reason = "", by: By = "") -> None:
    """撤销问题（登记有误、不必整改），写明原因；经过仍然保留。"""
    _move("withdraw", ids, by, reason=reason)


@issues.command(cls=Command)
def reopen(
    ids: Issue,
    reason: Reason = "",
    due: Annotated[str, typer.Option("--due", help="新的反馈期限，如 2024-09-30")] = "",
    by: By = "",
) -> None:
    """重新办理已办结的问题，写明原因和新的期限。"""
    _move("reopen", ids, by, reason=reason, due=due)


@issues.command(cls=Command)
def advise(
    ids: Issue,
    opinion: Annotated[str, typer.Option("--opinion", help="业务处室预算调整意见")] = "",
    by: By = "",
) -> None:
    """记下业务处室的预算调整意见，与单位的建议并列。"""
    _move("advise", ids, by, bureau_advice=opinion)


@issues.command(cls=Command)
def history(
    issue: Annotated[str, typer.Argument(metavar="编号", help="整改编号；不写则列全部")] = "",
    output: Annotated[str, typer.Option("--format", help="table 或 json")] = "table",
) -> None:
    """列出一个问题的办理经过；经过只能增加，不能改写。"""
    from jixiao.builds.ledger.book import load_ledger
    from jixiao.cli.screen import print_table
    from jixiao.show.tables import make_table

    choose("--format", output, ["table", "json"])
    ledger = load_ledger()
    issue = ledger.find(issue)["issue_id"] if issue else ""
    rows = ledger.history(issue)
    if output == "json":
        print(json.dumps(rows.to_dict("records"), ensure_ascii=False, indent=1))
    else:
        print_table(make_table(rows, list(rows.columns)).frame)


@issues.command(cls=Command)
def summary(
    out: Annotated[Path, typer.Option("--out", help="写成哪个 .docx 文件")] = Path("整改情况汇总.docx"),
    year: Annotated[int, typer.Option("--year", help="只写此年度，默认全部")] = 0,
) -> None:
    """写出会议用的整改情况汇总（Word）。"""
    from jixiao.cli.stored import record
    from jixiao.publish.papers.meeting_summary import write_summary

    write_summary(out, year=year)
    record("export", out)
    print(f"已写入 {shown(out)}")


@issues.command(cls=Command)
def check() -> None:
    """核对台账是否有改动，是否与操作日志一致；不一致的以代码 2 结束。"""
    from jixiao.builds.ledger import book

    ledger = book.load_ledger()
    print(f"台账共 {len(ledger.entries)} 条，前后相接，与操作日志一致")
