"""One's own folder: the wheel is enough. Installed outside the repository it makes a workbench and does every step."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT
from test_guide import steps

from jixiao.core.errors import RequestError
from jixiao.core.files import find_notebook, find_place, shipped_folder, workbench
from jixiao.publish.workbench import lay_out
from jixiao.reading.folder import load_frames
from make_bundle import build_own


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build_own(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Return a new environment whose jixiao is the wheel; the libraries are those of this one."""
    place = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    python = place / "bin" / "python"
    libraries = next((place / "lib").glob("python*")) / "site-packages"
    (libraries / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    (place / "share").mkdir(exist_ok=True)  # the templates of the libraries, which stay where they are
    (place / "share" / "jupyter").symlink_to(Path(sys.prefix) / "share" / "jupyter")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--force-reinstall", str(wheel)], check=True)
    return place


def run(installed, command, folder):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JIXIAO", "PYTHONPATH"))}
    environment["PATH"] = os.pathsep.join([str(installed / "bin"), os.environ["PATH"]])
    environment |= {"COLUMNS": "180", "VIRTUAL_ENV": str(installed)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_wheel_holds_what_the_repository_keeps_beside_the_package(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    notebooks = {f"jixiao/shipped/notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert notebooks and notebooks <= set(names)
    assert any(name.startswith("jixiao/shipped/sample/2024/") for name in names)
    assert "jixiao/show/assets/JixiaoSansSC-Regular.otf" in names and "jixiao/show/assets/OFL.txt" in names
    assert "jixiao/publish/papers/assets/report.docx" in names and "jixiao/rules/vocabulary.yaml" in names
    wrong = [name for name in names if re.search(r"conftest|__pycache__|checkpoint|\.pyc$|^tests/|^data/source", name)]
    assert wrong == []
    assert not [name for name in names if set(name) & set('\\:*?"<>|') or len(name) > 150]


def test_the_ten_steps_of_the_guide_work_with_the_wheel_alone(installed, tmp_path):
    folder = tmp_path / "空"
    folder.mkdir()
    where = run(installed, ["python", "-c", "import jixiao; print(jixiao.__file__)"], folder).strip()
    assert Path(where).is_relative_to(installed), "the guide must run with the wheel, not with the repository"
    for kind, body, expected in steps():
        command = ["bash", "-euo", "pipefail", "-c", body] if kind == "bash" else ["python", "-c", body]
        rest = printed = run(installed, command, folder)
        for line in expected:
            match = re.search(".*?".join(re.escape(part) for part in line.strip().split("…")), rest)
            assert match, f"{body}\n没有看到：{line}\n{printed}"
            rest = rest[match.end() :]
    documents = list((folder / "报告").rglob("*.docx"))
    assert documents
    for path in documents:  # a form that lost few points has no chart; one that should be there is never missing
        assert "此图未能画出".encode() not in zipfile.ZipFile(path).read("word/document.xml")


def test_a_new_workbench_takes_every_command_without_a_place(installed, tmp_path):
    said = run(installed, ["jixiao", "new", "评价", "--year", "2024", "--sample"], tmp_path)
    folder = tmp_path / "评价"
    assert "jixiao build" in said and (folder / "说明.md").is_file() and (folder / "空白自评表_2024.xlsx").is_file()
    run(installed, ["jixiao", "build"], folder)
    inner = folder / "data" / "source" / "2024"
    assert (folder / "data" / "built" / "manifest.json").is_file()
    run(installed, ["jixiao", "report", "--kind", "self", "--project", "农村公路", "--year", "2024"], inner)
    assert (folder / "reports" / "index.html").is_file()
    run(installed, ["jixiao", "audit", "--format", "json"], folder)
    run(installed, ["jixiao", "verify"], folder)
    made = tmp_path / "made.ipynb"
    code = (
        "import papermill; papermill.execute_notebook("
        f"'笔记本/20_project_scores.ipynb', {str(made)!r}, parameters={{'place': 'built'}}, progress_bar=False)"
    )
    run(installed, ["python", "-c", code], folder)
    assert made.is_file()


def test_a_folder_with_data_source_is_a_workbench(tmp_path, monkeypatch):
    monkeypatch.delenv("JIXIAO_HOME", raising=False)
    (tmp_path / "data" / "source" / "2024").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "data" / "source" / "2024")
    assert workbench() == tmp_path
    assert find_place("source") == (tmp_path / "data" / "source").resolve()
    assert find_place("sample").name == "sample" and find_notebook("30_findings").is_file()


def test_what_is_laid_out_is_read_without_an_error(tmp_path):
    folder = tmp_path / "评价"
    lay_out(folder, year=2024, with_sample=True)
    frames, errors = load_frames(folder / "data" / "source")
    assert errors == [] and len(frames.projects) == 8
    text = (folder / "说明.md").read_text(encoding="utf-8")
    assert [line.strip() for line in text.splitlines() if line.strip().startswith("jixiao ")] == [
        "jixiao read data/source/2024/*",
        "jixiao build",
        "jixiao report --all",
    ]


def test_a_folder_that_holds_something_is_left_as_it_is(tmp_path):
    (tmp_path / "a.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(RequestError, match="已有内容，没有改动"):
        lay_out(tmp_path, year=2024)
    with pytest.raises(RequestError, match="年度应为四位数"):
        lay_out(tmp_path / "b", year=24)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_every_notebook_of_a_new_workbench_shows_what_is_built_there_and_nothing_else(tmp_path):
    lay_out(tmp_path / "own", year=2024)
    books = sorted((tmp_path / "own").glob("*/*.ipynb"))
    assert len(books) == len([*shipped_folder("notebooks").glob("*.ipynb")]) > 20
    for path in books:
        cells = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
        assert not any(cell["outputs"] for cell in cells), path.name
        (told,) = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
        assert 'place: str = "built"' in "".join(told["source"]), path.name
