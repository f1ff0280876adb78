"""What stands around the dashboard's server may not open it: settings of libraries, proxies, keys, strange messages."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dashboard_server import ROOT, WHAT_IF, Server, Visitor
from jupyter_client.session import Session

from jixiao.builds.cluster import forget_preloads
from jixiao.builds.run import build
from jixiao.core.errors import RequestError
from jixiao.core.processes import own_environment
from jixiao.publish.server import Settings, read_hashes
from jixiao.publish.server.doors import headers
from jixiao.publish.server.messages import read_message
from jixiao.publish.server.passwords import write_secret
from jixiao.publish.server.settings import check_settings, encryption

TOKEN = "someone-elses-token"
CODE = "open({marker!r}, 'a').write('{name}\\n')\n"
FOREIGN = (
    "JUPYTER_TOKEN", "JUPYTER_TOKEN_FILE", "JUPYTER_CONFIG_DIR", "JUPYTER_CONFIG_PATH", "JUPYTER_PATH",
    "JUPYTER_DATA_DIR", "JUPYTER_DEFAULT_PROVISIONER_NAME", "JUPYTER_GATEWAY_URL", "JUPYTERHUB_API_TOKEN",
    "JPY_SESSION_NAME", "VOILA_KERNEL", "IPYTHONDIR", "MPLBACKEND", "MPLCONFIGDIR", "MATPLOTLIBRC",
    "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONBREAKPOINT", "TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR",
)  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A password-protected board started where everything around it tells the libraries to let others in."""
    folder = tmp_path_factory.mktemp("hostile")
    marker, home = folder / "ran", folder / "home"
    token_file = folder / "token"
    token_file.write_text(TOKEN, encoding="utf-8")
    for place in (
        home / ".jupyter",
        home / ".ipython/profile_default",
        home / "kernels/python3",
        home / "config/jixiao",
    ):
        place.mkdir(parents=True)
    settings = {"IdentityProvider": {"token": TOKEN}, "ServerApp": {"token": TOKEN, "password": ""}}
    for name in ("jupyter_server_config", "jupyter_config", "voila", "jupyter_voila_config"):
        (home / ".jupyter" / f"{name}.json").write_text(json.dumps(settings), encoding="utf-8")
        (home / ".jupyter" / f"{name}.py").write_text(CODE.format(marker=str(marker), name=name), encoding="utf-8")
    (home / ".ipython/profile_default/ipython_config.py").write_text(CODE.format(marker=str(marker), name="ipython"))
    (home / ".ipython/profile_default/startup").mkdir()
    (home / ".ipython/profile_default/startup/00.py").write_text(CODE.format(marker=str(marker), name="startup"))
    (home / "startup.py").write_text(CODE.format(marker=str(marker), name="PYTHONSTARTUP"), encoding="utf-8")
    argv = [sys.executable, "-c", CODE.format(marker=str(marker), name="kernelspec")]
    spec = {"argv": argv, "display_name": "x", "language": "python"}
    (home / "kernels/python3/kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    changed = {
        **{name: str(home / ".jupyter") for name in FOREIGN},
        "JUPYTER_TOKEN": TOKEN,
        "JUPYTER_TOKEN_FILE": str(token_file),
        "JUPYTER_PATH": str(home),
        "JUPYTER_DATA_DIR": str(home),
        "IPYTHONDIR": str(home / ".ipython"),
        "PYTHONSTARTUP": str(home / "startup.py"),
        "MPLBACKEND": "module://evil",
        "PYTHONINSPECT": "",
        "HOME": str(home),
    }
    before = dict(os.environ)
    os.environ.update(changed)
    try:
        build(ROOT / "data" / "sample", folder / "built")
        write_secret("password", "一个很长的口令-2024", folder / "kept")
        hashes = read_hashes(folder / "kept")
        running = Server(folder / "built", logs=folder, hashes=hashes, pages={WHAT_IF: 1}, board="")
    finally:
        os.environ.clear()
        os.environ.update(before)
    yield running, marker
    running.end()


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        (f"?token={TOKEN}", {}),
        ("?token=", {}),
        ("", {"Authorization": f"Bearer {TOKEN}"}),
        ("", {"Authorization": f"token {TOKEN}"}),
        ("", {"Authorization": f"Basic {TOKEN}"}),
        ("", {"X-XSRFToken": TOKEN}),
    ],
)
def test_no_token_opens_the_board(hostile: tuple[Server, Path], query: str, sent: dict[str, str]) -> None:
    server, _ = hostile
    kernel = "/api/kernels/00000000-0000-4000-8000-000000000000"
    for path in ("/", f"/{WHAT_IF}", "/boards/data/pages.js", kernel):
        status, answered, text = Visitor(server).ask(f"{path}{query}", **sent)
        assert status in {302, 403}, path
        assert "username" not in answered.get("Set-Cookie", "") and "kernelId" not in text
    assert Visitor(server).ask(f"{kernel}/channels{query}", Origin=server.url.rstrip("/"), **sent)[0] == 403


