"""The place of the data: find a data folder, read it once, keep what was built from it (``data/built``).

``data/built`` holds one parquet file per frame and a ``manifest.json`` written last: the hashes of the sources, of the
rules and of every file. Each file is written beside its place, flushed and moved, so a killed run destroys nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

import jixiao
from jixiao.aliases import load_aliases
from jixiao.checks import PASSED, SEVERITIES, run_checks
from jixiao.checks import SCHEMA as FINDINGS
from jixiao.declared import RULES
from jixiao.errors import JixiaoError, RequestError
from jixiao.frames import load_frames
from jixiao.schemas import SCHEMAS, Frames, typed
from jixiao.scoring import GRADES, score
from jixiao.sources import checksum, list_forms
from jixiao.suppressions import SUPPRESSED, SUPPRESSIONS, load_suppressions, suppress

MANIFEST = "manifest.json"
_REFUSED_SIGNS = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]+')
_RESERVED_NAME = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)  # devices of Windows


@dataclass
class Results:
    """Everything one data folder gives (全部结果): the frames, the scores, the totals and the findings.

    ``place`` is the folder that was read, ``as_of`` when it was read. ``passed`` counts where the checks looked,
    ``suppressed`` holds the findings a person put aside, ``suppressions`` the entries that put them aside.
    ``remark`` is what a reader must know of data that were not received, such as made-up ones.
    """

    frames: Frames
    scores: pd.DataFrame
    totals: pd.DataFrame
    findings: pd.DataFrame
    place: Path
    as_of: datetime
    passed: pd.DataFrame = field(default_factory=lambda: typed([], PASSED))
    suppressed: pd.DataFrame = field(default_factory=lambda: typed([], SUPPRESSED))
    suppressions: pd.DataFrame = field(default_factory=lambda: typed([], SUPPRESSIONS))
    remark: str = ""


def workbench() -> Path:
    """Return the folder that holds ``data/`` and ``notebooks/``: JIXIAO_HOME, else the nearest one upwards."""
    if os.environ.get("JIXIAO_HOME"):
        return Path(os.environ["JIXIAO_HOME"]).resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "data").is_dir() and (folder / "notebooks").is_dir():
            return folder
    return Path(jixiao.__file__).resolve().parents[1]


def find_place(place: str | Path) -> Path:
    """Return the folder of a data place: ``source``, ``sample``, ``built`` or any path.

    Raises:
        RequestError: There is no such folder.

    Example:
        >>> find_place("sample").name
        'sample'
    """
    wanted = Path(place)
    for folder in (wanted, workbench() / wanted, workbench() / "data" / wanted):
        if folder.is_dir():
            return folder.resolve()
    raise RequestError(f"没有数据目录“{place}”，请检查路径，或先运行 make run 生成 data/built")


def load(place: str | Path = "source") -> Frames:
    """Read a data folder into frames (读取数据); each frame of a built folder is read when it is first used.

    Args:
        place: ``data/source``, ``data/sample``, ``data/built`` or any folder of forms.

    Raises:
        ReadingErrors: Some forms could not be read; each has its sentence.
        RequestError: There is no such folder.

    Example:
        >>> import jixiao
        >>> sorted(jixiao.load("data/sample").projects["year"].unique().tolist())
        [2023, 2024]
    """
    folder = find_place(place)
    if (folder / MANIFEST).exists():
        return _open_built(folder)
    return load_frames(folder)[0]


def _open_built(folder: Path) -> Frames:
    """Return the frames of a built folder, each read and checked when it is first used (用到才读)."""
    opened = read_built(folder, frames=())

    def reader(name: str) -> Callable[[], pd.DataFrame]:
        def read() -> pd.DataFrame:
            found = read_built(folder, frames=[name])
            if found.as_of != opened.as_of:
                raise RequestError(f"“{folder.name}”在打开之后已重新构建，各表不再属于同一次构建，请重新读取数据")
            return getattr(found.frames, name)

        return read

    return Frames.deferred({name: reader(name) for name in SCHEMAS})


def evaluate_files(place: str | Path = "source", *, framework: str = "") -> tuple[Results, list[JixiaoError]]:
    """Evaluate what can be read (能读的先算), and return the errors of the files that cannot."""
    folder = find_place(place)
    if (folder / MANIFEST).exists():
        return evaluate(folder, framework=framework), []
    frames, errors = load_frames(folder, keep_going=True)
    return _results(frames, folder, framework), errors


def evaluate(place: str | Path = "source", *, framework: str = "") -> Results:
    """Read, score and audit a data folder in one call (一步得到全部结果); a built folder is only read.

    Args:
        place: As for :func:`load`.
        framework: Score the self-evaluations by this framework instead of the default, for comparison.

    Example:
        >>> import jixiao
        >>> bool(jixiao.evaluate("data/sample").totals["total_reported"].notna().any())
        True
    """
    folder = find_place(place)
    if (folder / MANIFEST).exists() and not framework:
        return read_built(folder)
    frames = load(folder)
    return _results(frames, folder, framework)


def _results(frames: Frames, folder: Path, framework: str = "") -> Results:
    scores, totals = score(frames, framework=framework)
    declared = _declared(folder)
    aliases = load_aliases(declared["aliases"]) if "aliases" in declared else {}
    entries = load_suppressions(declared["suppressions"]) if "suppressions" in declared else ()
    found, passed = run_checks(frames, scores, totals, aliases=aliases)
    findings, suppressed, suppressions = suppress(found, entries, today=date.today())
    return Results(frames, scores, totals, findings, folder, datetime.now(UTC), passed, suppressed, suppressions)


def _declared(folder: Path) -> dict[str, Path]:
    """Return what people declared about a data folder (别名、不予处理登记), beside ``data/source``."""
    paths = {name: folder.parent / f"{name}.yaml" for name in ("aliases", "suppressions")}
    return {name: path for name, path in paths.items() if folder.name == "source" and path.exists()}


def build(place: str | Path = "source", out: Path | None = None) -> tuple[Results, list[JixiaoError]]:
    """Read, score and audit a data folder and keep the result as parquet (构建).

    Returns:
        The results and the errors of the files that could not be read; the other files are in the results.
    """
    folder = find_place(place)
    frames, errors = load_frames(folder, keep_going=True)
    results = _results(frames, folder)
    write_built(results, out or workbench() / "data" / "built")
    return results, errors


def write_built(results: Results, out: Path) -> None:
    """Write every frame as parquet and the manifest last."""
    write_parts([results], out)


def write_parts(parts: Iterable[Results], out: Path, *, remark: str = "") -> None:
    """Write results that come part by part, such as year by year, as one place; only one part is held at a time.

    Args:
        parts: At least one; no evaluation is in two of them.
        out: The folder; each file is moved into its place when it is whole, the manifest last.
        remark: What a reader must know of the data; kept in the manifest.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    out.mkdir(parents=True, exist_ok=True)
    audited: dict[str, list[pd.DataFrame]] = {"findings": [], "passed": []}
    writers: dict[str, pq.ParquetWriter] = {}
    beside: dict[str, Path] = {}
    last: Results | None = None
    try:
        for last in parts:
            for name, frame in _all_frames(last).items():
                if name in audited:
                    audited[name].append(frame)
                    continue
                if name not in writers:
                    beside[name] = out / f".{os.getpid()}.{name}.parquet"
                    schema = pa.Table.from_pandas(frame, preserve_index=False).schema
                    writers[name] = pq.ParquetWriter(beside[name], schema, write_page_checksum=True)
                table = pa.Table.from_pandas(frame, schema=writers[name].schema, preserve_index=False)
                writers[name].write_table(table)
        if last is None:
            raise ValueError("nothing to write")
        for writer in writers.values():
            writer.close()
        hashes = {}
        for name, path in beside.items():
            _flush(path)
            hashes[f"{name}.parquet"] = checksum(path)
        joined = {"findings": _worst_first(audited["findings"]), "passed": _sum_passed(audited["passed"])}
        for name, path in beside.items():
            os.replace(path, out / f"{name}.parquet")
    finally:
        for path in beside.values():
            path.unlink(missing_ok=True)
    for name, frame in joined.items():
        path = out / f"{name}.parquet"
        write_safely(
            path,
            lambda target, frame=frame: frame.to_parquet(  # type: ignore[misc]
                target, index=False, write_page_checksum=True
            ),
        )
        hashes[path.name] = checksum(path)
    manifest = {
        "jixiao": jixiao.__version__,
        "as_of": last.as_of.isoformat(timespec="seconds"),
        "place": os.path.relpath(last.place, out),
        **({"remark": remark} if remark else {}),
        "sources": source_hashes(last.place),
        "rules": rules_hash(),
        "declared": _declared_hashes(last.place),
        "files": hashes,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    write_safely(out / MANIFEST, lambda target: target.write_text(text, encoding="utf-8"))


def _worst_first(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Join the findings of several parts in the order in which the audit lists them."""
    if len(parts) == 1:
        return parts[0]
    every = pd.concat(parts, ignore_index=True)
    rank = every["severity"].map({severity: number for number, severity in enumerate(SEVERITIES)})
    order = ["rank", "year", "project_id", "evaluation", "indicator_id", "code", "source_sheet", "source_cell"]
    return every.assign(rank=rank).sort_values(order, kind="stable", ignore_index=True).drop(columns="rank")


def _sum_passed(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Add up what several parts counted, check by check, in the order of the checks."""
    every = pd.concat(parts, ignore_index=True)
    named = [name for name, kind in PASSED.items() if kind == "str"]
    return every.groupby(named, sort=False, as_index=False).sum().astype(PASSED)[list(PASSED)]


def _all_frames(results: Results) -> dict[str, pd.DataFrame]:
    return {
        **dict(results.frames.items()),
        "scores": results.scores,
        "totals": results.totals,
        **{name: getattr(results, name) for name in _KEPT},
    }


_KEPT = {"findings": FINDINGS, "passed": PASSED, "suppressed": SUPPRESSED, "suppressions": SUPPRESSIONS}
"""What the audit gives, kept beside the frames, with its columns."""


def write_safely(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place, flush it and move it there, so that the old one stays until the new is whole."""
    beside = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        write(beside)
        _flush(beside)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    with path.open("rb+") as handle:
        os.fsync(handle.fileno())


def safe_name(name: str) -> str:
    """Return a file name without signs that leave a folder or that a file system refuses, of at most 180 bytes.

    Example:
        >>> safe_name('../“甲/乙”*项目'), safe_name("con.txt")
        ('_“甲_乙”_项目', '_con.txt')
    """
    plain = _REFUSED_SIGNS.sub("_", name).strip(" .")
    plain = f"_{plain}" if _RESERVED_NAME.fullmatch(plain) else plain
    return plain.encode("utf-8", "replace")[:180].decode("utf-8", "ignore").strip(" .") or "_"


def source_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every form of a data folder by its relative name."""
    return {str(path.relative_to(folder)): checksum(path) for path in list_forms(folder)}


def _declared_hashes(folder: Path) -> dict[str, str]:
    return {path.name: checksum(path) for path in _declared(folder).values()}


def rules_hash() -> str:
    """Return one hash over every declared rule that a score, a finding or a frame of received data can depend on."""
    digest = hashlib.sha256()
    aside = {
        *(RULES / f"{name}.yaml" for name in ("dashboard", "reports", "sample")),
        *(RULES / "layouts").glob("*.yaml"),
    }
    for path in sorted(set(RULES.rglob("*.yaml")) - aside):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def read_built(folder: Path, *, frames: Sequence[str] | None = None) -> Results:
    """Read what ``jixiao build`` kept.

    Args:
        folder: A built folder.
        frames: Only these frames, scores, totals and findings among them; the others come without rows. All when None.

    Raises:
        RequestError: A file is missing or is not the one that was written.
    """
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    found = dict.fromkeys([*SCHEMAS, "scores", "totals"], pd.DataFrame())
    found |= {name: typed([], schema) for name, schema in (*SCHEMAS.items(), *_KEPT.items())}
    for name, expected in manifest["files"].items():
        path = folder / name
        if frames is not None and path.stem not in frames:
            continue
        if not path.exists() or checksum(path) != expected:
            raise RequestError(f"构建结果“{path.name}”缺失或已损坏，请重新运行 jixiao build")
        found[path.stem] = pd.read_parquet(path)
    kept = {name: found[name].astype(schema) for name, schema in _KEPT.items()}
    return Results(
        Frames(**{name: found[name] for name in SCHEMAS}),
        found["scores"],
        found["totals"],
        place=(folder / manifest["place"]).resolve(),
        as_of=datetime.fromisoformat(manifest["as_of"]),
        remark=manifest.get("remark", ""),
        **kept,
    )


def is_stale(folder: Path) -> bool:
    """Say whether the sources or the rules changed since ``data/built`` was made (数据已过期)."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    place = (folder / manifest["place"]).resolve()
    if manifest["rules"] != rules_hash() or not place.is_dir():
        return True
    return manifest["sources"] != source_hashes(place) or manifest["declared"] != _declared_hashes(place)


__all__ = [
    "GRADES",
    "MANIFEST",
    "SEVERITIES",
    "Results",
    "build",
    "evaluate",
    "evaluate_files",
    "find_place",
    "is_stale",
    "load",
    "read_built",
    "rules_hash",
    "source_hashes",
    "workbench",
    "write_built",
    "write_parts",
    "write_safely",
]
