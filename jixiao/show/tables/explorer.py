"""Tables to search, sort and page through in a notebook (探索用表格), by itables, with nothing from a network."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from markupsafe import Markup

from jixiao.core.errors import RequestError
from jixiao.core.harmless import harmless
from jixiao.core.vocabulary import columns, label, vocabulary
from jixiao.show.markup import PIECES, element, fill
from jixiao.show.tables.analyses import code_word

MOST_ROWS = 20_000
_DECIMALS = {"points": 2, "money": 4, "rate": 2, "number": 4}
_HIDDEN = {"project_id", "indicator_id"}


class Explorer:
    """A table that a reader can search, sort and page through; ``frame`` is what it shows.

    Every page needs the script of itables (0.7 MB) once, so a kernel sends it with its first table only.
    """

    _is_sent = False

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    def to_html(self, *, with_script: bool = True) -> str:
        """Return the table, with the script it needs or without; either loads nothing from elsewhere."""
        from itables import options, to_html_datatable
        from itables.javascript import generate_init_offline_itables_html

        words = dict(vocabulary()["explorer"])
        options.display_logo_when_loading = False  # a link to the site of itables
        script = generate_init_offline_itables_html(options.dt_bundle) if with_script else ""
        lengths = [25, 100, 500]
        table = to_html_datatable(
            self.frame.map(lambda value: harmless(value) if isinstance(value, str) else value),
            connected=False,
            allow_html=False,
            maxBytes=0,
            showIndex=False,
            text_in_header_can_be_selected=False,  # a click on a header sorts
            classes="display compact cell-border",
            lengthMenu=lengths,
            pageLength=lengths[0],
            paging=len(self.frame) > lengths[0],
            search={"smart": True},
            layout={"topStart": "pageLength", "topEnd": "search", "bottomStart": "info", "bottomEnd": "paging"},
            language=words["language"],
        )
        return Markup(script) + element("div", Markup(table), class_="jixiao-explorer", lang="zh-CN")

    def _repr_html_(self) -> str:
        is_first, Explorer._is_sent = not Explorer._is_sent, True
        return self.to_html(with_script=is_first)

    def __repr__(self) -> str:
        return self.frame.to_string(index=False)


def explore(frame: pd.DataFrame, *, chosen: Sequence[str] = ()) -> Explorer:
    """Return a table to search, sort and page through (探索表格): numbers sort as numbers, every text is text.

    Args:
        frame: Any frame of jixiao, with English column names.
        chosen: These columns only, in this order; by default all but the keys that nobody reads.

    Raises:
        RequestError: More rows than a page can hold.

    Example:
        >>> import jixiao
        >>> explore(jixiao.evaluate("data/sample").totals, chosen=["year", "total"]).frame.iloc[0].to_dict()
        {'年度': 2023.0, '规则总分（分）': 98.39}
    """
    if len(frame) > MOST_ROWS:
        raise RequestError(f"有 {len(frame)} 行，网页表格最多 {MOST_ROWS} 行，请先筛选，如只看一个年度或一个部门")
    names = list(chosen) or [name for name in frame.columns if name not in _HIDDEN]
    shown = {}
    for name in names:
        kind = columns()[name]["type"] if name in columns() else ""
        heading = label(name, measured=kind in {"money", "points", "rate"}) if kind else str(name)
        shown[heading] = _column(name, kind, frame[name])
    return Explorer(pd.DataFrame(shown).reset_index(drop=True))


def _column(name: str, kind: str, values: pd.Series) -> pd.Series:
    """Return a column as numbers that sort, or as the words a reader knows."""
    if kind in _DECIMALS:
        numbers = values.astype("float64")
        return (numbers * 100 if kind == "rate" else numbers).round(_DECIMALS[kind])
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return values
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.dt.strftime("%Y-%m-%d").fillna("").astype("str")
    return pd.Series([code_word(name, value) for value in values], index=values.index, dtype="str")


def explorer_page(explorer: Explorer, title: str) -> str:
    """Return a page of its own that holds one such table and loads nothing (离线网页)."""
    return fill(PIECES, "explorer.html", title=title, table=Markup(explorer.to_html()))


__all__ = ["MOST_ROWS", "Explorer", "explore", "explorer_page"]