def test_no_setting_of_a_library_runs_code(hostile: tuple[Server, Path]) -> None:
    server, marker = hostile
    visitor = Visitor(server)
    visitor.ask("/login")
    visitor.ask("/login", {"password": "一个很长的口令-2024", "next": "/"})
    assert "kernelId" in visitor.ask("/")[2]  # its kernel was the ordinary one
    assert not marker.exists(), marker.read_text(encoding="utf-8")


def test_what_libraries_are_told_elsewhere_goes_no_further() -> None:
    given = {**dict.fromkeys(FOREIGN, "x"), "PATH": "y", "JIXIAO_HOME": "z", "LANG": "C"}
    assert own_environment(given) == {"PATH": "y", "JIXIAO_HOME": "z", "LANG": "C"}
    assert own_environment(given, JUPYTER_PATH="ours")["JUPYTER_PATH"] == "ours"


def test_dask_preloads_nothing() -> None:
    import dask

    names = [f"distributed.{who}.preload" for who in ("client", "worker", "nanny", "scheduler")]
    with dask.config.set({name: ["evil"] for name in names}):
        forget_preloads()
        assert [dask.config.get(name) for name in names] == [[]] * 4


def test_what_lies_in_the_current_folder_is_no_code_and_no_setting(tmp_path: Path) -> None:
    """As modules of the names that are imported, and as the settings that matplotlib looks for there."""
    for name in ("pandas", "numpy", "duckdb", "yaml", "sitecustomize", "rich", "typer", "evil"):
        (tmp_path / f"{name}.py").write_text(
            f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r})\n", encoding="utf-8"
        )
    (tmp_path / "matplotlibrc").write_text("backend: module://evil\ntext.usetex: True\n", encoding="utf-8")
    code = "from jixiao.show.figure import empty_figure\nfrom jixiao.show.figures.prints import print_figure\n"
    code += "import matplotlib\nprint_figure(empty_figure('a', 'b'))\nprint(matplotlib.rcParams['text.usetex'])"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONSAFEPATH", None)
    commands = (
        [sys.executable, "-m", "jixiao", "score", "--place", str(ROOT / "data" / "sample")],
        [sys.executable, "-P", "-c", code],
    )
    done = [
        subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        for command in commands
    ]
    assert [one.returncode for one in done] == [0, 0], [one.stderr for one in done]
    assert done[1].stdout.strip() == "False" and not (tmp_path / "ran").exists()


# Behind a proxy, and the key


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("proxied")
    build(ROOT / "data" / "sample", folder / "built")
    running = Server(folder / "built", logs=folder, proxies=("127.0.0.1",), pages={WHAT_IF: 0}, board="")
    yield running
    running.end()


def test_behind_a_proxy_that_encrypts_every_cookie_is_secure(proxied: Server) -> None:
    for path in ("/login", f"/{WHAT_IF}", "/nothing", "/logout"):
        _, sent, _ = Visitor(proxied).ask(path, **{"X-Forwarded-Proto": "https"})
        assert "max-age" in sent["Strict-Transport-Security"], path
        cookies = re.split(r", (?=[\w-]+=)", sent.get("Set-Cookie", ""))
        assert all("secure" in cookie.lower() for cookie in cookies if "expires=" not in cookie and cookie), cookies
    plain = Visitor(proxied).ask("/login")[1]
    assert "Strict-Transport-Security" not in plain
    assert "Strict-Transport-Security" in headers(is_encrypted=True)


@pytest.mark.parametrize("name", ["X-Real-IP", "x-real-ip", "X-Scheme", "Forwarded"])
def test_what_a_browser_can_write_is_not_believed(proxied: Server, name: str) -> None:
    sent = {"X-Forwarded-For": "10.1.2.3", name: "10.66.66.66" if name != "X-Scheme" else "https"}
    _, answered, _ = Visitor(proxied).ask("/login", **sent)
    assert "Strict-Transport-Security" not in answered
    until = time.monotonic() + 20
    while "10.1.2.x" not in proxied.journal() and time.monotonic() < until:  # it is noted behind the answer
        time.sleep(0.1)
    assert "10.1.2.x" in proxied.journal() and "10.66.66" not in proxied.journal()


@pytest.mark.skipif(os.name != "posix", reason="the modes of files are those of POSIX")
@pytest.mark.parametrize(
    ("mode", "is_taken"), [(0o600, True), (0o400, True), (0o644, False), (0o604, False), (0o602, False), (0o660, False)]
)
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int, is_taken: bool) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on PATH to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    wanted = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    subprocess.run([openssl, *wanted.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    key.chmod(mode)
    settings = Settings("built", port=0, certfile=str(certificate), keyfile=str(key))
    if is_taken:
        return check_settings(settings)
    with pytest.raises(RequestError, match=r"私钥.*chmod 600"):
        check_settings(settings)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl on PATH to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    wanted = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    subprocess.run([openssl, *wanted.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    key.chmod(0o600)
    return certificate, key


@pytest.mark.parametrize("form", [["pkcs8", "-topk8"], ["ec", "-aes128"]])
def test_a_key_with_a_pass_phrase_is_refused_and_asks_nobody(pair: tuple[Path, Path], form: list[str]) -> None:
    certificate, key = pair
    locked = key.with_name("locked.pem")
    command = ["openssl", *form, "-in", key, "-out", locked, "-passout", "pass:secret"]
    subprocess.run(command, check=True, capture_output=True)
    locked.chmod(0o600)
    with pytest.raises(RequestError, match="私钥不带口令"):
        encryption(Settings("built", port=0, certfile=str(certificate), keyfile=str(locked)))


@pytest.mark.skipif(os.name != "posix", reason="the modes of files are those of POSIX")
def test_a_key_inside_a_certificate_that_others_can_read_is_refused(pair: tuple[Path, Path]) -> None:
    certificate, key = pair
    settings = Settings("built", port=0, certfile=str(certificate), keyfile=str(key))
    certificate.chmod(0o644)
    assert encryption(settings) is not None
    certificate.write_bytes(certificate.read_bytes() + key.read_bytes())
    with pytest.raises(RequestError, match=r"certificate\.pem.*chmod 600"):
        encryption(settings)
    certificate.chmod(0o600)
    assert encryption(settings) is not None


def test_no_file_gets_the_keys_of_the_connections(
    pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    made = encryption(Settings("built", port=0, certfile=str(pair[0]), keyfile=str(pair[1])))
    assert made is not None and made.keylog_filename is None
    assert not log.exists() and "SSLKEYLOGFILE" not in own_environment()


# Messages that can be read and not written


HALVES = ["\ud800", "\udfff", "a\udc00b", "\ud83d"]
NUMBERS = ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"]


def strange_messages(seed: int, count: int) -> Iterator[str]:
    """Yield messages of the form a page sends, with something in them that JSON lets through and others do not."""
    draw = random.Random(seed)
    for _ in range(count):
        values = [json.dumps(draw.choice(HALVES)), draw.choice(NUMBERS), '"x"', "null", "[]", "{}", "1", "true"]
        deep = draw.choice([1, 3, 40, 900])
        values.append("[" * deep + "]" * deep)
        value = draw.choice(values)
        header = {"msg_type": "comm_msg", "msg_id": "a", "session": "b", "username": "c", "version": "5.3"}
        text = json.dumps(
            {
                "channel": draw.choice(["shell", "control", "@"]),
                "header": {**header, draw.choice([*header, "date", "other"]): "@"},
                "parent_header": draw.choice([{}, {"msg_id": "@"}, "@"]),
                "metadata": draw.choice([{}, {"@": "@"}, "@"]),
                "content": {"comm_id": draw.choice(["x", "@"]), "data": {"method": "update", "state": {"value": "@"}}},
            }
        )
        yield text.replace('"@"', value, 1) if draw.random() < 0.3 else text.replace('"@"', value)


def test_a_message_that_was_let_through_can_be_sent_on() -> None:
    session, passed = Session(key=b"x"), 0
    for text in strange_messages(seed=21, count=4_000):
        try:
            _, message = read_message(text, None)
        except ValueError:
            continue
        sent: list[Any] = session.serialize({**message, "header": {**message["header"]}})
        assert sent
        passed += 1
    assert 200 < passed < 4_000
    for half in HALVES:
        with pytest.raises(ValueError):
            read_message(json.dumps({"channel": "shell", "header": {"msg_type": half}, "content": {}}), None)
