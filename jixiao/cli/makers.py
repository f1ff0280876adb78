"""The commands that make something to hand on (产出命令): report, ask, form, sample, whatif and dashboard."""

from __future__ import annotations

import os
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from jixiao.cli.asking import Place, check_names, shown
from jixiao.cli.screen import raw
from jixiao.cli.stored import record
from jixiao.cli.usage import INTERRUPTED
from jixiao.core.errors import JixiaoError
from jixiao.core.harmless import harmless
from jixiao.core.vocabulary import word


def report(
    everything: Annotated[bool, typer.Option("--all", help="全部项目和部门")] = False,
    year: Annotated[list[int] | None, typer.Option(help="年度，可多次")] = None,
    project: Annotated[list[str] | None, typer.Option(help="项目名称的一部分，可多次")] = None,
    department: Annotated[list[str] | None, typer.Option(help="部门名称的一部分，可多次")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="类别，如 单位自评、财政评价、部门汇总，可多次")] = None,
    output: Annotated[
        list[str] | None, typer.Option("--format", help="html、docx、xlsx、review（复核意见）、review_list，可多次")
    ] = None,
    place: Place = "built",
    out: Annotated[Path | None, typer.Option(help="报告目录，默认 reports")] = None,
    workers: Annotated[int, typer.Option(help="同时工作的进程数，默认与处理器数相同", min=0)] = 0,
    cluster: Annotated[
        str, typer.Option(help="交给 dask 集群生成，如 tcp://10.0.0.5:8786，见 docs/cluster.md；--resume 时须重写")
    ] = "",
    single_file: Annotated[bool, typer.Option("--single-file", help="网页自带 plotly.js，可以单独邮寄")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="另存 PDF（须装有 LibreOffice）")] = False,
    seconds: Annotated[float, typer.Option(help="每份报告的时限（秒）", min=1)] = 300,
    resume: Annotated[
        bool, typer.Option("--resume", help="接着做上次没有做完的一批，其他选项照旧；集群须重新写明")
    ] = False,
) -> None:
    """为每份评价、每个部门各出一份报告（网页、Word、Excel 和运行记录）；仍有效的不重做。"""
    from jixiao.builds.manifest import MANIFEST, is_stale
    from jixiao.builds.run import evaluate
    from jixiao.core.files import find_place, sweep, workbench
    from jixiao.publish import reports

    target = out or workbench() / "reports"
    asked: dict[str, Any] = {
        **{"years": year, "projects": project, "departments": department, "kinds": kind, "formats": output},
        **{"place": place, "workers": workers, "cluster": cluster, "single_file": single_file, "pdf": pdf},
        "seconds": seconds,
    }
    if resume:
        asked |= reports.recall_asked(target)
    elif not (everything or year or project or department or kind):
        raise JixiaoError("请用 --all 生成全部报告，或用 --year、--project、--department、--kind 选定范围")
    folder = find_place(asked["place"])
    if (folder / MANIFEST).exists() and is_stale(folder):
        raise JixiaoError("原始文件或规则在上次构建后有变化，请先运行 jixiao build，再生成报告")
    formats = reports.choose_formats(asked["formats"] or (), is_pdf=asked["pdf"])
    results = evaluate(folder)
    wanted = {name: asked[name] or () for name in ("years", "projects", "departments", "kinds")}
    requests = reports.list_reports(results, place=str(folder), out=target, **wanted)
    sweep(target)
    kept = {name: value for name, value in asked.items() if name != "cluster"}
    reports.remember_asked(target, {**kept, "place": str(folder), "seconds": float(asked["seconds"])})
    manner = reports.Manner(
        formats, asked["single_file"], asked["workers"] or os.cpu_count() or 1, asked["cluster"], asked["seconds"]
    )
    try:
        outcomes = _show_progress(reports, requests, results, target, manner)
    except KeyboardInterrupt:
        print("已中断，做完的报告都已保存；用 jixiao report --resume 接着做", file=sys.stderr)
        raise SystemExit(INTERRUPTED) from None
    if record("report", target, folder):
        reports.forget_missing(target)
    failed, kept = reports.count_failed(outcomes), sum(outcome.is_kept for outcome in outcomes)
    print(
        f"新生成 {len(outcomes) - failed - kept} 份，{kept} 份仍有效，{failed} 份失败。"
        f"目录页：{shown(target / 'index.html')}，记录：{shown(target / 'report.log')}"
    )
    if failed:
        raise typer.Exit(1)


