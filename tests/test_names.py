"""Names and paths that every system takes, Windows included."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jixiao
from jixiao.core.files import LONGEST_PATH, safe_name, signs_for
from jixiao.publish.reports.requests import all_reports, name_apart

DEVICES = ["CON", "prn", "Aux", "NUL", "COM1", "lpt9", "COM¹", "CONIN$", "conout$"]
ODD = st.text(st.characters() | st.sampled_from('\\/:*?"<>|. \t\n\x00é龘😀．'), max_size=120)
DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?", re.IGNORECASE)


def is_valid_on_windows(name):
    return (
        bool(name)
        and not re.search(r'[\\/:*?"<>|\x00-\x1f]', name)
        and name == name.rstrip(". ")
        and not DEVICE.fullmatch(name)
        and len(name.encode("utf-16-le")) // 2 <= 255
        and len(name.encode()) <= 255
    )


@given(ODD, st.integers(3, 60))
def test_any_text_becomes_a_valid_name(text, signs):
    name = safe_name(text, signs)
    assert is_valid_on_windows(name), (text, name)
    assert len(name) <= signs + 1 and safe_name(name, signs + 1) == name


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("ending", ["", ".", " ", ".txt", " .txt", "...", ".tar.gz"])
def test_no_name_is_that_of_a_device(device, ending):
    assert is_valid_on_windows(safe_name(device + ending))


@given(st.dictionaries(st.integers(), ODD, max_size=8), st.integers(10, 40))
def test_names_stay_apart_however_short(named, signs):
    apart = name_apart(named, signs=signs)
    assert len({name.casefold() for name in apart.values()}) == len(named)
    assert all(is_valid_on_windows(name) and len(name) <= signs + 1 for name in apart.values())


@pytest.mark.parametrize("depth", [1, 60, 100, 140, 160])
def test_the_paths_of_reports_are_short_enough_wherever_they_go(depth):
    results = jixiao.evaluate("data/sample")
    long = {
        name: getattr(results.frames, name).assign(
            **{
                column: getattr(results.frames, name)[column] + "很长的名称 with a long latin name" * 8
                for column in ("project", "department")
                if column in getattr(results.frames, name)
            }
        )
        for name in ("projects",)
    }
    totals = results.totals.assign(
        project=results.totals["project"] + "很长的名称 with a long latin name" * 8,
        department=results.totals["department"] + "很长的名称 with a long latin name" * 8,
    )
    longer = replace(results, frames=replace(results.frames, **long), totals=totals)
    out = Path("/" + "目" * (depth - 1))
    requests = list(all_reports(longer, "", out))
    paths = [f"{out}/{request.folder}/.12345.{request.name}.ipynb" for request in requests]
    assert paths and max(map(len, paths)) < 260 and max(len(path) - len(".12345.") for path in paths) <= LONGEST_PATH
    assert len({request.folder for request in requests}) == len(requests)


def test_a_name_gets_as_much_room_as_there_is():
    assert signs_for(Path("/a"), names=3, besides=40) == 40
    assert signs_for(Path("/" + "a" * 120), names=3, besides=40) == 26
    assert signs_for(Path("/" + "a" * 400), names=3, besides=40) == 10
