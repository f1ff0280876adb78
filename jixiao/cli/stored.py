"""The commands about what was stored (存储命令): verify, diff, trace and log; ``main`` joins them to the others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from jixiao.core.errors import JixiaoError

Place = Annotated[str, typer.Option("--place", help="构建结果目录，默认 built")]
Format = Annotated[str, typer.Option("--format", help="table 或 json")]


def verify(
    place: Place = "built",
    sources: Annotated[bool, typer.Option("--sources", help="另把全部原始文件重读一遍，与保存的结果比较")] = False,
) -> None:
    """核验构建结果、原始文件、规则、报告和日志是否与记录一致，列出不一致之处；有不一致的以代码 1 结束。"""
    from jixiao.builds.store_words import store_words
    from jixiao.builds.verify import reread
    from jixiao.builds.verify import verify as check
    from jixiao.core.files import find_place

    folder = find_place(place)
    differences = [*check(folder), *(reread(folder) if sources else ())]
    for difference in differences:
        print(difference)
    if differences:
        raise typer.Exit(1)
    print(store_words()["verify"]["clean"])


def diff(
    first: Annotated[
        str, typer.Argument(help="先前的构建：版本号（开头几位即可）、previous 或构建结果目录")
    ] = "previous",
    second: Annotated[str, typer.Argument(help="后来的构建，默认当前版本")] = "current",
    place: Place = "built",
    output: Format = "table",
) -> None:
    """比较两次构建：哪些得分、总分、等级和问题变了，为什么。"""
    from jixiao.builds.diff import compare, find_build
    from jixiao.core.files import find_place

    _choose(output)
    folder = find_place(place) if "current" in (first, second) or not Path(second).is_dir() else Path(second)
    found = compare(find_build(first, folder), find_build(second, folder))
    if output == "json":
        rows = json.loads(found.changes.to_json(orient="records", force_ascii=False))
        whole: dict[str, Any] = {"first": found.first.version, "second": found.second.version, "inputs": found.inputs}
        whole |= {"came": found.came, "left": found.left, "changes": rows}
        print(json.dumps(whole, ensure_ascii=False, indent=1))
    else:
        print("\n".join(found.sentences()))


def trace(
    project: Annotated[str, typer.Argument(help="项目名称或其一部分")],
    about: Annotated[
        str,
        typer.Argument(
            metavar="INDICATOR", help="指标名称或其一部分、金额名称（如 全年执行数）或问题代码；不写则为总分"
        ),
    ] = "",
    year: Annotated[int | None, typer.Option(help="年度")] = None,
    evaluation: Annotated[str, typer.Option(help="self、department 或 finance")] = "",
    place: Annotated[str, typer.Option("--place", help="数据位置：built、source、sample 或任意目录")] = "built",
    output: Format = "table",
) -> None:
    """查明一个得分、总分、金额或问题从哪里来：文件、单元格、更正、规则、算式、依据。"""
    from jixiao.builds.run import evaluate
    from jixiao.builds.trace import trace as follow
    from jixiao.core.files import find_place

    _choose(output)
    results, folder = evaluate(place), find_place(place)
    chains = follow(results, folder, project, about, year=year, evaluation=evaluation)
    if output == "json":
        print(json.dumps([chain.as_dict() for chain in chains], ensure_ascii=False, indent=1))
    else:
        print("\n\n".join(chain.as_text() for chain in chains))


def log(
    last: Annotated[int, typer.Option(help="只列最近几条，0 为全部")] = 20,
    output: Format = "table",
) -> None:
    """列出操作日志：何时、何人、做了什么、内容指纹；日志有断链的以代码 1 结束。"""
    from jixiao.builds import journal
    from jixiao.builds.store_words import store_words
    from jixiao.builds.verify import Difference

    _choose(output)
    entries = [entry for entry in journal.read_entries() if entry][-last:]
    if output == "json":
        print(json.dumps(entries, ensure_ascii=False, indent=1))
    else:
        if not entries:
            print(store_words()["no_entries"])
        actions = store_words()["actions"]
        for entry in entries:
            action = actions.get(entry.get("what"), entry.get("what"))
            shown = [str(entry.get(name, "")) for name in ("number", "when", "who")]
            print("  ".join([*shown, f"{action}", str(entry.get("output", "")), str(entry.get("content", ""))[:16]]))
    broken = journal.check()
    if broken is not None:
        raise JixiaoError(str(Difference(f"journal_{broken.reason}", str(broken.number))))


def record(what: str, output: Path, place: Path | None = None) -> bool:
    """Enter what was made into the journal; when that cannot be written, say so, keep what was made, return False."""
    from jixiao.builds import journal
    from jixiao.builds.manifest import MANIFEST, read_manifest

    built = place if place is not None and (place / MANIFEST).exists() else None
    try:
        journal.record(what, output, version=read_manifest(built)["version"] if built else "")
    except JixiaoError as error:
        typer.echo(f"没有记入操作日志：{error}", err=True)
        return False
    return True


def record_once(what: str, output: Path) -> bool:
    """Enter a built folder into the journal as :func:`record` does, if its version is not there yet."""
    from jixiao.builds.journal import mentions
    from jixiao.builds.manifest import read_manifest

    return mentions(read_manifest(output)["version"]) or record(what, output, output)


def _choose(output: str) -> None:
    if output not in {"table", "json"}:
        raise JixiaoError(f"--format 不能是“{output}”，可选：table、json")
