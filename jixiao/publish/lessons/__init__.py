"""Teach a form (示教): the page that shows an unread layout, asks what its headers mean and keeps the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jixiao.core.errors import RequestError
from jixiao.publish.lessons.layouts_unread import Layout, find_layouts, source_of, summary

__all__ = ["Layout", "find_layouts", "open_panel", "summary"]


def open_panel(place: str | Path, *, name: str = "") -> Any:
    """Return the panel that teaches the unread forms of a place (示教面板) for a notebook to show.

    Args:
        place: ``source``, ``sample``, ``built`` or any folder of forms.
        name: Only files whose name holds this text; all when empty.

    Raises:
        RequestError: There is no such folder, or no such file.

    Example:
        >>> type(open_panel("sample", name="2023")).__name__
        'VBox'
    """
    from jixiao.publish.lessons.lesson_panel import LessonPanel, no_files

    layouts = find_layouts(place, name=name)
    if not layouts and not name:
        return no_files()  # a place that was made without forms, as a province of the sample
    if not layouts:
        raise RequestError(f"“{source_of(place).name}”中没有名称含“{name}”的表格文件，请检查文件名")
    return LessonPanel(layouts).widget