def _show_progress(reports: Any, requests: Any, results: Any, target: Path, manner: Any) -> Any:
    """Make the reports under a progress bar with rate and time left; one line for each failure."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("生成报告"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(
        *columns, TextColumn("剩余"), TimeRemainingColumn(), console=Console(file=raw(sys.stdout))
    ) as progress:
        task, begun, made = progress.add_task("", total=len(requests), rate=""), time.monotonic(), 0

        def tell(outcome: Any) -> None:
            nonlocal made
            made += not outcome.is_kept
            progress.update(task, advance=1, rate=f"{made * 60 / (time.monotonic() - begun):.0f} 份/分钟")
            if outcome.error:
                progress.console.print(
                    harmless(f"失败：{outcome.request.title}：{outcome.error}"), markup=False, soft_wrap=True
                )

        return reports.run_reports(requests, results, target, manner=manner, tell=tell)


def form(
    source: Annotated[Path | None, typer.Argument(metavar="FILE", help="填好的表格文件，或数据位置")] = None,
    out: Annotated[Path | None, typer.Option(help="写到哪里：.xlsx 或 .docx 文件，或目录（每份一个 .xlsx）")] = None,
    empty: Annotated[bool, typer.Option("--empty", help="写出供单位填报的空表")] = False,
    project: Annotated[str, typer.Option(help="项目名称的一部分")] = "",
    year: Annotated[int | None, typer.Option(help="年度")] = None,
) -> None:
    """写出项目支出绩效自评表（财预〔2020〕10号附1），或供填报的空表。"""
    from jixiao.publish import forms

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
        record("form", item.path)
        print(f"已写出 {shown(item.path)}")
        for note in item.notes:
            print(f"  注意：{note}")


def ask(
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="项目名称或其中一部分")],
    year: Annotated[int | None, typer.Option(help="年度")] = None,
    kind: Annotated[str, typer.Option(help="类别，如 单位自评、部门评价")] = "",
    out: Annotated[Path | None, typer.Option(help="写到哪个目录，默认当前目录")] = None,
    answers: Annotated[Path | None, typer.Option(help="填好的补充情况表，读入后用于报告")] = None,
    place: Place = "built",
) -> None:
    """写出补充情况表：报告要写而单位没有写的内容，一次问清；填好后用 --answers 读入。"""
    from jixiao.builds import manifest, run
    from jixiao.core.files import find_place, safe_name
    from jixiao.publish.papers import contents, open_questions
    from jixiao.reading import supplements

    if out is not None and (out.suffix or out.is_file()):
        raise JixiaoError(f"--out 要写目录，“{out.name}”像是文件名；每份评价的补充情况表各存一个 .docx，写在该目录下")
    folder = find_place(place)
    results = run.evaluate(folder)
    if answers is not None:
        given = supplements.read_supplement(answers)
        chosen = contents.find_evaluation(results, year=given.year, project=given.project, evaluation=given.evaluation)
        if project not in given.project:
            raise JixiaoError(f"“{answers.name}”是“{given.project}”的补充情况表，不是“{project}”的，请核对")
        is_built = (folder / manifest.MANIFEST).exists()
        source = manifest.place_of(folder, manifest.read_manifest(folder)) if is_built else folder
        names = {"project_id": chosen["project_id"], "department": chosen["department"]}
        kept = supplements.keep_supplement(source, given, **names)
        print(f"已读入 {len(given.answers)} 条，存入 {shown(kept)}；请运行 jixiao build，再生成报告。")
        return
    check_names([results.totals], years=[year] if year else (), departments=(), projects=[project])
    totals = results.totals[results.totals["project"].str.contains(project, regex=False)]
    wanted = {word("evaluation", code): code for code in totals["evaluation"].unique()}
    totals = totals[(totals["year"] == year) if year else totals["year"].notna()]
    totals = totals[totals["evaluation"].isin([wanted.get(kind, kind)] if kind else list(wanted.values()))]
    if totals.empty:
        raise JixiaoError(f"“{project}”没有{kind}，现有：{'、'.join(wanted)}")
    (out or Path.cwd()).mkdir(parents=True, exist_ok=True)
    for _, chosen in totals.iterrows():
        target = (out or Path.cwd()) / f"{safe_name(open_questions.questions_name(chosen))}.docx"
        count = open_questions.write_questions(results, target, chosen)
        told = f"已写出 {shown(target)}，共问 {count} 项" if count else supplements.question_words()["nothing"]
        print(f"{chosen['year']}年度 {chosen['project']} {word('evaluation', chosen['evaluation'])}：{told}")


def sample(
    out: Annotated[Path | None, typer.Option(help="写到哪个目录，须是新目录或空目录")] = None,
    departments: Annotated[int, typer.Option(help="主管部门数")] = 60,
    years: Annotated[str, typer.Option(help="年度范围，如 2020:2024")] = "2020:2024",
    projects: Annotated[int, typer.Option(help="每年的项目数")] = 5000,
    seed: Annotated[int, typer.Option(help="随机种子，相同的种子生成相同的内容")] = 1,
    with_forms: Annotated[bool, typer.Option("--forms", help="同时写出每份表格文件（.xlsx），并逐份读回核对")] = False,
) -> None:
    """生成虚构的示例数据，供演示和测速；内容全部是编造的。"""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from jixiao import sample

    if out is None:
        raise JixiaoError("请用 --out 写明写到哪个目录，须是新目录或空目录")
    wanted = sample.Wanted(departments, sample.parse_years(years), projects, seed)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=Console(file=raw(sys.stdout)), transient=True, disable=not sys.stdout.isatty()
    ) as progress:
        task = progress.add_task("生成示例数据", total=None)
        counts = sample.write_province(
            wanted,
            out,
            with_forms=with_forms,
            tell=lambda done, whole: progress.update(task, completed=done, total=whole),
        )
    record("sample", out, out)
    print(
        f"已生成示例数据（虚构）：{counts['evaluations']} 份评价，{counts['indicators']} 行指标，"
        f"有意放入 {counts['planted']} 处差错，核查发现 {counts['findings']} 个问题，表格文件 {counts['files']} 个。"
    )
    print(f"目录：{shown(out)}；其他命令加 --place {shown(out)} 即可使用")


def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="新目录或空目录")],
    year: Annotated[int | None, typer.Option(help="评价年度，默认上一年")] = None,
    with_sample: Annotated[bool, typer.Option("--sample", help="放入随程序提供的示例表格（内容是编造的）")] = False,
) -> None:
    """新建工作目录：放表格的目录、更正和搁置登记、空白自评表、笔记本和一页说明。"""
    from jixiao.publish.workbench import lay_out

    print(lay_out(folder, year=year or datetime.now().year - 1, with_sample=with_sample))


def whatif(
    file: Annotated[str, typer.Argument(metavar="FILE", help="情景文件（.yaml），或 data/scenarios 中的名称")],
    place: Place = "source",
    out: Annotated[Path | None, typer.Option(help="写成报告：.html 或 .xlsx，或 .yaml 另存情景")] = None,
) -> None:
    """情景模拟：改动分值、指标值、完成值、计分规则或等级线，哪些总分和等级会变，为什么。"""
    from jixiao import whatif
    from jixiao.builds.run import evaluate_files

    scenario = whatif.find_scenario(file)
    results, errors = evaluate_files(place)
    found = whatif.compare(results, scenario)
    print(whatif.show_totals(found))
    for sentence in (*found.notes, whatif.summary_line(found)):
        print(sentence)
    if out is not None:
        whatif.write_comparison(found, out)
        print(f"已写入 {shown(out)}")
    if errors:
        raise JixiaoError("\n".join(str(error) for error in errors))


def dashboard(
    place: Place = "built",
    host: Annotated[str, typer.Option(help="监听地址；不是本机地址时须先设口令或声明反向代理")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="端口，0 为任意空闲端口")] = 8866,
    browser: Annotated[bool, typer.Option(help="启动后打开浏览器")] = False,
    static: Annotated[Path | None, typer.Option(help="不启动服务，把看板写成静态网页放入此目录")] = None,
    set_password: Annotated[bool, typer.Option("--set-password", help="设置登录口令（只存摘要）后结束")] = False,
    new_token: Annotated[bool, typer.Option("--new-token", help="生成访问令牌（只显示一次）后结束")] = False,
    certfile: Annotated[str, typer.Option(help="证书文件（PEM），与 --keyfile 同用，连接即加密")] = "",
    keyfile: Annotated[str, typer.Option(help="私钥文件（PEM）")] = "",
    behind_proxy: Annotated[list[str] | None, typer.Option(help="反向代理的 IP 地址：只有它能连接，可多次")] = None,
    hostname: Annotated[list[str] | None, typer.Option(help="浏览器访问时使用的主机名，可多次")] = None,
    viewers: Annotated[int | None, typer.Option(help="同时查看的人数上限，每人一个内核", min=1)] = None,
    warm: Annotated[int | None, typer.Option(help="起始页预备的内核数，0 为不预备", min=0)] = None,
) -> None:
    """启动看板，按提示的地址在浏览器中打开；或用 --static 生成不需要服务的网页。"""
    if static is not None:
        from jixiao.publish.viewer import publish

        size, results = publish(place, static)
        count = len(results.frames.projects)
        page, count = shown(static / "index.html"), len(results.frames.projects)
        print(f"静态看板已写好：{count} 个项目，{size / 1e6:.1f} MB；用浏览器打开 {page}，或放到任何网页服务器上。")
        return
    from jixiao.publish import server

    if set_password or new_token:
        return print(server.keep_secret("token" if new_token else "password"))
    hashes, proxies, names = server.read_hashes(server.password_file()), behind_proxy or [], hostname or []
    settings = server.Settings(place, host, port, hashes, certfile, keyfile, tuple(proxies), tuple(names))
    raise typer.Exit(server.run_dashboard(settings.limited(viewers=viewers, warm=warm), open_browser=browser))


def notebooks(
    browser: Annotated[bool, typer.Option(help="启动后打开浏览器")] = True,
    port: Annotated[int, typer.Option(help="端口，已被占用时顺延")] = 8888,
) -> None:
    """在 JupyterLab 中打开笔记本，先显示 00_start。"""
    from jixiao.publish.desk import open_desk

    raise typer.Exit(open_desk(browser=browser, port=port))
