"""The command line (命令行): a thin caller of the package."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pandas as pd

from jixiao import cli
from jixiao.cli import Place, choose, screen, shown, usage
from jixiao.core.errors import JixiaoError

app = typer.Typer(
    cls=usage.Group,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="预算绩效评价工作台：读表、计分、核查、出报告、看板。",
)


@app.command(cls=usage.Command)
def read(
    files: Annotated[list[Path], typer.Argument(help="要读取的表格文件（工作簿、文档、PDF、CSV）")],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON，供其他程序读取")] = False,
    ask: Annotated[bool, typer.Option("--ask", help="只列出每个表头的判定、把握和需要示教的问题")] = False,
) -> None:
    """读取表格，说明读出了什么、哪些未读、哪些是推断。"""
    if ask:
        return _ask(files)
    from jixiao.publish.findings import exchange
    from jixiao.reading.forms.teaching import Lessons, lessons_folder

    readings, failed = [], [str(error) for error in Lessons(lessons_folder()).broken]
    for found in exchange.read_each(files):
        if isinstance(found, JixiaoError):
            failed.append(str(found))
            continue
        readings.append(found)
        failed += found.ingest.loc[found.ingest["state"] == "refused", "note"].tolist()
        if not as_json:
            print(exchange.describe_file(found))
    if as_json:
        written = [exchange.frames_as_dict(found) for found in readings]
        print(json.dumps(written[0] if len(files) == 1 and written else written, ensure_ascii=False, indent=1))
    elif readings:
        print(exchange.describe_shares(readings))
    _fail(failed)


def _ask(files: list[Path]) -> None:
    """Print every header that is not understood, or not by a declared word, with what it is taken for."""
    from jixiao.reading.forms.teaching import Lessons, choices, lessons_folder, questions

    failed = [str(error) for error in Lessons(lessons_folder()).broken]
    for path in files:
        try:
            found = questions(path)
        except JixiaoError as error:
            failed.append(str(error))
            continue
        asked = [one for one in found if one.is_asked or (one.name and one.how != "exact")]
        headers = sum(one.context != "labels" for one in found)
        print(f"{path.name}：{headers} 个表头，{sum(one.is_asked for one in found)} 个需要示教")
        for one in asked:
            named = choices(one.context).get(one.name.removeprefix("2:"), one.name) if one.name else "？"
            print(f"  {one.sheet} {one.cell} “{' '.join(one.text.split())}” → {named}（把握 {one.sure:.0%}）")
    _fail(failed)


@app.command(cls=usage.Command)
def build(
    place: Place = "source",
    out: Annotated[Path | None, typer.Option(help="构建结果目录，默认 data/built")] = None,
    cluster: Annotated[str, typer.Option(help="在此 dask 集群上计分、核查，如 tcp://10.0.0.5:8786")] = "",
    workers: Annotated[int, typer.Option(help="在本机几个进程上计分、核查；默认不另开进程")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", help="不打印结果和进度，只说明不能读取的文件")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="结果输出为 JSON，供其他程序读取")] = False,
) -> None:
    """读取数据目录，计分、核查，写入 data/built，并说明先看什么、哪些没有读入。"""
    from jixiao.builds.unchanged import find_unchanged
    from jixiao.core.files import find_place, workbench

    if cluster and workers:
        raise JixiaoError("--cluster 与 --workers 只能用一个：前者用已有的集群，后者在本机另开进程")
    target = out or workbench() / "data" / "built"
    same = find_unchanged(find_place(place), target, today=date.today())
    if same is not None and not as_json:  # before anything slow is imported
        cli.record_once("build", target)
        if not quiet:
            print(screen.unchanged_line(same, out=shown(target)))
        return _fail([*same.errors])
    from jixiao.builds import run
    from jixiao.builds.cluster import local, reach

    hands = reach(cluster) if cluster else local(workers) if workers else nullcontext()
    with hands as client, screen.progress(not quiet) as tell:
        results, errors = run.build(place, target, client=client, tell=tell)
    if same is None:
        cli.record("build", target, target)
    else:
        cli.record_once("build", target)
    if as_json:
        print(json.dumps(screen.build_as_dict(results, errors, out=shown(target)), ensure_ascii=False, indent=1))
    elif not quiet:
        screen.print_build(results, errors, out=shown(target), place=shown(target) if out else "")
    _fail([str(error) for error in errors])


@app.command("list", cls=usage.Command)
def list_evaluations(
    year: Annotated[list[int] | None, typer.Option(help="只看此年度，可多次")] = None,
    department: Annotated[list[str] | None, typer.Option(help="部门名称的一部分，可多次")] = None,
    project: Annotated[list[str] | None, typer.Option(help="项目名称的一部分，可多次")] = None,
    place: Annotated[str, typer.Option("--place", help="数据位置：built、source、sample 或任意目录")] = "built",
    output: Annotated[str, typer.Option("--format", help="table、csv 或 json")] = "table",
) -> None:
    """列出全部评价：总分、等级、执行率、问题数。"""
    from jixiao.analysis import summary
    from jixiao.builds import run
    from jixiao.publish.findings import exchange
    from jixiao.show import tables

    choose("--format", output, ["table", "csv", "json"])
    results, errors = run.evaluate_files(place, frames=["totals", "findings"])
    asked: dict[str, Any] = {"years": year or [], "departments": department or [], "projects": project or []}
    cli.check_names([results.totals], **asked)
    rows = summary.select_findings(results.totals, **asked)  # which chooses rows of any frame with these columns
    rows = rows.sort_values(["year", "department", "project", "evaluation"], kind="stable")
    listed = tables.show_evaluations(results, chosen=rows).frame
    if output == "table":
        screen.print_table(listed)
    else:
        sys.stdout.write(exchange.write_rows(listed, output))
    _fail([str(error) for error in errors])


@app.command(cls=usage.Command)
def score(
    place: Place = "source",
    framework: Annotated[str, typer.Option(help="自评改用的指标体系，如 caiyu_2021_101")] = "",
) -> None:
    """按评分标准计分，逐项说明。"""
    from jixiao.analysis import summary
    from jixiao.builds.run import evaluate_files
    from jixiao.show import tables

    results, errors = evaluate_files(place, framework=framework, frames=["scores", "totals", "findings"])
    for chosen, rows in summary.list_rows(results):
        print(f"\n{chosen['year']}年度 {chosen['project']}")
        print(tables.show_indicators(rows))
    screen.print_table(tables.show_evaluations(results).frame)
    _fail([str(error) for error in errors])


@app.command(cls=usage.Command)
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
    from jixiao.analysis import summary
    from jixiao.builds.run import evaluate_files
    from jixiao.checks import CHECKS, load_checks
    from jixiao.core.files import find_place, write_safely
    from jixiao.core.frames import SEVERITIES
    from jixiao.core.vocabulary import value_labels
    from jixiao.publish.findings import exchange
    from jixiao.publish.findings.answers import read_answers, write_workbook
    from jixiao.publish.findings.webpage import write_page
    from jixiao.show import tables

    choose("--format", output, ["table", "csv", "json", "xlsx", "html"])
    choose("--fail-on", fail_on, ["", "error", "warning"])
    if text:
        choose("--format", output, ["table", "csv", "json"])
        listed, errors = _audit_texts(files or [], output, everything=everything, account=account)
        return _end_audit(listed, errors, fail_on)
    if files or everything or account:
        raise JixiaoError("核查文稿请加 --text，如：jixiao audit --text 报告.docx；核查数据目录请用 --place")
    severity = [choose("--severity", one, SEVERITIES, value_labels()["severity"]) for one in severity or []]
    titles = {name: check.title for name, check in load_checks().items()}
    code = [choose("--code", one, list(CHECKS), titles) for one in code or []]
    if output in {"xlsx", "html"} and out is None:
        raise JixiaoError(f"请用 --out 写明 {output} 文件的名称，如 --out 问题清单.{output}")
    read = ["findings", "passed", "suppressed", "suppressions", "projects"]
    results, errors = evaluate_files(place, frames=read)
    every = summary.list_findings(results)
    asked: dict[str, Any] = {"years": year or [], "departments": department or [], "projects": project or []}
    cli.check_names([every, results.frames.projects], **asked)
    listed = summary.select_findings(every, codes=code, severities=severity, **asked)
    if answers is not None:
        returned = read_answers(answers, every)
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
            write_safely(out, lambda target: target.write_text(written, encoding="utf-8"))
        if output == "table" and len(results.suppressions):
            print(tables.show_suppressions(results.suppressions))
    if out is not None and answers is None:
        cli.record("export", out, find_place(place))
        print(f"已写入 {shown(out)}，共 {len(listed)} 个问题")
    if output == "table" and not passed and answers is None:
        counted, is_part = results.passed, len(listed) < len(every)
        print(
            f"{len(counted)} 条规则共核查 {counted['checked'].sum()} 处，{counted['passed'].sum()} 处相符，"
            f"{len(results.findings)} 个问题，{len(results.suppressed)} 个已登记不予处理"
            f"{f'；按所选条件列出 {len(listed)} 个' if is_part else ''}。"
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
    from jixiao.checks import texts
    from jixiao.publish.findings import exchange
    from jixiao.reading.forms.sources import read_file
    from jixiao.reading.tidy.make_frames import make_frames

    if not files:
        raise JixiaoError("请写明要核查的文稿，如：jixiao audit --text 报告.docx")
    documents, errors = [], []
    for path, name in zip(files, texts.name_files(files), strict=True):
        try:
            documents.append(texts.read_document(path, name))
        except JixiaoError as error:
            errors.append(error)
    accounts = make_frames(read_file(account)).accounts if account else None
    for sentence in texts.say_crowded(documents):
        print(sentence, file=sys.stderr)
    found = texts.find_claims(documents, accounts=accounts)
    findings = texts.claim_findings(found, documents=documents)
    if output == "table" or everything:
        sys.stdout.write(
            exchange.write_claims(found, output, everything=everything, files=[document.file for document in documents])
        )
    else:
        sys.stdout.write(exchange.write_findings(findings, output))
    return findings, errors


for _command in cli.COMMANDS:
    app.command(cls=usage.Command)(_command)
for _name, _group in cli.GROUPS.items():
    app.add_typer(_group, name=_name)


def _fail(sentences: list[str]) -> None:
    """Print what could not be read and end with code 2."""
    if sentences:
        raise JixiaoError("\n".join(sentences))


def main() -> None:
    """Run the command line; every error of jixiao is one Chinese sentence and exit code 2."""
    usage.run(app)


if __name__ == "__main__":
    main()
