"""Install from the bundle where there is no index, and build the sample: ``make soak`` (minutes, a registry)."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_bundle_installs_without_an_index_and_builds_the_sample(tmp_path):
    made = subprocess.run(
        [sys.executable, str(ROOT / "bundle" / "make_bundle.py"), "--out", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    (bundle,) = tmp_path.glob("jixiao-*-offline-*.zip")
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "unpacked")
    (folder,) = (tmp_path / "unpacked").iterdir()
    assert {path.name for path in folder.iterdir()} == {
        "wheels",
        "SHA256SUMS",
        "install.sh",
        "install.bat",
        "安装说明.html",
    }
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, check=True)
    home = tmp_path / "home"
    home.mkdir()
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("JIXIAO", "PYTHON", "PIP", "VIRTUAL"))
    }
    environment = {
        **kept,
        "HOME": str(home),
        "PYTHON": sys.executable,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:9/",  # nobody answers there
        "PIP_NO_CACHE_DIR": "1",
        "PIP_RETRIES": "0",
    }
    place = tmp_path / "installed"

    def run(*command, folder=tmp_path):
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    assert "已装入" in run("sh", str(folder / "install.sh"), str(place))
    program = str(place / "bin" / "jixiao")
    run(program, "new", "评价", "--year", "2024", "--sample")
    own = tmp_path / "评价"
    assert "构建结果" in run(program, "build", folder=own)
    assert "0 份失败" in run(program, "report", "--all", "--year", "2024", folder=own)
    documents = list((own / "reports").rglob("*_部门评价.docx"))  # what lost points has a chart
    assert documents and all("word/media/image1.png" in zipfile.ZipFile(path).namelist() for path in documents)
    server = subprocess.Popen(
        [program, "dashboard", "--port", "0"], cwd=own, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        address = re.search(r"http://\S+", server.stdout.readline())[0]
        page = urllib.request.urlopen(address, timeout=120).read().decode("utf-8")
        assert "绩效" in page
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)
