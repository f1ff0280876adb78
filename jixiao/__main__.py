"""The command line (命令行): a thin caller of the package."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pandas as pd

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
    files: Annotated[list[Path], typer.Argument(help="要读取的表格文件（工作簿、文档、PDF、CSV）")],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON，供其他程序读取")] = False,
) -> None:
    """读取表格，说明读出了什么、哪些未读、哪些是推断。"""
    from jixiao import exchange

    readings, failed = [], []
    for found in exchange.read_each(files):
        if isinstance(found, JixiaoError):
            failed.append(str(found))
            continue
        readings.append(found)
        if not as_json:
            print(exchange.describe_file(found))
    if as_json:
        written = [exchange.frames_as_dict(found) for found in readings]
        print(json.dumps(written[0] if len(files) == 1 and written else written, ensure_ascii=False, indent=1))
    elif readings:
        print(exchange.describe_shares(readings))
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
    files: Annotated[list[Path] | None, typer.Argument(help="与 --text 同用：报告文稿（.txt、.docx、.pdf）")] = None,
    text: Annotated[bool, typer.Option("--text", help="核查报告文稿，而不是数据目录")] = False,
    everything: Annotated[bool, typer.Option("--all", help="与 --text 同用：列出全部陈述，相符的也列")] = False,
    account: Annotated[Path | None, typer.Option(help="与 --text 同用：同一部门的决算公开表（.xlsx）")] = None,
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
    if text:
        _choice("--format", output, ["table", "csv", "json"])
        listed, errors = _audit_texts(files or [], output, everything=everything, account=account)
        return _end_audit(listed, errors, fail_on)
    if files or everything or account:
        raise JixiaoError("核查文稿请加 --text，如：jixiao audit --text 报告.docx；核查数据目录请用 --place")
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
        written = exchange.write_findings(listed, output)
        if passed and output == "table":
            written = f"{tables.show_passed(results.passed)}\n"
        if out is None:
            sys.stdout.write(written)
        else:
            store.write_safely(out, lambda target: target.write_text(written, encoding="utf-8"))
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
    _end_audit(listed[listed["suppression"] == ""], errors, fail_on)


def _end_audit(findings: pd.DataFrame, errors: list[JixiaoError], fail_on: str) -> None:
    """End with code 2 when a file could not be read, with code 1 when a finding is as severe as asked."""
    _fail([str(error) for error in errors])
    severe = {"error": ["error"], "warning": ["error", "warning"]}.get(fail_on, [])
    if findings["severity"].isin(severe).any():
        raise typer.Exit(1)


def _audit_texts(
    files: list[Path], output: str, *, everything: bool, account: Path | None
) -> tuple[pd.DataFrame, list[JixiaoError]]:
    """Audit report texts: print the failing claims, or every claim, and return the findings."""
    from jixiao import claims, exchange
    from jixiao.frames import make_frames
    from jixiao.sources import read_file

    if not files:
        raise JixiaoError("请写明要核查的文稿，如：jixiao audit --text 报告.docx")
    documents, errors = [], []
    for path, name in zip(files, claims.name_files(files), strict=True):
        try:
            documents.append(claims.read_document(path, name))
        except JixiaoError as error:
            errors.append(error)
    accounts = make_frames(read_file(account)).accounts if account else None
    found = claims.find_claims(documents, accounts=accounts)
    findings = claims.claim_findings(found, documents=documents)
    if output == "table" or everything:
        sys.stdout.write(
            exchange.write_claims(found, output, everything=everything, files=[document.file for document in documents])
        )
    else:
        sys.stdout.write(exchange.write_findings(findings, output))
    return findings, errors


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
            as_of="；".join(filter(None, (f"{results.as_of.astimezone():%Y-%m-%d %H:%M}", results.remark))),
            shared_script=shared_script,
            is_all=everything,
            tell=tell,
        )
    failed = sum(outcome.page is None for outcome in outcomes)
    print(f"已生成 {len(outcomes) - failed} 份报告，目录页：{_shown(target / 'index.html')}")
    if failed:
        raise JixiaoError(f"有 {failed} 份报告未能生成，原因见上")


@app.command()
def form(
    source: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="填好的表格文件，或数据位置")] = None,
    out: Annotated[Path | None, typer.Option(help="写到哪里：.xlsx 或 .docx 文件，或目录（每份一个 .xlsx）")] = None,
    empty: Annotated[bool, typer.Option("--empty", help="写出供单位填报的空表")] = False,
    project: Annotated[str, typer.Option(help="项目名称的一部分")] = "",
    year: Annotated[int | None, typer.Option(help="年度")] = None,
) -> None:
    """写出项目支出绩效自评表（财预〔2020〕10号附1），或供填报的空表。"""
    from jixiao import forms

    if out is None:
        raise JixiaoError("请用 --out 写明保存位置，如 --out 自评表.xlsx")
    if empty == (source is not None):
        raise JixiaoError("请给出要写出的表格文件；只要空表时用 --empty，不要再给文件")
    if source is None:
        written = [forms.write_template(out, year=year)]
    else:
        if out.exists() and source.exists() and out.samefile(source) and out.is_file():
            raise JixiaoError(f"“{out}”就是原表，不能覆盖；请把 --out 写成另一个文件")
        written = forms.write_forms(forms.load_file(source), out, project=project, year=year)
    for item in written:
        print(f"已写出 {_shown(item.path)}")
        for note in item.notes:
            print(f"  注意：{note}")


@app.command()
def sample(
    out: Annotated[Path | None, typer.Option(help="写到哪个目录，须是新目录或空目录")] = None,
    departments: Annotated[int, typer.Option(help="主管部门数")] = 60,
    years: Annotated[str, typer.Option(help="年度范围，如 2020:2024")] = "2020:2024",
    projects: Annotated[int, typer.Option(help="每年的项目数")] = 5000,
    seed: Annotated[int, typer.Option(help="随机种子，相同的种子生成相同的内容")] = 1,
    with_forms: Annotated[bool, typer.Option("--forms", help="同时写出每份表格文件（.xlsx），并逐份读回核对")] = False,
) -> None:
    """生成虚构的示例数据，供演示和测速；内容全部是编造的。"""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from jixiao import province

    if out is None:
        raise JixiaoError("请用 --out 写明写到哪个目录，须是新目录或空目录")
    wanted = province.Wanted(departments, province.parse_years(years), projects, seed)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True, disable=not sys.stdout.isatty()) as progress:
        task = progress.add_task("生成示例数据", total=None)
        counts = province.write_province(
            wanted,
            out,
            with_forms=with_forms,
            tell=lambda done, whole: progress.update(task, completed=done, total=whole),
        )
    print(
        f"已生成示例数据（虚构）：{counts['evaluations']} 份评价，{counts['indicators']} 行指标，"
        f"有意放入 {counts['planted']} 处差错，核查发现 {counts['findings']} 个问题，表格文件 {counts['files']} 个。"
    )
    print(f"目录：{_shown(out)}；其他命令加 --place {_shown(out)} 即可使用")


@app.command()
def whatif(
    file: Annotated[str, typer.Argument(metavar="FILE", help="情景文件（.yaml），或 data/scenarios 中的名称")],
    place: Place = "source",
    out: Annotated[Path | None, typer.Option(help="写成报告：.html 或 .xlsx，或 .yaml 另存情景")] = None,
) -> None:
    """情景模拟：改动分值、指标值、完成值、计分规则或等级线，哪些总分和等级会变，为什么。"""
    from jixiao import scenarios, store

    scenario = scenarios.find_scenario(file)
    results, errors = store.evaluate_files(place)
    found = scenarios.compare(results, scenario)
    print(scenarios.show_totals(found))
    for sentence in (*found.notes, scenarios.summary_line(found)):
        print(sentence)
    if out is not None:
        scenarios.write_comparison(found, out)
        print(f"已写入 {_shown(out)}")
    _fail([str(error) for error in errors])


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
