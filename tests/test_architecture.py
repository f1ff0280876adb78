"""docs/architecture.md follows one cell from its file to a report; so does this test, through the same functions."""

from __future__ import annotations

import re
from importlib import import_module

import docx
import pytest
from conftest import ROOT

from jixiao.builds.handover import unpack_results
from jixiao.builds.run import evaluate_folder
from jixiao.builds.versions import read_built
from jixiao.core.writing import points_text
from jixiao.publish.reports.requests import list_reports
from jixiao.publish.reports.shares import Shares
from jixiao.reading.files import column_letters
from jixiao.reading.folder import load_frames
from jixiao.reading.forms.headers import View

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
STEPS = re.findall(r"^### (\d+)\. `([\w.]+)`\n\n- takes: .+\n- gives: .+\n- the cell: `(.+)`$", PAGE, re.M)
FILE, CELL, INDICATOR = re.search(
    r"The file is `(.+?)` of `data/source`, the cell is `([A-Z]+\d+)`: .+ of the indicator (\S+)\.", PAGE
).groups()
SOURCE = ROOT / "data" / "source"


def test_the_way_has_ten_steps_or_fewer_and_each_has_its_three_lines():
    headings = re.findall(r"^### .+$", PAGE, re.M)
    assert [int(number) for number, _, _ in STEPS] == list(range(1, len(headings) + 1))
    assert 1 < len(headings) <= 10


@pytest.mark.parametrize("name", re.findall(r"`((?:core|builds|checks|publish|reading|scoring|rules)/[\w./]*)`", PAGE))
def test_what_the_page_names_beside_the_steps_is_there(name):
    assert (ROOT / "jixiao" / name).exists()


def function_of(name):
    """Return the function that a dotted name means."""
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            found = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            found = getattr(found, part)
        return found
    raise AssertionError(name)


class Walk:
    """The cell on its way; each step takes what the steps before gave, and says what it finds of the cell."""

    def __init__(self, folder):
        self.folder = folder

    def read_grids(self, step):
        self.grids = step(SOURCE / FILE, FILE)
        self.grid = next(grid for grid in self.grids if any(INDICATOR in row for row in grid.texts))
        places = ((row, column) for row in range(self.grid.height) for column in range(self.grid.width))
        self.row, self.column = next(at for at in places if self.grid.address(*at) == CELL)
        return f"{CELL} {self.grid.cell(self.row, self.column).text}"

    def find_headers(self, step):
        families = step(View(self.grid))
        family, rows = next((family, rows) for family, rows in families.items() if family == "self_evaluation")
        row, match = next((row, match) for row, match in rows.items() if match.block.name == "indicators")
        names = {match.columns[place]: name for place, name in match.places}
        return f"{family}, row {row + 1}: {column_letters(self.column)} is {names[self.column]}"

    def recognise(self, step):
        (self.reading,) = step(self.grids, FILE)
        self.record = next(one for one in self.reading.records if CELL in one.cells.values())
        name = next(name for name, cell in self.record.cells.items() if cell == CELL)
        row, text = self.record.row, self.record.texts[name]
        return f"{self.record.block}, row {row}: {name} {text} at {self.record.cells[name]}"

    def parse_value(self, step):
        value = step(self.record.texts["actual"], year=self.reading.year)
        return f"{value.kind} {value.value}"

    def make_frames(self, step):
        row = self.of_cell(step([self.reading]).indicators)
        self.frames = load_frames(SOURCE)[0]  # the same with every other file of the folder
        together = self.of_cell(self.frames.indicators)
        assert together.equals(row)
        return f"indicators {row.indicator_id}: actual_value {row.actual_value}, actual_cell {row.actual_cell}"

    def score(self, step):
        self.scores, self.totals = step(self.frames)
        row = self.of_cell(self.scores)
        return f"scores {row.indicator_id}: {row.method}, completion_rate {row.completion_rate}, score {row.score}"

    def run_checks(self, step):
        findings, _ = step(self.frames, self.scores, self.totals)
        mine = findings[(findings["source_file"] == FILE) & (findings["indicator"] == INDICATOR)]
        row = mine[mine["code"] == "score_against_standard"].iloc[0]
        return f"{row.code} at {row.source_cell}: printed {row.printed}, derived {row.derived}"

    def write_version(self, step):
        step([evaluate_folder(self.frames, SOURCE)], self.folder / "built")
        self.results = read_built(self.folder / "built")
        row = self.of_cell(self.results.scores)
        return f"scores {row.indicator_id}: score {row.score}"

    def pack(self, step):
        row = self.of_cell(self.results.scores)
        every = list_reports(self.results, place="source", years=[row.year], projects=[row.project], kinds=["self"])
        request = next(one for one in every if one.parameters["project"] == row.project_id)
        shares = Shares(self.results)
        self.handed = unpack_results(step(shares, shares.rows(request)))
        assert set(self.handed.scores["project_id"]) == {row.project_id}
        seen = self.of_cell(self.handed.scores)
        points = points_text(seen.reported_score)
        return f"scores {seen.indicator_id}: actual_text {seen.actual_text}, reported_score {points}"

    def write_report(self, step):
        row = self.of_cell(self.handed.scores)
        about = {"year": row.year, "project": row.project_id, "evaluation": row.evaluation}
        document = docx.Document(step(self.handed, self.folder / "report.docx", **about))
        lines = [[cell.text for cell in line.cells] for table in document.tables for line in table.rows]
        line = next(line for line in lines if INDICATOR in line)
        return " ".join(line[line.index(INDICATOR) :][:5])

    def of_cell(self, frame):
        """Return the row of a frame that came from the cell."""
        rows = frame[(frame["source_file"] == FILE) & (frame["actual_cell"] == CELL)]
        assert len(rows) == 1
        return rows.iloc[0]


def test_the_cell_is_at_each_step_what_the_page_says(tmp_path):
    walk = Walk(tmp_path)
    found = [(number, name, getattr(walk, name.split(".")[-1])(function_of(name))) for number, name, _ in STEPS]
    assert found == STEPS
