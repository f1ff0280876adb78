"""Whether anything changed since a folder was built (有无改动), seen without opening a form or importing pandas.

``inputs.json`` in the built folder keeps what the version in force was made from beside its forms, whose hashes the
manifest has. A build of the same inputs is left out. What is compared, and when a hash is believed without reading the
file again, is said in docs/store.md.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import Field

from jixiao.builds.manifest import damaged_files, leftovers, place_of, read_manifest
from jixiao.builds.originals import FOLDER as ORIGINALS
from jixiao.core.errors import JixiaoError, RequestError, StoppedError
from jixiao.core.files import (
    LIMITS,
    checksum,
    form_names,
    list_forms,
    list_received,
    list_unusable,
    sized_checksum,
    workbench,
    write_safely,
)
from jixiao.core.hashes import code_hash, hash_of, libraries_hash, rules_hash
from jixiao.core.kept import Kept, KeptError, is_as_written, read_strict, signer, take_kept, written_json
from jixiao.reading.files.limits import load_limits, usual_years

INPUTS = "inputs.json"
LARGE = 1 << 20
"""Bytes from which a file of the same size and times as before is believed to be the same; a smaller one is hashed."""
_SETTLED = 2 * 10**9
"""Nanoseconds a file must have been left alone before its times say anything: some disks keep two seconds."""


@dataclass(frozen=True)
class Unchanged:
    """A version that another build would only make again (没有改动): its name, when it was read, what it holds."""

    version: str
    as_of: str
    files: int
    evaluations: int
    errors: tuple[str, ...]
    """Why some of the files could not be read; they did not change either."""


def find_unchanged(place: Path, out: Path, *, today: date, is_writer: bool = False) -> Unchanged | None:
    """Return the version in force when nothing it depends on changed (没有改动), else None.

    Args:
        place: The data folder.
        out: The built folder.
        today: A version in which something ends by its declared date holds up to and including that day.
        is_writer: This process is the one that may write there, so nobody else left anything unfinished.
    """
    try:
        manifest = read_manifest(out)
        kept = read_inputs(out)
        is_same = (
            kept["version"] == manifest["version"]
            and place_of(out, manifest) == place.resolve()
            and kept["from"] <= today.isoformat() <= (kept["until"] or "9999")
            and not kept["is_to_retry"]
            and (is_writer or not leftovers(out))
            and kept["inputs"] == other_inputs(place)
            and _same_forms(place, manifest["sources"], kept)
            and not damaged_files(out, manifest)
            and (out / ORIGINALS).is_dir()
        )
        return (
            Unchanged(kept["version"], manifest["as_of"], kept["files"], kept["evaluations"], (*kept["errors"],))
            if is_same
            else None
        )
    except (RequestError, OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


class _Inputs(Kept):
    """What ``inputs.json`` holds."""

    version: str
    since: str = Field(alias="from")
    until: str
    is_to_retry: bool
    inputs: dict[str, str]
    large: dict[str, list[int]]
    unusable: list[str]
    files: int
    evaluations: int
    errors: list[str]
    sign: str


def read_inputs(out: Path) -> dict[str, Any]:
    """Return what was kept of the inputs of a version (登记的输入), as this user wrote it.

    Raises:
        KeptError: It is not as it was written, or somebody else wrote it.
        OSError: There is none.
    """
    kept: dict[str, Any] = read_strict(out / INPUTS)
    take_kept(_Inputs, kept)
    if not hmac.compare_digest(kept["sign"], _sign(kept)) or not is_as_written(out / INPUTS, kept):
        raise KeptError(INPUTS)
    return kept


def _sign(kept: dict[str, Any]) -> str:
    sign = signer(INPUTS)
    sign.update(hash_of({name: value for name, value in kept.items() if name != "sign"}).encode())
    return sign.hexdigest()


def other_inputs(place: Path) -> dict[str, str]:
    """Return a hash of everything beside the forms that a build of a data folder depends on (表格以外的输入).

    What people declare is taken whole, whether a build of today reads it or not: every YAML file of the data folder,
    of the folder of ``data/source`` and its registers, the taught layouts and the user's limits.
    """
    declared = [*place.glob("*.yaml"), *(workbench() / "data" / "forms").glob("*.yaml")]
    if place.name == "source":
        declared += [*place.parent.glob("*.yaml"), *(place.parent / "register").rglob("*")]
    limits = os.environ.get(LIMITS, "")
    most = load_limits().file_bytes
    named = {
        os.path.relpath(path, place): sized_checksum(path, largest=most) if path.is_file() else ""
        for path in sorted(declared)
        if not path.is_dir()
    }
    return {
        "rules": rules_hash(),
        "code": code_hash(),
        "libraries": libraries_hash(),
        "limits": sized_checksum(Path(limits), largest=most) if limits and Path(limits).is_file() else limits,
        "declared": hash_of(named),
        "last_year": str(usual_years()[-1]),  # a form refused for its year may be read when that year is nearer
    }


def _same_forms(place: Path, known: dict[str, str], kept: dict[str, Any]) -> bool:
    usable, refused = list_received(place)
    if [str(error) for error in refused] != kept["unusable"]:
        return False
    forms = {name: path for path, name in form_names(place, usable).items()}
    large = kept["large"]
    return forms.keys() == known.keys() and all(
        (name in large and _times(path) == large[name]) or checksum(path) == known[name] for name, path in forms.items()
    )


def _times(path: Path) -> list[int]:
    """Return size and times of a file that is large, nothing of any other."""
    state = path.stat()
    return [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino] if state.st_size >= LARGE else []


def keep_inputs(
    out: Path,
    place: Path,
    *,
    inputs: dict[str, str],
    began: int,
    day: date,
    ends: Iterable[str],
    counts: dict[str, int],
    errors: Sequence[JixiaoError],
) -> None:
    """Keep what the version in force was made from (登记输入), for :func:`find_unchanged`.

    Args:
        out: The built folder.
        place: The data folder.
        inputs: :func:`other_inputs` before anything was read.
        began: When that was, in nanoseconds.
        day: The day the version was made for.
        ends: The dates on which something declared ends, that day included.
        counts: ``files`` read and ``evaluations`` in them.
        errors: Of the files that could not be read.
    """
    manifest = read_manifest(out)
    times = {name: _times(path) for path, name in form_names(place, list_forms(place)).items()}
    kept: dict[str, Any] = {
        "version": manifest["version"],
        "from": day.isoformat(),
        "until": min(ends, default=""),
        "is_to_retry": any(isinstance(error, StoppedError) or type(error) is JixiaoError for error in errors),
        "inputs": inputs,
        "unusable": [str(error) for error in list_unusable(place)],
        "large": {name: time for name, time in times.items() if time and max(time[1:3]) < began - _SETTLED},
        **counts,
        "errors": [str(error) for error in errors],
    }
    text = written_json({**kept, "sign": _sign(kept)})
    write_safely(out / INPUTS, lambda path: path.write_text(text, encoding="utf-8"))
