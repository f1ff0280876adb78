"""What results mean for next year's budget (结果应用): the commands ``jixiao consequences …``."""

from __future__ import annotations

from typing import Annotated

import typer

from jixiao.cli.usage import Command, Group
from jixiao.core.errors import JixiaoError

consequences = typer.Typer(
    cls=Group, no_args_is_help=True, rich_markup_mode=None, help="结果应用：只按登记的本地规定提出预算建议，记下决定。"
)

Rule = Annotated[str, typer.Option("--rule", help="本地规定：data/consequences 下的文件名，或 henan_2020（间接来源）")]
Year = Annotated[int, typer.Option("--year", help="年度")]
Place = Annotated[str, typer.Option("--place", help="数据位置：built、source、sample 或任意目录")]
SHOWN = [
    *("year", "department", "project", "evaluation", "reported_grade", "execution_rate", "annual_budget_wan"),
    *("proposal", "article", "basis_mark", "decision", "decider", "decision_reason"),
]


@consequences.command(cls=Command)
def propose(year: Year, rule: Rule = "", place: Place = "built") -> None:
    """按本地规定列出预算建议及其条款、性质；没有规定的不提出建议。"""
    from jixiao.builds.ledger import consequences as made
    from jixiao.builds.run import evaluate
    from jixiao.cli.screen import print_table
    from jixiao.show.tables import make_table

    found = made.load_rule(rule)
    rows = made.propose(evaluate(place), found, year)
    print(made.rule_line(found))
    if len(rows):
        print_table(make_table(rows, SHOWN).frame)
    print(f"按该规定有建议的 {len(rows)} 份评价；建议不是决定，决定用 jixiao consequences decide 登记")


@consequences.command(cls=Command)
def decide(
    project: Annotated[str, typer.Argument(help="项目名称的一部分")],
    year: Year,
    rule: Rule = "",
    evaluation: Annotated[str, typer.Option(help="self、department 或 finance")] = "",
    decision: Annotated[str, typer.Option("--decision", help="决定，如 压减10%")] = "",
    by: Annotated[str, typer.Option("--by", help="由谁决定")] = "",
    reason: Annotated[str, typer.Option("--reason", help="理由")] = "",
    place: Place = "built",
) -> None:
    """登记一项决定：与建议并列，记下由谁决定、为什么；可以与建议不同。"""
    from jixiao.builds.ledger import consequences as made
    from jixiao.builds.run import evaluate

    rows = made.propose(evaluate(place), made.load_rule(rule), year)
    mine = rows[rows["project"].str.contains(project, regex=False) & rows["evaluation"].isin([evaluation or "self"])]
    if len(mine) != 1:
        raise JixiaoError(f"按该规定，“{project}”有建议的评价是 {len(mine)} 份；请写准项目名称，或加 --evaluation")
    made.decide(mine.iloc[0], decision=decision, decider=by, reason=reason)
    print(f"已登记：{mine['project'].iloc[0]}，建议{mine['proposal'].iloc[0]}，决定{decision}（{by}）")
