"""What a unit's clerk runs before sending a form (报送前自查): the findings of some files alone, on one screen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jixiao.cli.asking import shown
from jixiao.cli.screen import severity_counts
from jixiao.core.errors import JixiaoError
from jixiao.core.vocabulary import screen_words

if TYPE_CHECKING:
    import pandas as pd

    from jixiao.core.results import Results


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="要报送的表格文件")],
    mark: Annotated[
        Path | None, typer.Option(metavar="OUT.xlsx", help="另存一份原工作簿，有问题的单元格加批注")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="列出全部问题，较轻的也列")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON，供其他程序读取")] = False,
) -> None:
    """报送前自查：只读取、计分、核查这几份表；有错误的以代码 1 结束，有文件不能读取的以代码 2 结束。"""
    from jixiao.builds.handed_in import evaluate_forms

    if mark is not None and len(files) > 1:
        raise JixiaoError("--mark 一次只能标注一个文件，请逐个运行 jixiao check")
    results, errors = evaluate_forms(files)
    findings = results.findings
    if as_json:
        print(json.dumps(_as_dict(results, errors), ensure_ascii=False, indent=1))
    else:
        _print(results, everything=everything)
    if mark is not None and not errors:
        _mark(files[0], findings, mark, is_quiet=as_json)
    if errors:
        raise JixiaoError("\n".join(str(error) for error in errors))
    if (findings["severity"] == "error").any():
        raise typer.Exit(1)


def _print(results: Results, *, everything: bool) -> None:
    """Print one screen: errors and warnings with their arithmetic, then milder findings as far as there is room."""
    from jixiao.core.vocabulary import word
    from jixiao.core.writing import points_text
    from jixiao.publish.findings.exchange import describe_unread

    said, lists = screen_words("check"), screen_words("lists")
    for file in results.frames.ingest["source_file"].drop_duplicates():
        evaluations = results.totals[results.totals["source_file"] == file]
        for row in evaluations.to_dict("records"):
            named = {
                "year": row["year"],
                "project": row["project"],
                "evaluation": word("evaluation", row["evaluation"]),
            }
            points = {"reported": points_text(row["total_reported"]), "total": points_text(row["total"])}
            print(said["head"].format(file=file, **named, **points))
        count = int((results.frames.projects["source_file"] == file).sum())
        if evaluations.empty and count:
            print(said["no_evaluation"].format(file=file, projects=count))
    for line in describe_unread(results.frames):
        print(line)
    severe = results.findings["severity"].isin(["error", "warning"])
    mild = results.findings[~severe]
    listed = results.findings[severe]
    rest = mild if everything else mild.head(max(0, lists["questions"] - len(listed)))
    for rows, is_short in ((listed, False), (rest, not everything)):
        for row in rows.to_dict("records"):
            where = said["where"].format(
                sheet=row["source_sheet"], cell=row["source_cell"], indicator=row["indicator"] or row["project"]
            )
            severity = word("severity", row["severity"])
            print(said["finding"].format(severity=severity, title=row["title"], where=where.strip()))
            print(f"    {row['message']}")
            if not is_short:
                print("    " + said["resolution"].format(text=row["resolution"]))
    if len(rest) < len(mild):
        print(said["more"].format(count=len(mild) - len(rest)))
    read = results.frames.ingest
    number = int((read.groupby("source_file")["state"].first() == "read").sum())
    if number:
        counts = severity_counts(results.findings) or said["clean"]
        verdict = said["verdict_errors" if (results.findings["severity"] == "error").any() else "verdict_clean"]
        print(f"{said['counts'].format(files=number, listed=counts)}。{verdict}。")


def _mark(path: Path, findings: pd.DataFrame, out: Path, *, is_quiet: bool) -> None:
    """Write the workbook with comments; what is no workbook gets its findings as a list."""
    from jixiao.cli.stored import record
    from jixiao.publish.findings.answers import write_workbook
    from jixiao.publish.findings.marking import is_workbook, mark_workbook

    said = screen_words("check")
    if out.suffix.lower() != ".xlsx":
        raise JixiaoError(f"--mark 只能写成 .xlsx 文件，实际为“{out.name}”，请换一个文件名")
    if is_workbook(path):
        marked = mark_workbook(path, findings, out)
        lines = [said["marked"].format(path=shown(out), cells=marked.cells)]
        lines += [said["not_marked"].format(count=marked.unplaced)] if marked.unplaced else []
        lines += [said["lost"].format(file=path.name, things="、".join(marked.lost))] if marked.lost else []
    else:
        write_workbook(findings.assign(suppression=""), out, as_of="")
        lines = [said["listed"].format(file=path.name, path=shown(out))]
    record("export", out)
    if not is_quiet:
        print("\n".join(lines))


def _as_dict(results: Results, errors: list[JixiaoError]) -> dict[str, Any]:
    rows = json.loads(results.findings.to_json(orient="records", force_ascii=False))
    named = ["year", "department", "project", "evaluation", "total_reported", "total", "grade"]
    totals = json.loads(results.totals[named].to_json(orient="records", force_ascii=False))
    skipped = results.frames.skipped.drop_duplicates().to_dict("records")
    return {"errors": [str(error) for error in errors], "evaluations": totals, "findings": rows, "skipped": skipped}
