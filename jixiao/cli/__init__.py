"""The commands beside reading, scoring and auditing (命令), which ``main`` joins to those."""

from __future__ import annotations

from jixiao.cli import usage
from jixiao.cli.asking import Place, check_names, choose, shown
from jixiao.cli.briefs import brief
from jixiao.cli.budget_use import consequences
from jixiao.cli.clerk import check
from jixiao.cli.corrected import resubmitted
from jixiao.cli.makers import ask, dashboard, form, new, notebooks, report, sample, whatif
from jixiao.cli.proofs import evidence
from jixiao.cli.rectify import issues
from jixiao.cli.registers import bodies, remind
from jixiao.cli.reviewers import review
from jixiao.cli.stored import diff, log, record, record_once, trace, verify

COMMANDS = (
    new,
    check,
    resubmitted,
    bodies,
    remind,
    brief,
    report,
    ask,
    form,
    sample,
    whatif,
    dashboard,
    notebooks,
    verify,
    diff,
    trace,
    log,
)
"""Every command of this room, in the order of the help."""
GROUPS = {"issues": issues, "review": review, "evidence": evidence, "consequences": consequences}
"""Every group of commands, by its name."""

__all__ = ["COMMANDS", "Place", "check_names", "choose", "record", "record_once", "shown", "usage"]
