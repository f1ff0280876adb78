"""Charts need no luck: their font comes with the program, and one that cannot be drawn costs nothing but itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from io import BytesIO

import docx
import numpy as np
import pytest
from conftest import ROOT
from fontTools.ttLib import TTFont
from PIL import Image

import jixiao
from jixiao.core.declared import RULES
from jixiao.publish import papers
from jixiao.show import pictures
from jixiao.show.figure import FAMILY, FONT, FONT_FILE, empty_figure
from jixiao.show.figures import Figure, print_figure, prints, try_print

GENERAL = ROOT / "data" / "making" / "general_characters.txt"
needs_browser = pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium on PATH")


@pytest.fixture(scope="module")
def drawable():
    return {chr(code) for code in TTFont(FONT_FILE, lazy=True).getBestCmap()}


def test_the_font_holds_every_general_character_and_all_of_gb2312(drawable):
    lines = GENERAL.read_text(encoding="utf-8").splitlines()
    general = "".join(lines[1:])
    assert len(general) == len(set(general)) == 8105 and lines[0].startswith("# 通用规范汉字表")
    pairs = (bytes((high, low)) for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF))
    simplified = {sign for pair in pairs for sign in pair.decode("gb2312", "ignore")}
    assert len(simplified) == 7445
    assert (set(general) | simplified) - drawable == set()


def test_the_font_holds_units_punctuation_and_every_word_of_the_program(drawable):
    signs = "，。；：？！、“”‘’（）《》〈〉【】〔〕—…·～％‰℃㎡㎥㎏№￥¥±×÷≤≥≠≈∑①②⑳ⅠⅡ㈠→↑↓▲▼■□●○★²³µ"
    assert set(signs) - drawable == set()
    written = "".join(path.read_text(encoding="utf-8") for path in RULES.rglob("*.yaml") if path.name != "signs.yaml")
    lacked = {sign for sign in written if sign.isprintable()} - drawable
    assert lacked <= set("☑⩽⩾≼≽鿿➢"), "signs that are read and never shown as they are"


def test_the_font_stands_beside_its_licence_under_a_name_of_its_own():
    licence = FONT_FILE.with_name("OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence and "Adobe" in licence
    names = TTFont(FONT_FILE, lazy=True)["name"]
    assert names.getDebugName(1) == "Jixiao Sans SC" and "Adobe" in names.getDebugName(0)
    assert FONT_FILE.stat().st_size < 4_000_000
    assert FONT.startswith(f'"{FAMILY}"')


HIDDEN = """
import sys
from pathlib import Path

import matplotlib
from matplotlib import font_manager

font_manager.fontManager.ttflist.clear()  # as on a machine without any font
font_manager.fontManager.afmlist.clear()
import jixiao
from jixiao.publish import papers

results = jixiao.evaluate("data/sample")
first = results.totals[results.totals["evaluation"] == "department"].iloc[0]  # it lost points in many places
papers.write_report(results, Path(sys.argv[1]), year=2023, project=first.project_id, evaluation="department")
assert not [name for name in font_manager.fontManager.ttflist if "jixiao" not in name.fname], "another font was used"
"""


def pictures_of(path):
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name) for name in sorted(archive.namelist()) if name.endswith(".png")]


def test_a_report_holds_its_charts_where_no_font_is_installed(tmp_path):
    """A new home folder, no fontconfig, an empty list of fonts: the pictures are those of any other machine."""
    home = tmp_path / "home"
    home.mkdir()
    environment = {"HOME": str(home), "MPLCONFIGDIR": str(home / "mpl"), "FONTCONFIG_FILE": os.devnull}
    environment["PATH"] = str(tmp_path)
    target = tmp_path / "hidden.docx"
    command = [sys.executable, "-W", "error::UserWarning:matplotlib", "-c", HIDDEN, str(target)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Glyph" not in done.stderr and "findfont" not in done.stderr
    results = jixiao.evaluate("data/sample")
    first = results.totals[results.totals["evaluation"] == "department"].iloc[0]  # it lost points in many places
    usual = papers.write_report(
        results, tmp_path / "usual.docx", year=2023, project=first.project_id, evaluation="department"
    )
    assert len(pictures_of(target)) == 1 and pictures_of(target) == pictures_of(usual)


def test_a_chart_that_cannot_be_drawn_costs_the_chart(tmp_path, monkeypatch):
    def fail(figure, **_):
        raise OSError("no freetype on this machine\nsecond line")

    monkeypatch.setattr(prints, "print_figure", fail)
    results = jixiao.evaluate("data/sample")
    first = results.totals[results.totals["evaluation"] == "department"].iloc[0]  # it lost points in many places
    target = papers.write_report(
        results, tmp_path / "a.docx", year=2023, project=first.project_id, evaluation="department"
    )
    assert pictures_of(target) == []
    document = docx.Document(str(target))
    told = [paragraph.text for paragraph in document.paragraphs if "此图未能画出" in paragraph.text]
    assert len(told) == 1 and all("no freetype on this machine" in text and "second line" not in text for text in told)
    tables = [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]
    lost = next(table for table in tables if table[0] == ["", "失分"])
    assert ["绩效指标明确性", "2（失分率28.57%）"] in lost


def test_a_figure_of_another_kind_is_a_sentence_too():
    pie = Figure(
        [{"type": "pie", "labels": ["甲"], "values": [1]}], {}, alt="一张饼图", frame=empty_figure("", "").frame
    )
    with pytest.raises(ValueError, match="cannot draw"):
        print_figure(pie)
    made = try_print(pie)
    assert "一张饼图" in made.sentence


@needs_browser
def test_png_exports_are_drawn_with_the_same_font(tmp_path):
    """The picture of a text in the font of the program differs from that of a text in no font at all: boxes."""
    figure = Figure(
        [{"type": "bar", "x": [3], "y": ["一个很长的项目名称龘"[:9]], "orientation": "h"}],
        {"title": "预算执行率", "height": 200},
        alt="",
        frame=empty_figure("", "").frame,
    )

    def drawn(font):
        description = [figure.to_dict()]
        (png,) = pictures.draw_pictures(description, figures_script(), (FAMILY, font), kind="png", width=400, scale=1)
        return np.asarray(Image.open(BytesIO(png)).convert("L"), dtype=int)

    own = drawn(FONT_FILE)
    part = tmp_path / "boxes.otf"
    boxes = TTFont(FONT_FILE)
    outlines = boxes["CFF "].cff.topDictIndex[0].CharStrings
    names = {boxes.getBestCmap()[ord(sign)] for sign in "一个很长的项目名称预算执行率"}
    for name in names:
        outlines[name] = outlines[".notdef"]
    boxes.save(part)
    changed = np.abs(own - drawn(part)) > 64
    assert changed.sum() > 200, "the exported picture does not use the font it was given"


def figures_script():
    from jixiao.show.figure import plotly_script

    return plotly_script()


def test_no_module_looks_for_an_installed_font():
    for path in (ROOT / "jixiao").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"ttflist|fc-list|findSystemFonts|font\.sans-serif", text), path
