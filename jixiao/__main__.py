"""The command line (命令行): a thin caller of the package."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from jixiao.errors import JixiaoError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="预算绩效评价工作台：读表、计分、核查、出报告、看板。",
)
Place = Annotated[str, typer.Option("--place", help="数据位置：source、sample、built 或任意目录")]


@app.command()
def read(
    files: Annotated[list[Path], typer.Argument(help="要读取的表格文件（.xlsx、.docx）")],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON，供其他程序读取")] = False,
) -> None:
    """读取表格，说明读出了什么、哪些未读、哪些是推断。"""
    from jixiao.exchange import describe_file, read_as_dict

    readings, failed = [], []
    for path in files:
        try:
            readings.append(read_as_dict(path))
        except JixiaoError as error:
            failed.append(str(error))
    if as_json:
        print(json.dumps(readings[0] if len(files) == 1 and readings else readings, ensure_ascii=False, indent=1))
    else:
        for reading in readings:
            print(describe_file(reading))
    _fail(failed)


@app.command()
def build(
    place: Place = "source",
    out: Annotated[Path | None, typer.Option(help="构建结果目录，默认 data/built")] = None,
) -> None:
    """读取数据目录，计分、核查，写入 data/built，并列出各项目。"""
    from jixiao import store

    target = out or store.workbench() / "data" / "built"
    results, errors = store.build(place, target)
    _print_evaluations(results)
    print(
        f"共读取 {len(store.source_hashes(results.place))} 个文件，{len(results.totals)} 份评价，"
        f"{len(results.scores)} 行指标，发现 {len(results.findings)} 个问题。构建结果在 {_shown(target)}"
    )
    _fail([str(error) for error in errors])


@app.command()
def score(
    place: Place = "source",
    framework: Annotated[str, typer.Option(help="自评改用的指标体系，如 caiyu_2021_101")] = "",
) -> None:
    """按评分标准计分，逐项说明。"""
    from jixiao import store, summary, tables

    results, errors = store.evaluate_files(place, framework=framework)
    for _, chosen in results.totals.iterrows():
        print(f"\n{chosen['year']}年度 {chosen['project']}")
        print(tables.show_indicators(summary.select_rows(results.scores, chosen)))
    _print_evaluations(results)
    _fail([str(error) for error in errors])


@app.command()
def audit(
    place: Place = "source",
    output: Annotated[str, typer.Option("--format", help="table、csv、json、xlsx 或 html")] = "table",
    out: Annotated[Path | None, typer.Option(help="写入文件；xlsx 和 html 必须写明")] = None,
    fail_on: Annotated[
        str, typer.Option("--fail-on", help="有此程度或更严重的问题时以代码 1 结束：error 或 warning")
    ] = "",
    code: Annotated[list[str] | None, typer.Option(help="只看这条核查规则，可多次")] = None,
    severity: Annotated[list[str] | None, typer.Option(help="只看此程度：error、warning、rounding、question")] = None,
    year: Annotated[list[int] | None, typer.Option(help="只看此年度，可多次")] = None,
    department: Annotated[list[str] | None, typer.Option(help="部门名称的一部分，可多次")] = None,
    project: Annotated[list[str] | None, typer.Option(help="项目名称的一部分，可多次")] = None,
    passed: Annotated[bool, typer.Option("--passed", help="列出每条规则核查了多少处、多少处相符")] = False,
    answers: Annotated[Path | None, typer.Option(help="读回单位在 xlsx 问题清单中填写的答复")] = None,
) -> None:
    """核查，列出问题及其单元格、依据和处理建议。"""
    from jixiao import exchange, store, summary, tables
    from jixiao.answers import read_answers, write_workbook
    from jixiao.checks import CHECKS
    from jixiao.webpage import write_page

    _choice("--format", output, ["table", "csv", "json", "xlsx", "html"])
    _choice("--fail-on", fail_on, ["", "error", "warning"])
    for one in severity or []:
        _choice("--severity", one, store.SEVERITIES)
    for one in code or []:
        _choice("--code", one, list(CHECKS))
    if output in {"xlsx", "html"} and out is None:
        raise JixiaoError(f"请用 --out 写明 {output} 文件的名称，如 --out 问题清单.{output}")
    results, errors = store.evaluate_files(place)
    listed = summary.select_findings(
        summary.list_findings(results),
        codes=code or [],
        severities=severity or [],
        years=year or [],
        departments=department or [],
        projects=project or [],
    )
    if answers is not None:
        returned = read_answers(answers, summary.list_findings(results))
        sys.stdout.write(exchange.write_answers(returned, listed, output))
    elif output == "xlsx" and out is not None:
        write_workbook(listed, out, as_of=f"{results.as_of.astimezone():%Y-%m-%d %H:%M}")
    elif output == "html" and out is not None:
        write_page(results, out, findings=listed)
    else:
        text = exchange.write_findings(listed, output)
        if passed and output == "table":
            text = f"{tables.show_passed(results.passed)}\n"
        if out is None:
            sys.stdout.write(text)
        else:
            store.write_safely(out, lambda target: target.write_text(text, encoding="utf-8"))
        if output == "table" and len(results.suppressions):
            print(tables.show_suppressions(results.suppressions))
    if out is not None and answers is None:
        print(f"已写入 {_shown(out)}，共 {len(listed)} 个问题")
    if output == "table" and not passed and answers is None:
        counted = results.passed
        print(
            f"{len(counted)} 条规则共核查 {counted['checked'].sum()} 处，{counted['passed'].sum()} 处相符，"
            f"{len(results.findings)} 个问题，{len(results.suppressed)} 个已登记不予处理。"
        )
    _fail([str(error) for error in errors])
    severe = {"error": ["error"], "warning": ["error", "warning"]}.get(fail_on, [])
    if listed.loc[listed["suppression"] == "", "severity"].isin(severe).any():
        raise typer.Exit(1)


@app.command()
def report(
    everything: Annotated[bool, typer.Option("--all", help="全部项目和部门")] = False,
    year: Annotated[list[int] | None, typer.Option(help="年度，可多次")] = None,
    project: Annotated[list[str] | None, typer.Option(help="项目名称的一部分，可多次")] = None,
    department: Annotated[list[str] | None, typer.Option(help="部门名称的一部分，可多次")] = None,
    place: Place = "built",
    out: Annotated[Path | None, typer.Option(help="报告目录，默认 reports")] = None,
    shared_script: Annotated[bool, typer.Option(help="plotly.js 只存一份，网页变小但不能单独邮寄")] = False,
) -> None:
    """为每份评价、每个部门各出一份报告（笔记本和离线网页）。"""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from jixiao import report as reports
    from jixiao import store

    if not (everything or year or project or department):
        raise JixiaoError("请用 --all 生成全部报告，或用 --year、--project、--department 选定范围")
    folder = store.find_place(place)
    if (folder / store.MANIFEST).exists() and store.is_stale(folder):
        raise JixiaoError("原始文件或规则在上次构建后有变化，请先运行 jixiao build，再生成报告")
    results = store.evaluate(folder)
    requests = reports.list_reports(
        results, place=str(folder), years=year or [], projects=project or [], departments=department or []
    )
    target = out or store.workbench() / "reports"
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("生成报告", total=len(requests))

        def tell(outcome: reports.Outcome) -> None:
            progress.advance(task)
            if outcome.error:
                progress.console.print(f"失败：{outcome.request.title}：{outcome.error}", markup=False)

        outcomes = reports.run_reports(
            requests,
            target,
            as_of=f"{results.as_of.astimezone():%Y-%m-%d %H:%M}",
            shared_script=shared_script,
            is_all=everything,
            tell=tell,
        )
    failed = sum(outcome.page is None for outcome in outcomes)
    print(f"已生成 {len(outcomes) - failed} 份报告，目录页：{_shown(target / 'index.html')}")
    if failed:
        raise JixiaoError(f"有 {failed} 份报告未能生成，原因见上")


@app.command()
def dashboard(
    place: Place = "built",
    host: Annotated[str, typer.Option(help="监听地址，只允许本机")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="端口")] = 8866,
    browser: Annotated[bool, typer.Option(help="启动后打开浏览器")] = False,
) -> None:
    """启动看板，按提示的地址在浏览器中打开。"""
    from jixiao.dashboard import run_dashboard

    raise typer.Exit(run_dashboard(place=place, host=host, port=port, open_browser=browser))


def _print_evaluations(results: object) -> None:
    from rich.console import Console
    from rich.table import Table

    from jixiao import tables

    shown = tables.show_evaluations(results).frame  # type: ignore[arg-type]
    table = Table(show_lines=False)
    for name in shown:
        table.add_column(name, overflow="fold")
    for values in shown.itertuples(index=False, name=None):
        table.add_row(*values)
    Console(soft_wrap=False, width=None if sys.stdout.isatty() else 180, markup=False).print(table)


def _shown(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _choice(option: str, value: str, allowed: list[str]) -> None:
    if value not in allowed:
        named = "、".join(name for name in allowed if name)
        raise JixiaoError(f"{option} 不能是“{value}”，可选：{named}")


def _fail(sentences: list[str]) -> None:
    """Print what could not be read and end with code 2."""
    if sentences:
        raise JixiaoError("\n".join(sentences))


def main() -> None:
    """Run the command line; every error of jixiao is one Chinese sentence and exit code 2."""
    try:
        app()
    except JixiaoError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
