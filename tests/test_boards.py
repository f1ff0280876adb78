"""The prepared tables of the pages and the folder they are written to, without a browser."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from jixiao.analysis.briefing import briefing
from jixiao.builds.manifest import MANIFEST
from jixiao.builds.run import build, evaluate
from jixiao.cli.main import app
from jixiao.core.errors import RequestError
from jixiao.core.results import Results
from jixiao.core.vocabulary import columns
from jixiao.publish.boards.board_rules import boards
from jixiao.publish.boards.declared_pages import TABLES
from jixiao.publish.boards.monitoring import elapsed_days, light, monitoring
from jixiao.publish.boards.packing import pack
from jixiao.publish.boards.prepared import COLUMNS, prepare, project_rows
from jixiao.publish.boards.site import write_site
from jixiao.publish.reports import list_reports
from jixiao.publish.viewer import MOST_KEPT, BoardWidget, keep_pages, report_links, show_boards, unwrapped

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def real() -> Results:
    return evaluate(ROOT / "data" / "source")


@pytest.fixture(scope="module")
def sample() -> Results:
    return evaluate(ROOT / "data" / "sample")


# Declarations


def asked_of(query: dict[str, object]) -> set[str]:
    """Every column of a prepared table that a query reads."""
    read = {*query.get("by", []), *query.get("known", []), *query.get("where", {})}  # type: ignore[misc]
    for text in query.get("values", {}).values():  # type: ignore[attr-defined]
        verb, _, about = text.partition(" ")
        assert verb in {"count", "distinct", "first", "sum", "mean", "ratio", "counted", "share", "less"}
        if verb not in {"count", "share", "less"}:
            read |= set(about.split("=")[0].split("/"))
    return read


def test_every_query_asks_for_columns_that_are_there() -> None:
    declared = boards()
    queries = [panel["query"] for page in declared["pages"].values() for panel in page["panels"] if "query" in panel]
    queries += [card["query"] for card in declared["cards"].values()] + declared["questions"] + declared["drills"]
    assert set(COLUMNS) == set(TABLES)
    for query in queries:
        assert asked_of(query) <= set(COLUMNS[query["table"]]), query
    for name, listed in declared["lists"].items():
        assert set(listed) <= set(COLUMNS[name])
    for asked in declared["questions"] + declared["drills"]:
        assert {*asked["columns"], asked["sort"].removeprefix("-")} <= {*COLUMNS[asked["table"]], "execution_rate"}
    assert {name for names in COLUMNS.values() for name in names} <= set(columns())


def test_every_panel_is_whole() -> None:
    declared = boards()
    for page in declared["pages"].values():
        names = [panel["id"] for panel in page["panels"]]
        assert len(names) == len(set(names))
        assert set(page["choosers"]) <= set(declared["choosers"])
        for panel in page["panels"]:
            kind = panel.get("kind", "chart")
            assert kind in {"chart", "numbers", "questions", "list", "facts", "statements", "league"}
            assert set(panel.get("topics", [])) <= set(briefing()["show"])
            assert kind == "numbers" or panel["title"]
            assert set(panel.get("cards", [])) <= set(declared["cards"])
            if kind == "chart":
                made = {*panel["query"]["by"], *panel["query"]["values"]}
                chart = panel["chart"]
                drawn = {*chart.get("values", []), *(chart[key] for key in ("name", "x", "y", "size") if key in chart)}
                assert drawn <= made, panel["id"]
    assert len(declared["questions"]) == 5
    assert monitoring()["mark"] == "J" and monitoring()["basis"]


# Prepared tables


def test_chunks_hold_exactly_the_declared_columns_and_every_row_once(real: Results) -> None:
    counted: dict[str, int] = {}
    for _, tables in prepare(real):
        for name, frame in tables.items():
            assert sorted(frame.columns) == sorted(COLUMNS[name]), name
            counted[name] = counted.get(name, 0) + len(frame)
    tops = real.frames.projects["project_level"] == "project"
    assert counted["projects"] == tops.sum() + len(real.totals)
    assert counted["findings"] == counted["details"] == len(real.findings)
    assert counted["facts"] == counted["names"] == tops.sum()
    assert counted["indicators"] == real.scores["is_counted"].sum()


def test_packed_numbers_come_back_and_missing_stays_missing(real: Results) -> None:
    rows = project_rows(real)
    packed = json.loads(json.dumps(pack(rows)))["columns"]
    for name in ("annual_budget_wan", "total_reported", "findings"):
        back = [None if value is None else value / packed[name]["scale"] for value in packed[name]["values"]]
        assert back == [None if value != value else float(value) for value in rows[name]]
    words = packed["department"]["words"]
    assert [words[code] for code in packed["department"]["values"]] == rows["department"].tolist()


def test_a_row_without_findings_has_none(real: Results) -> None:
    rows = project_rows(real)
    merged = rows[rows["evaluation"] == ""]
    assert merged["findings"].sum() == (real.findings["project_id"].isin(merged["project_id"])).sum()
    assert ((rows["errors"] > 0) == (rows["has_errors"] == 1)).all()


@pytest.mark.parametrize(
    ("spent", "over", "lit"),
    [
        (90.0, 365, "green"),
        (89.9999, 365, "yellow"),
        (70.0, 365, "yellow"),
        (69.9999, 365, "red"),
        (45.0, 182, "green"),
    ],
)
def test_lights_at_their_lines(spent: float, over: int, lit: str) -> None:
    one = pd.Series([1])
    found = light(pd.Series([spent]), pd.Series([100.0]), monitoring()["execution"], over=one * over, days=one * 365)
    assert found.tolist() == [lit]


def test_a_year_to_come_has_no_light() -> None:
    over, days = elapsed_days(2030, datetime(2026, 1, 1, tzinfo=UTC))
    assert over == 0
    one = pd.Series([1])
    assert light(one, one, monitoring()["execution"], over=one * over, days=one * days).tolist() == ["unknown"]
    assert elapsed_days(2026, datetime(2025, 12, 31, 16, 0, tzinfo=UTC)) == (1, 365)  # It is the new year in Beijing.


@pytest.mark.parametrize("year", [-1, 0, 1, 9999, 10_000])
def test_a_year_that_no_calendar_has_ends_no_page(year: int) -> None:
    over, days = elapsed_days(year, datetime(2026, 1, 1, tzinfo=UTC))
    assert days in {365, 366} and over == (days if year < 2026 else 0)


# The folder


def test_a_site_replaces_only_a_site(sample: Results, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    write_site(sample, folder)
    first = (folder / "jixiao-site.json").read_text(encoding="utf-8")
    write_site(sample, folder)
    assert (folder / "jixiao-site.json").read_text(encoding="utf-8") != first
    other = tmp_path / "papers"
    other.mkdir()
    (other / "letter.txt").write_text("kept", encoding="utf-8")
    with pytest.raises(RequestError, match="已有其他文件"):
        write_site(sample, other)
    assert [path.name for path in other.iterdir()] == ["letter.txt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["papers", "site"]


def test_a_failed_run_leaves_the_site_before(sample: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "site"
    write_site(sample, folder)
    before = {path.name: path.read_bytes() for path in (folder / "data").iterdir()}

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("jixiao.publish.boards.site._write_chunk", fail)
    with pytest.raises(RequestError, match="不能写入"):
        write_site(sample, folder)
    assert {path.name: path.read_bytes() for path in (folder / "data").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_the_page_loads_nothing_from_outside_and_runs_no_inline_script(sample: Results, tmp_path: Path) -> None:
    write_site(sample, tmp_path / "site")
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "script-src 'self'" in page and "http" not in page.replace("http-equiv", "")
    assert page.count("plotly.min.js") == 1
    assert "<script>" not in page and " on" not in page.split("<body>")[1]


def test_the_command_writes_a_site(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["dashboard", "--place", "sample", "--static", str(tmp_path / "site")])
    assert done.exit_code == 0 and "静态看板已写好" in done.output
    assert (tmp_path / "site" / "index.html").is_file()


def test_reports_that_are_there_are_linked(sample: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIXIAO_HOME", str(tmp_path))
    row = sample.totals.iloc[0]
    (tmp_path / "reports").mkdir()
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    assert report_links(sample, tmp_path / "site") == {}
    request = next(request for request in list_reports(sample, place="") if request.project == row["project"])
    folder = tmp_path / "reports" / request.folder
    folder.mkdir(parents=True)
    (folder / f"{request.name}.html").write_text("", encoding="utf-8")
    links = report_links(sample, tmp_path / "site")
    assert list(links) == [(row["year"], row["project_id"], "self")]
    assert next(iter(links.values())).startswith(f"../reports/{row['year']}/%")


# The widget


def test_the_widget_hands_out_prepared_chunks_and_nothing_else(
    tmp_path: Path, sample: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(show_boards("sample"), BoardWidget)
    write_site(sample, tmp_path / "site")
    (tmp_path / "secret.js").write_text("secret", encoding="utf-8")
    widget, sent = BoardWidget(tmp_path / "site"), []
    monkeypatch.setattr(widget, "send", lambda content, buffers=(): sent.append((content, list(buffers))))
    for name in ("names", "../../secret", "../jixiao-site", "nothing", None):
        widget._answer(None, {"name": name}, [])
    assert [len(buffers) for _, buffers in sent] == [1, 0, 0, 0, 0]
    assert json.loads(sent[0][1][0])["names"]["count"] > 0


def test_pages_of_a_built_place_are_kept_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIXIAO_LOGS", str(tmp_path))
    build(ROOT / "data" / "sample", tmp_path / "built")
    folder = keep_pages(tmp_path / "built")
    made = (folder / "index.html").stat().st_mtime_ns
    assert keep_pages(tmp_path / "built", tmp_path / "served") == folder == (tmp_path / "served").resolve()
    assert (folder / "index.html").stat().st_mtime_ns == made
    for number in range(5):
        (tmp_path / ".boards" / f"old{number}").mkdir()
        os.utime(tmp_path / ".boards" / f"old{number}", (number, number))
    manifest = tmp_path / "built" / MANIFEST
    told = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps({**told, "rules": "other"}), encoding="utf-8")
    folder = keep_pages(tmp_path / "built")
    assert len(list((tmp_path / ".boards").iterdir())) == MOST_KEPT
    assert (folder / "index.html").stat().st_mtime_ns != made
    warned = json.loads(unwrapped((folder / "data" / "pages.js").read_text(encoding="utf-8")))["warnings"]
    assert "不是最新" in warned[0]
