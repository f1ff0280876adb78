"""The commands beside reading, scoring and auditing (命令), which ``__main__`` joins to those."""

from __future__ import annotations

from jixiao.commands import usage
from jixiao.commands.answers import Place, check_names, choose, shown
from jixiao.commands.makers import dashboard, form, report, sample, whatif
from jixiao.commands.stored import diff, log, record, trace, verify

COMMANDS = (report, form, sample, whatif, dashboard, verify, diff, trace, log)
"""Every command of this room, in the order of the help."""

__all__ = ["COMMANDS", "Place", "check_names", "choose", "record", "shown", "usage"]
