"""Spot checks of self-evaluations (抽查复核): the commands ``jixiao review …``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jixiao.cli.asking import shown
from jixiao.cli.usage import Command, Group
from jixiao.core.errors import JixiaoError

review = typer.Typer(
    cls=Group, no_args_is_help=True, rich_markup_mode=None, help="抽查复核：抽取、写出复核表、收回、列出结果。"
)

Place = Annotated[str, typer.Option("--place", help="数据位置：built、source、sample 或任意目录")]
Which = Annotated[str, typer.Option("--draw", help="抽查编号，默认最近一次")]


@review.command(cls=Command)
def draw(
    year: Annotated[int, typer.Option("--year", help="年度")],
    number: Annotated[int, typer.Option("--number", help="随机抽取几份")] = 0,
    seed: Annotated[str, typer.Option("--seed", help="抽取种子（任意数字或文字），凭它可以复算")] = "",
    add: Annotated[list[str] | None, typer.Option("--add", help="人工选取，写作“项目名称=原因”，可多次")] = None,
    department: Annotated[list[str] | None, typer.Option("--department", help="只在这些部门中抽取，可多次")] = None,
    redraw: Annotated[str, typer.Option("--redraw", help="重抽的原因；没有原因不重抽，有人复核后不能重抽")] = "",
    place: Place = "built",
    by: Annotated[str, typer.Option("--by", help="由谁抽取，默认当前用户")] = "",
) -> None:
    """按资金和风险抽取自评，规则、种子、总体一并记入台账，他人可以复算。"""
    from jixiao.builds.ledger.drawing import keep_draw, population_of
    from jixiao.builds.ledger.review_rules import review_words
    from jixiao.builds.run import evaluate
    from jixiao.cli.screen import print_table
    from jixiao.publish.rounds.review_books import SHOWN_DRAWN
    from jixiao.show.tables import make_table

    hands: dict[str, str] = {}
    for one in add or []:
        name, _, reason = one.replace("＝", "=").partition("=")
        hands[name.strip()] = reason.strip()
    population = population_of(evaluate(place), year, department or [])
    made = keep_draw(
        population,
        year=year,
        number=number,
        seed=seed,
        by_hand=hands,
        departments=department or [],
        by=by,
        again=redraw,
    )
    reasons = review_words()["draw"]["reasons"]
    print(made.said["rule"])
    print(f"总体 {len(population)} 份，指纹 {made.said['population'][:16]}")
    rows = made.drawn.assign(draw_reason=made.drawn["draw_reason"].map(reasons).astype("str"))
    print_table(make_table(rows, SHOWN_DRAWN).frame)
    print(f"已登记 {made.draw_id}，共 {len(rows)} 份")


@review.command(cls=Command)
def prove(which: Which = "") -> None:
    """复算一次抽查，与登记不同的以代码 1 结束。"""
    from jixiao.builds.ledger.book import load_ledger
    from jixiao.builds.ledger.drawing import find_draw
    from jixiao.builds.ledger.drawing import prove as work_out
    from jixiao.builds.ledger.review_rules import review_words

    made = find_draw(load_ledger(), which)
    differences = work_out(made)
    for difference in differences:
        print(difference)
    if differences:
        raise typer.Exit(1)
    print(review_words()["proven"]["same"].format(draw=made.draw_id, count=len(made.drawn)))


@review.command(cls=Command)
def sheets(
    reviewer: Annotated[list[str], typer.Option("--reviewer", help="复核人，可多次，每人一份复核表")],
    out: Annotated[Path, typer.Option("--out", help="复核表写到哪个目录")] = Path("复核表"),
    which: Which = "",
    place: Place = "built",
) -> None:
    """给每个复核人写一份复核表：抽中的每项指标、单位自评、核查发现。"""
    from jixiao.builds.ledger.book import load_ledger
    from jixiao.builds.ledger.drawing import find_draw
    from jixiao.builds.run import evaluate
    from jixiao.publish.rounds.review_books import write_review_sheet

    made, results = find_draw(load_ledger(), which), evaluate(place)
    for one in reviewer:
        print(f"已写入 {shown(write_review_sheet(results, made, one, out))}")


@review.command(cls=Command)
def receive(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="填好的复核表，可多份")],
    place: Place = "built",
    by: Annotated[str, typer.Option("--by", help="由谁收取，默认复核人")] = "",
) -> None:
    """读入复核表，合并各人意见，意见不一的列出；有没有读入的以代码 1 结束。"""
    from jixiao.builds.run import evaluate
    from jixiao.publish.rounds.review_books import receive_reviews

    done = receive_reviews(files, evaluate(place), by=by)
    for one in done:
        print(f"{one.file}：{one.draw or '—'} {one.reviewer or '—'}，读入 {one.new} 项")
        for sentence in one.sentences:
            print(f"  {sentence}")
    if any(one.sentences for one in done):
        raise typer.Exit(1)


@review.command("list", cls=Command)
def list_reviews(
    which: Which = "",
    place: Place = "built",
    out: Annotated[Path | None, typer.Option("--out", help="写入 .xlsx 文件，供他人查看")] = None,
) -> None:
    """列出复核结果：总分之差、自评质量等级、意见不一的指标。"""
    from jixiao.builds.ledger.book import load_ledger
    from jixiao.builds.ledger.drawing import find_draw
    from jixiao.builds.ledger.review_rules import review_words
    from jixiao.builds.run import evaluate
    from jixiao.cli.screen import print_table
    from jixiao.cli.stored import record
    from jixiao.publish.rounds import review_books as books
    from jixiao.show.tables import make_table

    made, results = find_draw(load_ledger(), which), evaluate(place)
    reviews, totals = books.review_of(results, made)
    if out is not None:
        books.write_review(results, made, out)
        record("export", out)
        print(f"已写入 {shown(out)}")
        return
    print_table(make_table(books.written_totals(totals), books.SHOWN_TOTALS).frame)
    for sentence in books.unread_sentences(totals):
        print(sentence)
    apart = books.written_reviews(reviews[reviews["review_state"] == "contradicted"])
    if len(apart):
        print(f"意见不一的 {len(apart)} 项：")
        print_table(make_table(apart, ["project", "indicator", "weight", "reported_score", "review_opinion"]).frame)
    print(review_words()["quality"]["text"])


@review.command(cls=Command)
def settle(
    project: Annotated[str, typer.Argument(help="项目名称的一部分")],
    indicator: Annotated[str, typer.Argument(help="指标名称")],
    points: Annotated[float, typer.Option("--points", help="裁定的核查分数")],
    opinion: Annotated[str, typer.Option("--opinion", help="裁定意见，必填")] = "",
    by: Annotated[str, typer.Option("--by", help="由谁裁定，必填")] = "",
    which: Which = "",
    place: Place = "built",
) -> None:
    """裁定一项意见不一的指标；各人原来的意见仍然保留。"""
    from jixiao.builds.ledger.book import load_ledger
    from jixiao.builds.ledger.drawing import find_draw
    from jixiao.builds.ledger.reviewing import drawn_rows, keep_opinions, opinions_of, refuse_agreed, review_frame
    from jixiao.builds.run import evaluate

    if not opinion.strip() or not by.strip():
        raise JixiaoError("裁定须用 --opinion 写明意见、用 --by 写明由谁裁定")
    ledger = load_ledger()
    made = find_draw(ledger, which)
    rows = drawn_rows(evaluate(place), made)
    mine = rows[rows["project"].str.contains(project, regex=False) & (rows["indicator"] == indicator)]
    if len(mine) != 1:
        raise JixiaoError(f"“{project}”的“{indicator}”对应 {len(mine)} 项指标，请写准项目和指标名称")
    row = mine.iloc[0]
    if not 0 <= points <= float(row["weight"]):
        raise JixiaoError(f"核查分数应在 0 至分值 {float(row['weight']):g} 之间，实际为 {points:g}")
    refuse_agreed(review_frame(mine, opinions_of(ledger, made.draw_id)).iloc[0])
    said = {name: row[name] for name in ("year", "project_id", "indicator_id")}
    said |= {"reviewer": by, "review_score": points, "review_opinion": opinion, "review_files": "", "is_final": True}
    print(f"已裁定 {keep_opinions(made.draw_id, [said], by=by)} 项")
