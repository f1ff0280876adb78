"""What is said when a command is typed wrongly, ended or refused by the disk (命令写错、中断、不能写)."""

from __future__ import annotations

import io
import re
import sys
from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from jixiao.core.errors import JixiaoError, say_refused
from jixiao.core.harmless import Screen
from jixiao.core.processes import forget_foreign

_UsageError: Any = typer.BadParameter.__bases__[0]
"""What typer raises for a command line it does not understand; its kinds are told apart by name."""

_WANTED = (("valid integer", "整数"), ("valid number", "数"), (r"greater than or equal to (\S+)", r"不小于 \1 的数"))
"""What typer says of a value of an option, and what we say."""

_HELP = (
    (r"^Usage: ", "用法："),
    (r"^Options:$", "选项："),
    (r"^Arguments:$", "参数："),
    (r"^Commands:$", "命令："),
    (r"\[OPTIONS\]", "[选项]"),
    (r" COMMAND \[ARGS\]\.\.\.", " 命令 [参数]…"),
    (r"Show this message and exit\.$", "显示本帮助"),
    (r"\[default: ([^\];]*)(?=[\];])", r"[默认：\1"),
    (r"\[required\]", "[必填]"),
    (r"; x>=", "；不小于 "),
    (r"\[x>=", "[不小于 "),
    (r"<list\[(?:str|Path|int)\]>( *)", r"<值>…\1     "),
    (r"<(?:str|Path)>( *)", r"<值>\1 "),
    (r"<path>( *)", r"<路径>\1"),
    (r"<(?:int|float) range>( *)", r"<数>\1       "),
    (r"<int>( *)", r"<数>\1 "),
    (r"<float>( *)", r"<数>\1   "),
)
"""What the help says in English, and what we say; names of types keep the columns as wide as they were."""

INTERRUPTED = 130
"""The exit code after Ctrl+C."""


def say_help(text: str) -> str:
    """Return a page of help with its headings and types in Chinese (帮助).

    Example:
        >>> print(say_help("Usage: jixiao read [OPTIONS]\\n\\nOptions:\\n  --help  Show this message and exit."))
        用法：jixiao read [选项]
        <BLANKLINE>
        选项：
          --help  显示本帮助
    """
    for said, ours in _HELP:
        text = re.sub(said, ours, text, flags=re.MULTILINE)
    return "\n".join(line.rstrip() for line in text.splitlines())


class Command(TyperCommand):
    """A command whose help is Chinese (命令)."""

    def get_help(self, ctx: Any) -> str:
        """Return the page of help."""
        return say_help(super().get_help(ctx))


class Group(TyperGroup):
    """The commands together, with Chinese help (命令组)."""

    def get_help(self, ctx: Any) -> str:
        """Return the page of help."""
        return say_help(super().get_help(ctx))


def run(app: typer.Typer) -> None:
    """Run the command line; whatever a user can cause is one Chinese sentence and exit code 2, an interruption 130.

    Raises:
        SystemExit: Always, with the code of the command.
    """
    forget_foreign()
    for stream in (sys.stdout, sys.stderr):  # a console that lacks a sign prints a substitute
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    sys.stdout, sys.stderr = Screen(sys.stdout), Screen(sys.stderr)  # type: ignore[assignment]
    try:
        code = app(standalone_mode=False, prog_name="jixiao") or 0
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        raise SystemExit(code)
    except JixiaoError as error:
        print(error, file=sys.stderr)
    except _UsageError as error:
        print(say_usage(error), file=sys.stderr)
    except (KeyboardInterrupt, typer.Abort):
        print("已中断；没有写完的不保留，原有的文件没有改动", file=sys.stderr)
        raise SystemExit(INTERRUPTED) from None
    except OSError as error:  # a full disk, a folder without permission
        named = f"“{error.filename}”" if error.filename else ""
        print(f"读写文件{named}失败（{say_refused(error)}），请检查路径、磁盘空间和权限", file=sys.stderr)
    raise SystemExit(2) from None


def say_usage(error: Any) -> str:
    """Say in one Chinese sentence what is wrong with a command line; the help itself when nothing was asked (命令写错).

    Example:
        >>> say_usage(typer.BadParameter("Input should be a valid integer"))
        '参数的值应为整数；用 jixiao --help 查看写法'
    """
    kind, context = type(error).__name__, error.ctx
    if kind == "NoArgsIsHelpError":
        return str(error.format_message())
    asked = f"用 {context.command_path if context else 'jixiao'} --help 查看写法"
    if kind == "NoSuchOption":
        near = "、".join(get_close_matches(error.option_name, error.possibilities or [], cutoff=0))
        return f"没有选项“{error.option_name}”{f'，是否应为 {near}' if near else ''}；{asked}"
    if kind == "MissingParameter":
        return f"缺少{_named(error.param).strip()}；{asked}"
    if kind == "BadParameter":
        found = ((re.search(said, error.message), ours) for said, ours in _WANTED)
        wanted = next((match.expand(ours) for match, ours in found if match), "帮助中的写法")
        return f"{_named(error.param)}的值应为{wanted}；{asked}"
    if kind == "BadOptionUsage":
        return f"选项“{error.option_name}”要写一个值，或者是不带值的开关；{asked}"
    if context is not None and hasattr(context.command, "list_commands"):
        return f"没有这个命令，可用：{'、'.join(context.command.list_commands(context))}；{asked}"
    return f"多写了参数；{asked}"


def _named(param: Any) -> str:
    if param is None:
        return "参数"
    return f"选项 {param.opts[0]} " if param.param_type_name == "option" else f"参数（{param.help or param.name}）"
