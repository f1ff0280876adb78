"""What was built from what (构建清单): the hashes of sources, rules, declarations, code and every file."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

import jixiao
from jixiao.core.errors import RequestError
from jixiao.core.files import ANSWERS, LARGEST_FILE, checksum, form_names, list_forms, refusal_of, sized_checksum
from jixiao.core.hashes import hash_of, rules_hash
from jixiao.core.kept import Kept, KeptError, read_strict, take_kept

MANIFEST = "manifest.json"
"""The file of a built folder that says which version is in force; replacing it is the switch."""
VERSIONS = "versions"
"""Below a built folder: a folder for each version that is kept."""
FORMAT = 3
DECLARED = ("aliases", "corrections", "suppressions", "organisations")
"""What people declare about ``data/source``, in files beside it (别名、更正、不予处理、单位登记)."""
_NOT_CONTENT = ("version", "as_of", "seal")
"""What two builds of the same inputs may differ in."""


def source_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every form of a data folder by its relative name."""
    return {name: checksum(path) for path, name in form_names(folder, list_forms(folder)).items()}


def declared_files(place: Path) -> dict[str, Path]:
    """Return what people declared about a data folder, by name: ``data/source`` has such files beside it.

    What units wrote when they were asked (补充情况) stands in any data folder itself.

    Raises:
        RequestError: One of them is no file that can be read.
    """
    paths = {name: place.parent / f"{name}.yaml" for name in DECLARED} if place.name == "source" else {}
    if place.name == "source":
        every = sorted((place.parent / "register").glob("*"))
        paths |= {f"register/{path.name}": path for path in every if path.is_file()}
    paths["answers"] = place / ANSWERS
    found = {name: path for name, path in paths.items() if path.exists() or path.is_symlink()}
    for path in found.values():
        if refused := refusal_of(path, folder=path.parent):
            raise RequestError(f"登记{refused}")
    return found


def declared_hashes(place: Path) -> dict[str, str]:
    """Return the SHA-256 of each of :func:`declared_files` by file name."""
    return {path.name: checksum(path) for path in declared_files(place).values()}


def version_of(manifest: Mapping[str, Any]) -> str:
    """Return the name of a version (版本号): the hash of everything it was made from and of every file it holds."""
    return hash_of({name: value for name, value in manifest.items() if name not in _NOT_CONTENT})[:16]


def seal_of(manifest: Mapping[str, Any]) -> str:
    """Return the hash over all that a manifest says (封签), the moment of its making included."""
    return hash_of({name: value for name, value in manifest.items() if name != "seal"})


def _relative(name: str) -> str:
    """Refuse a name that leaves its folder; for the model alone."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\0" in name:
        raise ValueError(name)
    return name


_Name = Annotated[str, AfterValidator(_relative)]
_Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Moment = Annotated[str, AfterValidator(lambda text: text if datetime.fromisoformat(text).tzinfo else _relative(""))]


class _File(Kept):
    sha256: _Hash
    bytes: Annotated[int, Field(ge=0)]
    foot: str


class _Manifest(Kept):
    """What a manifest holds (构建清单的内容)."""

    version: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    format: Literal[3]
    jixiao: str
    code: str
    as_of: _Moment
    place: str
    remark: str = ""
    sources: dict[str, _Hash]
    rules: str
    rule_files: dict[_Name, str]
    declared: dict[_Name, _Hash]
    files: dict[_Name, _File]
    seal: _Hash


class _Older(BaseModel):
    """A manifest of whatever format, as far as that tells it from a damaged one."""

    format: Literal[1, 2]


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a built folder, or of one of its versions; it has the keys and kinds of one.

    Raises:
        RequestError: There is none, it is damaged, or an older jixiao wrote it.
    """
    try:
        manifest = read_strict(folder / MANIFEST)
        take_kept(_Manifest, manifest)
    except (OSError, KeptError) as error:
        with suppress(OSError, KeptError):
            take_kept(_Older, read_strict(folder / MANIFEST))
            raise RequestError(f"构建结果“{folder.name}”不是这一版程序写成的，请重新运行 jixiao build") from error
        raise RequestError(f"构建清单“{folder.name}/{MANIFEST}”缺失或已损坏，请重新运行 jixiao build") from error
    return dict(manifest)


def is_half_made(folder: Path) -> bool:
    """Say whether a build began in a folder and never ended (未完成的构建)."""
    return not (folder / MANIFEST).exists() and any((folder / name).exists() for name in ("versions", ".writer.json"))


def refuse_half_made(folder: Path) -> None:
    """Refuse to take a folder whose build never ended for a folder of forms.

    Raises:
        RequestError: It is one.
    """
    if is_half_made(folder):
        raise RequestError(f"“{folder.name}”中的构建没有做完，还没有结果；请重新运行 jixiao build")


def damaged_files(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """List the files of a version that are missing or are not what was written (损坏的文件)."""
    base = folder / VERSIONS / manifest["version"]
    known = {name: (kept["sha256"], kept["bytes"]) for name, kept in manifest["files"].items()}
    known |= {name: (kept, LARGEST_FILE) for name, kept in manifest["declared"].items()}
    return [name for name, (kept, most) in known.items() if _sum_of(base / name, most) != kept]


def _sum_of(path: Path, most: int) -> str:
    """Return the checksum of a file, empty when there is none that can be read; one that is larger is another."""
    try:
        return sized_checksum(path, largest=most)
    except OSError:
        return ""


def leftovers(folder: Path) -> list[Path]:
    """List what killed runs left unfinished in a built folder (未完成的写入)."""
    return sorted(
        path
        for pattern in (f"{VERSIONS}/.*", ".*.json", "readings/.*", "originals/.*")
        for path in folder.glob(pattern)
    )


def place_of(folder: Path, manifest: dict[str, Any]) -> Path:
    """Return the data folder that a built folder was made from.

    Raises:
        RequestError: It is none that a build could have been made from: whoever changed it may mean the whole disk.
    """
    try:
        place = (folder / manifest["place"]).resolve()
        place.is_dir()
    except (OSError, ValueError, RuntimeError):
        place = folder
    if folder.resolve().is_relative_to(place):
        raise RequestError(f"构建清单“{folder.name}/{MANIFEST}”所指的数据目录不对，请重新运行 jixiao build")
    return place


def is_stale(folder: Path) -> bool:
    """Say whether the sources, the rules or the version of jixiao changed since a folder was built (数据已过期)."""
    try:
        manifest = read_manifest(folder)
        place = place_of(folder, manifest)
    except RequestError:
        return True
    if manifest["rules"] != rules_hash() or manifest["jixiao"] != jixiao.__version__ or not place.is_dir():
        return True
    return manifest["sources"] != source_hashes(place) or manifest["declared"] != declared_hashes(place)
