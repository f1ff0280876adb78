"""The words of what is kept (存储用语): verify, diff, trace and log."""

from __future__ import annotations

from typing import Any

from jixiao.core.models import Count, Model, Text, Words, checked_shipped


class _Diff(Model):
    none: Text
    head: Text
    inputs: Text
    kinds: Words
    named: Count
    more: Text
    missing: Text
    cause: Text
    came: Text
    left: Text
    earned: Text
    input: Words
    one_of: Text


class _Store(Model):
    """The whole of ``rules/store.yaml``."""

    actions: Words
    no_entries: Text
    verify: Words
    choice: Words
    trace: Words
    diff: _Diff


def store_words() -> dict[str, Any]:
    """Return the words of verify, diff, trace and log (存储用语).

    Example:
        >>> store_words()["actions"]["build"]
        '构建'
    """
    return dict(checked_shipped("store.yaml", _Store))
