"""Any name a file can have, and whatever is no file: the others are read, and it is said what was not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from conftest import write_self_form
from custody_desk import desk, run, write_form

from jixiao.builds.handed_in import evaluate_forms
from jixiao.builds.manifest import read_manifest
from jixiao.builds.verify import verify
from jixiao.builds.versions import read_built
from jixiao.core import files
from jixiao.core.errors import CorrectionError, JixiaoError
from jixiao.core.files import LARGEST_FILE, checksum, form_names, list_forms, list_unusable, open_file, plain_name

__all__ = ["desk"]
posix = pytest.mark.skipif(os.name != "posix", reason="names of bytes, pipes and devices are those of POSIX")

NAMES = [
    "甲表.xlsx".encode("gb18030"),
    "決算表.xlsx".encode("big5"),
    b"\xff\xfe\x80.xlsx",
    b"\xc3\x28.xlsx",
    b"\xed\xa0\x80.xlsx",
    "甲\n乙.xlsx".encode(),
    "甲\r.xlsx".encode(),
    "甲\t.xlsx".encode(),
    "\x1b[31m甲.xlsx".encode(),
    "甲\x07.xlsx".encode(),
    "甲\x7f.xlsx".encode(),
    "甲\u202exslx.xlsx".encode(),
    "甲\u2066x\u2069.xlsx".encode(),
    "甲\u200b.xlsx".encode(),
    "甲\u2028.xlsx".encode(),
    "\ufeff甲.xlsx".encode(),
    ("甲" * 83 + "a.xlsx").encode(),
    b"-rf.xlsx",
    b"$(touch x).xlsx",
    b"'; drop table totals; --.xlsx",
    "\u0301甲.xlsx".encode(),
    b"{0}%s%n.xlsx",
    b"<b>.xlsx",
]


@posix
@pytest.mark.parametrize("raw", NAMES, ids=[f"{number}" for number in range(len(NAMES))])
def test_any_name_is_read_and_shown(tmp_path, raw):
    write_self_form(tmp_path / "a.xlsx")
    (tmp_path / "b").mkdir()
    path = tmp_path / "b" / os.fsdecode(raw)
    try:
        shutil.copy(tmp_path / "a.xlsx", path)
    except OSError:
        pytest.skip("this file system refuses the name")
    results, errors = evaluate_forms([path])
    assert errors == [] and len(results.totals) == 1
    name = results.totals["source_file"].iloc[0]
    assert name.isprintable() and name.encode() and name == plain_name(path.name)
    assert list_forms(tmp_path / "b") == [path] and list_unusable(tmp_path / "b") == []


@posix
def test_a_build_of_every_name_ends_well_and_can_be_verified(desk, no_checks):
    count = 1
    for number, raw in enumerate(NAMES):
        path = desk / "data" / "source" / "2023" / os.fsdecode(raw)
        try:
            shutil.copy(write_form(desk, "50公里", f"项目{number}"), path)
        except OSError:
            continue
        (desk / "data" / "source" / "2023" / f"项目{number}.xlsx").unlink()
        count += 1
    done = run("build", "--json")
    assert done.exit_code == 0
    built = desk / "data" / "built"
    sources = read_manifest(built)["sources"]
    assert len(sources) == count and all(name.isprintable() for name in sources)
    assert verify(built) == []
    for command in (
        ["audit", "--place", "built"],
        ["list"],
        ["score", "--place", "built"],
        ["check", *map(str, list_forms(desk / "data/source"))],
    ):
        shown = run(*command).output
        assert "\x1b" not in shown and "\u202e" not in shown and "\x07" not in shown


def test_names_that_are_shown_alike_stay_apart():
    odd = [Path("a/甲\x1b.xlsx"), Path("a/甲\\x1b.xlsx"), Path("a/乙.xlsx")]
    names = list(form_names(Path("a"), odd).values())
    assert len(set(names)) == 3 and names[0] == "甲\\x1b.xlsx" and names[2] == "乙.xlsx"


# What is no file


@posix
def test_what_is_no_file_is_named_and_keeps_nobody_waiting(desk, no_checks, tmp_path_factory):
    """Pipes, devices, sockets, links to all of these, links that lead elsewhere, in the data and beside them."""
    source, outside = desk / "data" / "source" / "2023", tmp_path_factory.mktemp("outside")
    write_self_form(outside / "secret.xlsx", project="别处")
    os.mkfifo(source / "pipe.xlsx")
    (source / "device.xlsx").symlink_to("/dev/zero")
    (source / "terminal.xlsx").symlink_to("/dev/stdin")
    (source / "elsewhere.xlsx").symlink_to(outside / "secret.xlsx")
    (source / "folder").symlink_to(outside)
    (source / "broken.xlsx").symlink_to(source / "nothing.xlsx")
    (source / "loop.xlsx").symlink_to(source / "loop.xlsx")
    (source / "pipe_link.xlsx").symlink_to(source / "pipe.xlsx")
    (source / "inside.xlsx").symlink_to(source / "甲项目.xlsx")
    with pytest.raises(JixiaoError) as caught:
        run("build", "--quiet")
    said = str(caught.value)
    for name in (
        "pipe.xlsx",
        "device.xlsx",
        "terminal.xlsx",
        "elsewhere.xlsx",
        "folder",
        "broken.xlsx",
        "loop.xlsx",
        "pipe_link.xlsx",
    ):
        assert f"2023/{name}”" in said, name
    assert "inside" not in said and "甲项目" not in said
    assert set(read_manifest(desk / "data" / "built")["sources"]) == {"2023/甲项目.xlsx", "2023/inside.xlsx"}
    assert verify(desk / "data" / "built") == []


@posix
@pytest.mark.parametrize("name", ["corrections.yaml", "aliases.yaml", "suppressions.yaml"])
@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "sparse", "broken"])
def test_a_declared_file_that_is_none_is_one_sentence(desk, no_checks, name, kind):
    path = desk / "data" / name
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "broken":
        path.symlink_to(desk / "nothing")
    else:
        with path.open("wb") as file:
            file.truncate(3_000_000_000)
    with pytest.raises(JixiaoError, match=name):
        run("build", "--quiet")


@posix
def test_a_sparse_file_of_any_size_costs_no_memory_and_no_time(desk, no_checks):
    for name, size in (("three.xlsx", 3_000_000_000), ("huge.xlsx", 2**42), ("some.csv", 80_000_000)):
        with (desk / "data" / "source" / "2023" / name).open("wb") as file:
            file.truncate(size)
    code = "import resource, sys\nresource.setrlimit(resource.RLIMIT_AS, (3_000_000_000,) * 2)\n"
    code += "sys.argv = ['jixiao', 'build', '--quiet']\nfrom jixiao.cli.main import main\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ), check=False
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr
    for name in ("three.xlsx”：文件有3000MB", "huge.xlsx”：文件有", "some.csv”：文件有80MB"):
        assert name in done.stderr
    assert set(read_manifest(desk / "data" / "built")["sources"]) == {"2023/甲项目.xlsx", "2023/some.csv"}


@posix
def test_every_command_that_takes_a_file_takes_only_files(desk, tmp_path):
    pipe = tmp_path / "a.xlsx"
    os.mkfifo(pipe)
    text = tmp_path / "a.txt"
    os.mkfifo(text)
    scenario = tmp_path / "a.yaml"
    os.mkfifo(scenario)
    for command in (
        ["read", str(pipe)], ["check", str(pipe)], ["form", str(pipe), "--out", str(tmp_path / "b.xlsx")],
        ["audit", "--text", str(text)], ["audit", "--answers", str(pipe), "--place", "sample"],
        ["whatif", str(scenario), "--place", "sample"], ["read", "--ask", str(pipe)],
    ):  # fmt: skip
        with pytest.raises(JixiaoError):
            run(*command)


@posix
def test_only_files_are_summed_up(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/null"), tmp_path):
        with pytest.raises(OSError):
            checksum(path)
    (tmp_path / "empty").touch()
    assert checksum(tmp_path / "empty").startswith("e3b0c44298fc1c14")
    assert LARGEST_FILE >= 1_000_000_000


@posix
def test_a_large_file_beside_the_forms_is_refused_by_its_size_and_never_read(desk, no_checks, monkeypatch):
    beside = {
        "data/source/说明.yaml": "说明.yaml",
        "data/forms/版式.yaml": "版式.yaml",
        "data/register/2021.csv": "2021.csv",
    }
    for name in beside:
        (desk / name).parent.mkdir(exist_ok=True)
        with (desk / name).open("wb") as file:
            file.truncate(8_000_000_000)
    opened = []
    monkeypatch.setattr(files, "open_file", lambda path, **more: opened.append(path.name) or open_file(path, **more))
    with pytest.raises(JixiaoError, match=r"2021\.csv.*8000MB"):
        run("build", "--quiet")
    (desk / "data/register/2021.csv").unlink()
    with pytest.raises(JixiaoError) as caught:
        run("build", "--quiet")
    assert "说明.yaml”：文件有8000MB" in str(caught.value) and "版式.yaml" in str(caught.value)
    assert read_manifest(desk / "data" / "built")["sources"].keys() == {"2023/甲项目.xlsx"}
    assert not {*opened} & {*beside.values()}
    assert opened


@posix
@pytest.mark.parametrize("folder", ["forms", "register", "source"])
def test_a_pipe_or_device_among_what_is_declared_is_named(desk, no_checks, folder):
    (desk / "data" / folder).mkdir(exist_ok=True)
    os.mkfifo(desk / "data" / folder / "2021.yaml")
    (desk / "data" / folder / "2022.yaml").symlink_to("/dev/zero")
    with pytest.raises(JixiaoError) as caught:
        run("build", "--quiet")
    assert "2021.yaml" in str(caught.value) and "2022.yaml" in str(caught.value)


def test_a_form_of_an_impossible_year_is_one_sentence_and_the_others_are_read(desk, no_checks):
    source = desk / "data" / "source" / "2023"
    for year in ("9999", "1024", "0000", str(date.today().year + 6)):
        write_self_form(source / f"{year}.xlsx", year=f"（{year}年度）", project=f"项目{year}")
    write_self_form(source / "次年.xlsx", year=f"（{date.today().year + 5}年度）", project="次年项目")
    with pytest.raises(JixiaoError) as caught:
        run("build", "--quiet")
    for year in ("9999", "1024", str(date.today().year + 6)):
        assert f"{year}.xlsx”：评价年度“{year}”不在1990至" in str(caught.value)
    assert len(read_built(desk / "data" / "built").totals) >= 2
    years = set(read_built(desk / "data" / "built").totals["year"].astype(int))
    assert years <= {2023, date.today().year + 5} and "Traceback" not in str(caught.value)


def test_thousands_of_wrong_corrections_are_said_in_part():
    said = str(CorrectionError(f"甲.xlsx（表!A{number}）处没有“{'长' * 900}”" for number in range(8_000)))
    assert "A49" in said and "A50）" not in said and "另有7950处" in said and len(said) < 25_000
    assert "另有" not in str(CorrectionError(["一处"] * 50))
