"""The server behind the dashboard: who may enter, what is kept warm, and that nothing is left over."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from dashboard_server import ROOT, WHAT_IF, Server, Visitor, fetch

from jixiao.builds.ledger import book, collecting, ledger_place
from jixiao.builds.manifest import MANIFEST
from jixiao.builds.run import build, evaluate
from jixiao.builds.versions import parquet_files
from jixiao.core.errors import RequestError
from jixiao.publish.boards.board_rules import boards
from jixiao.publish.server import Settings, on_visit, read_hashes, run_dashboard
from jixiao.publish.server.doors import headers
from jixiao.publish.server.passwords import Attempts, is_known, write_secret
from jixiao.publish.server.settings import check_settings, declared
from jixiao.publish.server.visits import VARIABLE, Announcement
from jixiao.publish.viewer import show_boards
from jixiao.whatif.panel import ScenarioPanel

PASSWORD = "一个很长的口令-2024"
START = {WHAT_IF: 1}


def wait_for(condition: Callable[[], bool], seconds: float = 40) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.2)
    return condition()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("server") / "built"
    build(ROOT / "data" / "source", out)
    return out


@pytest.fixture
def start(built: Path, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    running: list[Server] = []

    def run(place: Path = built, **options: Any) -> Server:
        running.append(Server(place, logs=tmp_path, **{"pages": START, "board": "", **options}))
        return running[-1]

    yield run
    for server in running:
        server.end()


# Kernels


def test_a_warm_page_is_given_at_once_and_its_kernel_ends_with_its_viewer(start: Callable[..., Server]) -> None:
    server = start(limits={"refill_seconds": 30})
    assert re.fullmatch(r"看板已启动：http://127\.0\.0\.1:\d+/　按 Ctrl\+C 结束。\n", server.told)
    assert wait_for(lambda: len(server.kernels()) == 1)
    assert wait_for(lambda: "page_ready" in server.journal())
    first, second = Visitor(server), Visitor(server)
    assert "open_panel" not in first.enter("/?year=2021")
    assert "POOL_DRY" not in server.journal()
    page = second.enter()
    assert "POOL_DRY" in server.journal()
    assert page.index("jixiao-skeleton") < page.index("kernelId")
    assert first.kernel_id != second.kernel_id
    assert len(server.kernels()) == 2

    async def look() -> Any:
        opened = [await visitor.connect() for visitor in (first, second)]
        await asyncio.sleep(3)  # longer than leave_seconds
        kept = len(server.kernels())
        for connection in opened:
            connection.close()
        await asyncio.sleep(0.1)
        return kept

    assert asyncio.run(look()) == 2
    assert wait_for(lambda: server.kernels() == [])
    assert "kernel_ended_left" in server.journal()
    family = server.family()
    assert server.end() == "看板已结束。\n"
    assert server.process.returncode == 0
    assert psutil.wait_procs(family, timeout=20)[1] == []


def test_a_full_server_says_so_and_old_data_are_replaced(
    start: Callable[..., Server], built: Path, tmp_path: Path
) -> None:
    place = tmp_path / "place"
    shutil.copytree(built, place)
    server = start(place, limits={"viewers": 1, "unseen_seconds": 4})
    before = wait_for(lambda: len(server.kernels()) == 1) and server.kernels()[0].pid
    (place / "note.txt").write_text("the data changed", encoding="utf-8")
    assert wait_for(lambda: [kernel.pid for kernel in server.kernels()] not in ([], [before]))
    assert "kernel_ended_old" in server.journal()
    Visitor(server).enter()
    status, sent, page = Visitor(server).ask("/")
    assert status == 503
    assert "人数已满" in page
    assert sent["Refresh"] == sent["Retry-After"]
    assert "page_full" in server.journal()
    Visitor(server).enter()  # The one before never connected and gives way.
    assert "kernel_ended_unclaimed" in server.journal()


def test_a_kernel_learns_what_its_visitor_asked_for(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = ScenarioPanel(evaluate(built))
    name, identity = shown.project.options[-1]
    year, evaluation = shown.base.totals.set_index("project_id").loc[[identity], ["year", "evaluation"]].iloc[-1]
    announcement = Announcement(tmp_path / "visit")
    monkeypatch.setenv(VARIABLE, str(announcement.path))

    async def visit() -> None:
        on_visit(shown.choose)
        announcement.announce(f"project={identity}&year={year}&evaluation={evaluation}&__class__=x")
        await asyncio.sleep(0.1)

    asyncio.run(visit())
    assert (shown.project.label, shown.evaluation.value) == (name, (year, evaluation))
    shown.choose({"project": "<b>", "year": "1"})
    shown.choose({"project": identity, "year": "1"})
    assert (shown.project.value, shown.evaluation.value) == (identity, (year, evaluation))
    announcement.announce("&".join(f"a{number}=1" for number in range(5_000)))  # Too much: nothing is asked.
    announcement.close()
    assert not announcement.path.exists()


# The board


def first_file(page: str) -> str:
    return re.search(r'href="(/boards/data/pages\.js\?[0-9a-f]+)"', page)[1]  # type: ignore[index]


def test_the_board_is_made_once_for_everybody_and_again_when_the_data_change(
    start: Callable[..., Server], built: Path, tmp_path: Path
) -> None:
    place = tmp_path / "place"
    shutil.copytree(built, place)
    server = start(place, board="50_dashboard", pages={})
    early = Visitor(server).ask("/")[2]  # written as it comes
    assert early.index("正在读取数据") < early.index('id="board"')
    assert wait_for(lambda: server.kernels() == [] and "kernel_ended_board" in server.journal())
    viewer = Visitor(server)
    pages = {viewer.ask("/")[2], Visitor(server).ask("/?year=2021")[2], early}
    assert len(pages) == 1 and server.kernels() == []
    assert "show_boards" not in early and "kernelId" not in early and "<script>" not in early
    status, sent, text = viewer.ask(first_file(early))
    assert status == 200 and "immutable" in sent["Cache-Control"] and '"warnings":[]' in text
    assert viewer.ask("/boards/data/pages.js")[1]["Cache-Control"] == "no-store"
    assert viewer.ask("/")[1]["Content-Security-Policy"].split("script-src ")[1].split(";")[0] == "'self'"

    manifest = place / MANIFEST
    told = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps({**told, "rules": "other"}), encoding="utf-8")
    assert wait_for(lambda: first_file(viewer.ask("/")[2]) != first_file(early))
    assert '"warnings":["数据可能不是最新' in viewer.ask(first_file(viewer.ask("/")[2]))[2]
    whole = viewer.ask("/")[2]
    parquet_files(place, "totals")[0].write_bytes(b"damaged")
    manifest.write_text(json.dumps({**told, "rules": "another"}), encoding="utf-8")
    assert wait_for(lambda: viewer.ask("/")[2] != whole)
    text = viewer.ask("/")[2]
    code = re.search(r"看板未能显示（编号 ([0-9A-F]{6})）：.*totals/\d+\.parquet", text)[1]  # type: ignore[index]
    assert "Traceback" not in text and code in (tmp_path / "dashboard.log").read_text(encoding="utf-8")
    assert "POOL_DRY" not in server.journal()


def test_the_board_is_made_again_when_the_ledger_alone_changes(
    start: Callable[..., Server], built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ledger_place.SETTING, str(tmp_path / "ledger.jsonl"))
    monkeypatch.setenv("JIXIAO_JOURNAL", str(tmp_path / "journal.jsonl"))
    server = start(built, board="50_dashboard", pages={})
    viewer = Visitor(server)
    assert wait_for(lambda: server.kernels() == [] and "kernel_ended_board" in server.journal())
    before = viewer.ask("/")[2]
    nothing = f'"ledger":"{boards()["words"]["no_issues"]}"'  # the sentence alone is among the words of every page
    assert nothing in viewer.ask(first_file(before))[2]
    with book.writing("评价科") as writer:
        raised = collecting.collect(writer.ledger, collecting.candidates(evaluate(built)))
        writer.write(raised.events)
    assert raised.raised > 0
    # it may be made in between, while the first entry is being written, and then once more
    assert wait_for(lambda: nothing not in viewer.ask(first_file(viewer.ask("/")[2]))[2])
    assert first_file(viewer.ask("/")[2]) != first_file(before)


# Login


@pytest.fixture(scope="module")
def guarded(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("login")
    write_secret("password", PASSWORD, folder / "kept")
    hashes = read_hashes(folder / "kept")
    running = Server(built, logs=folder, host="0.0.0.0", hashes=hashes, pages={WHAT_IF: 0}, board="", names=("board",))
    yield running
    running.end()


def test_nobody_enters_without_the_password(guarded: Server) -> None:
    visitor = Visitor(guarded)
    status, sent, _ = visitor.ask("/?year=2021")
    assert (status, sent["Location"]) == (302, "/login?next=%2F%3Fyear%3D2021")
    kernel = "/api/kernels/00000000-0000-4000-8000-000000000000"
    assert visitor.ask(kernel)[0] in {302, 403}
    assert visitor.ask(f"{kernel}/channels", Origin=guarded.url.rstrip("/"))[0] == 403
    assert visitor.ask("/boards/data/pages.js")[0] in {302, 403}
    status, sent, page = visitor.ask("/login?next=/%3Fyear%3D2021")
    assert status == 200
    policy = sent["Content-Security-Policy"]
    assert "form-action 'self'" in policy and "script-src 'none'" in policy
    for part in ('lang="zh-CN"', '<label for="password">', 'autocomplete="current-password"', 'value="/?year=2021"'):
        assert part in page
    assert "http://" not in page and "https://" not in page and "<script" not in page

    status, _, page = visitor.ask("/login", {"password": "falsch", "next": "/"})
    assert status == 401
    assert 'role="alert"' in page and "口令不正确" in page
    forged = {"password": PASSWORD, "_xsrf": "0" * 32}
    assert visitor.ask("/login", forged)[0] == 403
    assert visitor.ask("/login", {"password": PASSWORD}, Origin="http://evil.example")[0] in {403, 404}
    elsewhere = ("//evil.example", "https://evil.example", "/\\evil.example", "/x\r\nX: y", "javascript:1", "/a/../b")
    for wanted in elsewhere:
        stranger = Visitor(guarded)
        stranger.ask("/login")
        status, sent, _ = stranger.ask("/login", {"password": PASSWORD, "next": wanted})
        assert (status, sent["Location"]) == (302, "/"), wanted
    status, sent, _ = visitor.ask("/login", {"password": PASSWORD, "next": "/?year=2021"})
    assert (status, sent["Location"]) == (302, "/?year=2021")
    assert "HttpOnly" in sent["Set-Cookie"] and "SameSite=Strict" in sent["Set-Cookie"]

    kept = dict(visitor.cookies)
    assert visitor.ask(kernel)[0] == 404
    assert visitor.ask("/logout")[0] == 405
    assert visitor.ask("/logout", {})[0] == 302
    visitor.cookies = kept  # A copy of the cookie does not outlive the login.
    assert visitor.ask("/")[0] == 302
    log = guarded.journal()
    assert "REFUSED login_wrong" in log and PASSWORD not in log and "falsch" not in log
    assert "未使用加密连接" in guarded.process.stdout.readline()  # type: ignore[union-attr]


def test_only_names_of_this_server_are_answered(guarded: Server) -> None:
    for host, status in (("board", 200), ("127.0.0.1", 200), ("10.1.2.3", 200), ("evil.example", 403)):
        assert fetch(f"http://127.0.0.1:{guarded.port}/login", Host=host)[0] == status, host


def test_many_wrong_passwords_cost_ever_more_time() -> None:
    now = [0.0]
    attempts = Attempts({"free": 2, "first_seconds": 2, "longest_seconds": 9, "remembered": 3}, lambda: now[0])
    waits = []
    for _ in range(6):
        waits.append(attempts.wait("10.0.0.1"))
        attempts.failed("10.0.0.1")
    assert waits == [0, 0, 0, 2, 4, 8]
    assert attempts.wait("10.0.0.1") == 9
    assert attempts.wait("10.0.0.2") == 0
    now[0] = 9.5
    assert attempts.wait("10.0.0.1") == 0
    attempts.passed("10.0.0.1")
    attempts.failed("10.0.0.1")
    assert attempts.wait("10.0.0.1") == 0
    for number in range(4):
        attempts.failed(f"2001:db8:0:{number}::1")
        attempts.failed(f"2001:db8:0:{number}::2")  # The same network: one who may use any of its addresses.
        attempts.failed(f"2001:db8:0:{number}::3")
    assert attempts.wait("2001:db8:0:0::9") == 0  # forgotten
    assert attempts.wait("2001:db8:0:3::9") == 2


def test_locked_out_at_the_door(built: Path, tmp_path: Path, guarded: Server) -> None:
    visitor = Visitor(guarded)
    visitor.ask("/login")
    tries = range(declared()["lockout"]["free"] + 1)
    statuses = [visitor.ask("/login", {"password": "x" * number})[0] for number in tries]
    assert statuses[0] == 401 and statuses[-1] == 429
    status, sent, page = visitor.ask("/login", {"password": PASSWORD})
    assert status == 429 and int(sent["Retry-After"]) >= 1
    assert re.search(r"请在 \d+ 秒后再试", page)
    assert "REFUSED login_locked" in guarded.journal()


def test_secrets_are_kept_as_hashes_for_their_owner_alone(tmp_path: Path) -> None:
    path, token = tmp_path / "folder" / "kept", "x" * 43
    assert read_hashes(path) == ()
    write_secret("password", PASSWORD, path)
    write_secret("token", token, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    text = path.read_text(encoding="utf-8")
    assert PASSWORD not in text and token not in text and text.count("$argon2id$") == 2
    hashes = read_hashes(path)
    assert is_known(PASSWORD, hashes) and is_known(token, hashes)
    assert not is_known(PASSWORD[:-1], hashes) and not is_known("", hashes)
    path.chmod(0o644)
    with pytest.raises(RequestError, match="chmod 600"):
        read_hashes(path)
    path.write_text("password 123456\n", encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(RequestError, match="内容不对"):
        read_hashes(path)


def test_the_command_makes_a_token_and_never_takes_a_password(tmp_path: Path) -> None:
    environment = {**os.environ, "JIXIAO_PASSWORD_FILE": str(tmp_path / "kept"), "PYTHONIOENCODING": "utf-8"}

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "jixiao", "dashboard", *options]
        return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)

    done = run("--new-token")
    token = re.search(r"：(\S{43})$", done.stdout, re.MULTILINE)[1]  # type: ignore[index]
    assert is_known(token, read_hashes(tmp_path / "kept"))
    assert run("--set-password", "abc").returncode == 2
    done = run("--place", "data/sample", "--host", "0.0.0.0", "--certfile", "none.pem", "--keyfile", "none.pem")
    assert (done.returncode, "没有找到证书" in done.stderr, "Traceback" in done.stderr) == (2, True, False)


# Who may connect


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "example.org", "::"])
def test_without_a_password_only_this_machine_is_served(host: str) -> None:
    with pytest.raises(RequestError, match=r"不是本机地址.*--set-password"):
        run_dashboard(Settings(str(ROOT / "data" / "sample"), host=host))


def test_only_the_proxy_is_answered_and_believed(start: Callable[..., Server]) -> None:
    pages = {WHAT_IF: 0}
    server = start(proxies=("127.0.0.1",), names=("board.example",), pages=pages)
    status, _, _ = Visitor(server).ask("/login", Host="board.example")
    assert status == 302  # The proxy asks for the login; there is none here.
    visitor = Visitor(server)
    _, sent, _ = visitor.ask("/login", **{"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.9.8.7"})
    assert "Secure" in sent["Set-Cookie"]
    assert wait_for(lambda: "10.9.8.x GET login" in server.journal())
    other = start(proxies=("192.0.2.1",), pages=pages)
    with pytest.raises((ConnectionError, OSError)):
        fetch(f"http://127.0.0.1:{other.port}/login")
    assert wait_for(lambda: "REFUSED not_the_proxy" in other.journal())


def test_encrypted_connections(start: Callable[..., Server], tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on PATH to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    wanted = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    made = [openssl, *wanted.split(), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    with pytest.raises(RequestError, match="--keyfile"):
        check_settings(Settings("built", port=0, certfile=str(certificate)))
    with pytest.raises(RequestError, match="配套"):
        check_settings(Settings("built", port=0, certfile=str(certificate), keyfile=str(certificate)))
    server = start(certfile=str(certificate), keyfile=str(key), pages={WHAT_IF: 0})
    assert server.url.startswith("https://")
    visitor = Visitor(server)
    visitor.enter()
    _, sent, _ = visitor.ask("/nothing")
    assert "max-age" in sent["Strict-Transport-Security"]

    async def connect() -> None:
        opened = await visitor.connect()
        opened.close()

    asyncio.run(connect())
    with pytest.raises(OSError):
        fetch(f"http://127.0.0.1:{server.port}/")
    family = server.family()
    server.process.kill()  # The server notices that its launcher is gone.
    assert psutil.wait_procs(family, timeout=20)[1] == []


def test_the_headers_allow_only_this_server() -> None:
    policy = headers(is_encrypted=False, scripts=("'sha256-x'",))["Content-Security-Policy"]
    assert "unsafe-eval" not in policy and "http" not in policy and "*" not in policy
    assert "script-src 'self' blob: 'sha256-x';" in policy
    assert policy.startswith("default-src 'none'")
    assert "script-src 'self';" in headers(is_encrypted=False, scripts=())["Content-Security-Policy"]


# Requests that cannot be met


def test_a_taken_port_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(RequestError, match="已被占用"):
            run_dashboard(Settings(str(ROOT / "data" / "sample"), port=taken.getsockname()[1]))


def test_missing_data_and_notebooks_are_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="没有数据目录"):
        run_dashboard(Settings(str(tmp_path / "none")))
    with pytest.raises(RequestError, match=r"没有找到 59_none\.ipynb"):
        run_dashboard(Settings(str(ROOT / "data" / "sample"), pages={"59_none": 1}))
    with pytest.raises(RequestError, match="不是 IP 地址"):
        check_settings(Settings("built", port=0, proxies=("proxy.example",)))
    monkeypatch.setenv("JIXIAO_LOGS", str(tmp_path))
    shown = show_boards(tmp_path / "none<b>")
    sentence = r"看板未能显示（编号 ([0-9A-F]{6})）：没有数据目录[^<]*"
    found = re.fullmatch(f"<p class='jixiao-failure' role='alert'>{sentence}</p>", shown._repr_html_())
    assert found
    assert found[1] in (tmp_path / "dashboard.log").read_text(encoding="utf-8")


def test_settings_keep_their_way_through_the_file() -> None:
    settings = Settings("built", proxies=("::1",), hashes=("a", "b"), pages={WHAT_IF: 3}).limited(viewers=2)
    assert Settings.from_json(settings.to_json()) == settings
    assert json.loads(settings.to_json())["limits"]["viewers"] == 2
