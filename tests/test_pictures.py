"""Charts as files: pictures drawn by a browser without a network, and their data as a workbook without formulas."""

from __future__ import annotations

import re
import shutil
import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import jixiao
from jixiao.analysis import summary
from jixiao.core.errors import RequestError
from jixiao.show import figures, pictures
from jixiao.show.figures import Figure, write_images

ARTEFACTS = Path(__file__).parent / "artefacts"
needs_browser = pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium on PATH")


@pytest.fixture(scope="module")
def chart():
    money = summary.summarise_execution(jixiao.evaluate("data/sample"))
    return figures.plot_execution_rates(money).signed("数据来源：data/sample，2026-01-01")


def bare(text, frame=None):
    return Figure(
        [{"type": "bar", "x": [1], "y": [text], "orientation": "h"}],
        {"title": text, "height": 240},
        alt=text,
        frame=pd.DataFrame() if frame is None else frame,
    )


@needs_browser
def test_one_start_of_the_browser_draws_a_batch_as_png_and_svg(chart, tmp_path, monkeypatch):
    starts = []
    run = pictures.subprocess.run
    monkeypatch.setattr(
        pictures.subprocess, "run", lambda command, **more: starts.append(command) or run(command, **more)
    )
    hostile = bare("</script><script>document.title=1</script> <!-- &amp; 中文")
    paths = [tmp_path / name for name in ("a.png", "b.png", "c.svg", "d.svg")]
    write_images(list(zip([chart, hostile, chart, hostile], paths, strict=True)), width=800)
    assert len(starts) == 2  # one for each kind
    for path, figure in zip(paths[:2], (chart, hostile), strict=True):
        content = path.read_bytes()
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">II", content[16:24]) == (1600, 2 * figure.layout["height"])
    for path, figure in zip(paths[2:], (chart, hostile), strict=True):
        text = path.read_text(encoding="utf-8")
        root = ElementTree.fromstring(text)
        assert root.attrib["viewBox"] == f"0 0 800 {figure.layout['height']}"
        assert not re.findall(r"(?:href|src)=['\"](?:https?:)?//", text) and "<script" not in text
    said = "".join(ElementTree.parse(paths[2]).getroot().itertext())
    assert "数据来源：data/sample" in said and "预算执行率" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png", "c.svg", "d.svg"]
    ARTEFACTS.mkdir(exist_ok=True)
    shutil.copy(paths[0], ARTEFACTS / "figure.png")


def test_without_a_browser_one_sentence_says_what_to_do(chart, tmp_path, monkeypatch):
    monkeypatch.setattr(pictures.shutil, "which", lambda name: None)
    with pytest.raises(RequestError, match=r"没有找到 Chromium 浏览器.*请安装"):
        chart.write_image(tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_a_browser_that_draws_nothing_leaves_the_old_file(chart, tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(b"old")
    monkeypatch.setenv(pictures.BROWSER_VARIABLE, "true")
    with pytest.raises(RequestError, match="应画出 1 张图，实际只有 0 张"):
        chart.write_image(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == b"old"


def test_other_endings_are_refused_before_anything_is_drawn(chart, tmp_path):
    with pytest.raises(RequestError, match=r"\.png 或 \.svg 文件，实际为“a.pdf”"):
        write_images([(chart, tmp_path / "b.png"), (chart, tmp_path / "a.pdf")])
    with pytest.raises(RequestError, match=r"只能写成 \.xlsx"):
        chart.write_data(tmp_path / "a.csv")
    assert list(tmp_path.iterdir()) == []


def test_the_data_of_a_chart_are_numbers_and_texts(tmp_path):
    frame = pd.DataFrame(
        {
            "year": pd.array([2023, None], dtype="Int64"),
            "project": ['=HYPERLINK("http://x")', "http://example.com"],
            "execution_rate": [0.5, None],
            "executed_wan": [12.3456, float("inf")],
            "grade": pd.Categorical(["excellent", None]),
            "is_counted": [True, False],
            "target_date": pd.to_datetime(["2023-05-01", None]),
            "method": ["judged", "banded"],
            "+cmd": ["@x", "-1"],
        }
    )
    path = tmp_path / "a.xlsx"
    bare("=标题", frame).write_data(path)
    sheet = openpyxl.load_workbook(path)["图中数据"]
    rows = list(sheet.iter_rows())
    assert [cell.value for cell in rows[2]][:4] == ["年度", "项目名称", "预算执行率", "全年执行数（万元）"]
    first, second = ([cell.value for cell in row] for row in rows[3:5])
    assert first[:6] == [2023, '=HYPERLINK("http://x")', 0.5, 12.3456, "优", "True"]
    assert first[6].isoformat() == "2023-05-01T00:00:00" and first[7:] == ["酌情评分", "@x"]
    assert second == [None, "http://example.com", None, None, None, "False", None, "分档计分", "-1"]
    assert {cell.data_type for row in rows for cell in row if cell.value is not None} <= {"s", "n", "d"}
    assert rows[3][2].number_format == "0.00%" and not sheet._hyperlinks


def test_a_frame_that_does_not_fit_is_refused(tmp_path):
    with pytest.raises(RequestError, match="一张工作表最多"):
        bare("甲", pd.DataFrame({"year": range(1_048_577)})).write_data(tmp_path / "a.xlsx")
    with pytest.raises(RequestError, match="超过 32767 字"):
        bare("甲", pd.DataFrame({"project": ["长" * 32_768]})).write_data(tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []
