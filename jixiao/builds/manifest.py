"""What was built from what (构建清单): the hashes of sources, rules, declarations, code and every file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jixiao
from jixiao.core.errors import RequestError
from jixiao.core.files import ANSWERS, checksum, list_forms
from jixiao.core.hashes import hash_of, rules_hash

MANIFEST = "manifest.json"
"""The file of a built folder that says which version is in force; replacing it is the switch."""
VERSIONS = "versions"
"""Below a built folder: a folder for each version that is kept."""
FORMAT = 2
DECLARED = ("aliases", "corrections", "suppressions")
"""What people declare about ``data/source``, in files beside it (别名、更正、不予处理登记)."""
_NOT_CONTENT = ("version", "as_of")
"""What two builds of the same inputs may differ in."""


def source_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every form of a data folder by its relative name."""
    return {path.relative_to(folder).as_posix(): checksum(path) for path in list_forms(folder)}


def declared_files(place: Path) -> dict[str, Path]:
    """Return what people declared about a data folder, by name: ``data/source`` has such files beside it.

    What units wrote when they were asked (补充情况) stands in any data folder itself.
    """
    paths = {name: place.parent / f"{name}.yaml" for name in DECLARED} if place.name == "source" else {}
    paths["answers"] = place / ANSWERS
    return {name: path for name, path in paths.items() if path.exists()}


def declared_hashes(place: Path) -> dict[str, str]:
    """Return the SHA-256 of each of :func:`declared_files` by file name."""
    return {path.name: checksum(path) for path in declared_files(place).values()}


def version_of(manifest: dict[str, Any]) -> str:
    """Return the name of a version (版本号): the hash of everything it was made from and of every file it holds."""
    return hash_of({name: value for name, value in manifest.items() if name not in _NOT_CONTENT})[:16]


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a built folder, or of one of its versions.

    Raises:
        RequestError: There is none, it is damaged, or an older jixiao wrote it.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RequestError(f"构建清单“{folder.name}/{MANIFEST}”缺失或已损坏，请重新运行 jixiao build") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise RequestError(f"构建结果“{folder.name}”不是这一版程序写成的，请重新运行 jixiao build")
    return manifest


def damaged_files(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """List the files of a version that are missing or are not what was written (损坏的文件)."""
    base = folder / VERSIONS / manifest["version"]
    known = {**{name: kept["sha256"] for name, kept in manifest["files"].items()}, **manifest["declared"]}
    return [name for name, kept in known.items() if not (base / name).is_file() or checksum(base / name) != kept]


def leftovers(folder: Path) -> list[Path]:
    """List what killed runs left unfinished in a built folder (未完成的写入)."""
    return sorted(path for pattern in (f"{VERSIONS}/.*", ".*.json", "readings/.*") for path in folder.glob(pattern))


def place_of(folder: Path, manifest: dict[str, Any]) -> Path:
    """Return the data folder that a built folder was made from."""
    return (folder / manifest["place"]).resolve()


def is_stale(folder: Path) -> bool:
    """Say whether the sources, the rules or the version of jixiao changed since a folder was built (数据已过期)."""
    try:
        manifest = read_manifest(folder)
    except RequestError:
        return True
    place = place_of(folder, manifest)
    if manifest["rules"] != rules_hash() or manifest["jixiao"] != jixiao.__version__ or not place.is_dir():
        return True
    return manifest["sources"] != source_hashes(place) or manifest["declared"] != declared_hashes(place)
