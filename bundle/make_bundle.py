"""Write the bundle for a closed network: wheels of everything needed at run time, two installers, a page in Chinese.

    python bundle/make_bundle.py [--platform linux_x86_64 | win_amd64 | macosx_11_0_arm64] [--out dist]

What is needed is read out of requirements.lock: from the dependencies of pyproject.toml along its "via" notes, under
the markers of the platform; every wheel is checked against its hashes there. Wheels are for one minor version of
Python, that which runs this.
"""

import argparse
import hashlib
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
import zipfile
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).resolve().parent
FILES = ("install.sh", "install.bat", "安装说明.html")
SOURCES = ("jixiao", "notebooks", "data/sample", "environment", "pyproject.toml", "setup.py", "README.md", "LICENSE")
_ENTRY = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^ \\;]+)(?: ; (?P<marker>[^\\\n]+?))?(?: \\)?$")


def read_lock(text: str) -> list[dict]:
    """Return the locked packages: name, version, marker, hashes, and through which others each is needed.

    A name stands there more than once where versions of Python need different ones.
    """
    found: list[dict] = []
    entry: dict = {}
    for line in text.splitlines():
        match = _ENTRY.match(line)
        if match:
            entry = {**match.groupdict(), "name": canonicalize_name(match["name"]), "hashes": [], "via": []}
            found.append(entry)
        elif "--hash=" in line:
            entry["hashes"].append(re.search(r"sha256:([0-9a-f]{64})", line)[1])
        elif line.strip().startswith("#"):
            named = line.replace("# via", " ").replace("#", " ").split()
            entry["via"] += [canonicalize_name(name) for name in named if re.fullmatch(r"[A-Za-z0-9._-]+", name)]
    return found


def needed(lock: list[dict], dependencies: list[str], environment: dict[str, str]) -> list[dict]:
    """Return the locked packages that are needed at run time on a platform, and none that only tests need."""
    here = [entry for entry in lock if entry["marker"] is None or Marker(entry["marker"]).evaluate(environment)]
    seen = [canonicalize_name(Requirement(text).name) for text in dependencies]
    for name in seen:
        seen += [entry["name"] for entry in here if entry["name"] not in seen and name in entry["via"]]
    return sorted((entry for entry in here if entry["name"] in seen), key=lambda entry: str(entry["name"]))


def environment_of(target: str) -> dict[str, str]:
    """Return what markers are told about a platform."""
    version = {"python_version": f"{sys.version_info.major}.{sys.version_info.minor}"}
    version["python_full_version"] = platform.python_version()
    said = {"implementation_name": "cpython", "platform_python_implementation": "CPython", "extra": "", **version}
    if target.startswith("win"):
        return {
            **said,
            "sys_platform": "win32",
            "platform_system": "Windows",
            "os_name": "nt",
            "platform_machine": "AMD64",
        }
    machine = re.sub(r"^(?:linux|manylinux\w*?|macosx_\d+_\d+)_", "", target)
    system = ("darwin", "Darwin") if target.startswith("macosx") else ("linux", "Linux")
    names = {"sys_platform": system[0], "platform_system": system[1], "os_name": "posix", "platform_machine": machine}
    return {**said, **names}


def this_platform() -> str:
    """Return the name of the platform that runs this, as wheels name it."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


def collect(wheels: Path, target: str) -> list[str]:
    """Put the wheels of everything needed, and of jixiao, into a folder; return the names of the packages."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = read_lock((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    chosen = needed(lock, project["dependencies"], environment_of(target))
    with tempfile.TemporaryDirectory() as made:
        listed = Path(made) / "requirements.txt"
        rows = [
            f"{entry['name']}=={entry['version']} " + " ".join(f"--hash=sha256:{one}" for one in entry["hashes"])
            for entry in chosen
        ]
        listed.write_text("\n".join(rows) + "\n", encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        common = ["--no-deps", "--require-hashes", "-r", str(listed)]
        if target == this_platform():
            subprocess.run([*pip, "wheel", *common, "--wheel-dir", str(wheels)], check=True)
        else:
            older = ["manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"]
            tags = older if target == "linux_x86_64" else [target]
            asked = [part for tag in tags for part in ("--platform", tag)]
            subprocess.run([*pip, "download", *common, *asked, "--only-binary=:all:", "-d", str(wheels)], check=True)
    build_own(wheels)
    return [entry["name"] for entry in chosen]


def build_own(wheels: Path) -> Path:
    """Build the wheel of jixiao from a copy, so that no leftover of an earlier build gets in; return its path."""
    with tempfile.TemporaryDirectory() as made:
        for name in SOURCES:
            source, target = ROOT / name, Path(made) / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
            else:
                shutil.copyfile(source, target)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        asked = [*pip, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(wheels), made]
        subprocess.run(asked, check=True)
    (own,) = wheels.glob("jixiao-*.whl")
    return own


def write_bundle(out: Path, target: str) -> Path:
    """Write the bundle and return its path; the last line of its list is the hash of every wheel in it."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    name = f"jixiao-{version}-offline-{target}"
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        wheels = Path(made) / "wheels"
        wheels.mkdir()
        collect(wheels, target)
        with zipfile.ZipFile(out / f"{name}.zip", "w") as archive:
            hashes = []
            for path in sorted(wheels.iterdir()):
                archive.write(path, f"{name}/wheels/{path.name}", zipfile.ZIP_STORED)
                hashes.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  wheels/{path.name}\n")
            archive.writestr(f"{name}/SHA256SUMS", "".join(hashes), zipfile.ZIP_DEFLATED)
            for file in FILES:
                text = (HERE / file).read_text(encoding="utf-8")
                text = text.replace("@VERSION@", version).replace("@PLATFORM@", target)
                text = text.replace("@PYTHON@", f"{sys.version_info.major}.{sys.version_info.minor}")
                entry = zipfile.ZipInfo(f"{name}/{file}", (2020, 1, 1, 0, 0, 0))
                entry.external_attr = (0o755 if file.endswith(".sh") else 0o644) << 16
                ending = "\r\n" if file.endswith(".bat") else "\n"
                archive.writestr(entry, text.replace("\n", ending).encode("utf-8"), zipfile.ZIP_DEFLATED)
    return out / f"{name}.zip"


def main() -> int:
    """Write the bundle of one platform."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--platform", default=this_platform())
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    asked = parser.parse_args()
    path = write_bundle(asked.out, asked.platform)
    print(f"{path} {path.stat().st_size / 1e6:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
