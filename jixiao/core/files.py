"""Folders and files (目录与文件): where the data are, and how a file is written so that a killed run harms nothing."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import jixiao
from jixiao.core import processes
from jixiao.core.errors import FormError, JixiaoError, RequestError, say_refused

_REFUSED_SIGNS = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]+')
_RESERVED_NAME = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[\d¹²³]|lpt[\d¹²³])\s*(?:\..*)?", re.IGNORECASE
)  # devices of Windows
BESIDE = re.compile(r"\.(?P<process>\d+)\..+")
"""The name of a file that is being written beside its place; one that stays was left by a killed run."""

RECORD = "report.json"
"""In the folder of every report: what it was made of, and the hash of each of its files."""
MISSING = ".missing.json"
"""In a reports folder while a batch is not whole or not in the journal: the key of each report it makes, by folder."""

NOTES = (".md", ".yaml", ".yml")
"""Files of a data folder that are about the forms and are none themselves."""
HOME = "JIXIAO_HOME"
"""The environment variable that names the folder to work in."""
ANSWERS = "answers.yaml"
"""In a data folder: what units wrote when they were asked (补充情况)."""
LIMITS = "JIXIAO_LIMITS"
"""The environment variable that names a YAML file with other limits of reading (读取上限)."""

LEFT_BEHIND = ("thumbs.db", "desktop.ini")
"""Files that a Windows folder leaves behind and nobody sent."""


_PACKAGE = Path(jixiao.__file__).resolve().parent
_BESIDE = {"notebooks": "notebooks", "sample": "data/sample"}
"""Where the repository keeps what an installed program carries in ``shipped/``."""


def workbench() -> Path:
    """Return the folder to work in (工作目录): JIXIAO_HOME, else the nearest one upwards that holds ``data/source``.

    Where there is none it is the repository that the program runs from, or else the current folder.
    """
    if os.environ.get(HOME):
        return Path(os.environ[HOME]).resolve()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "data" / "source").is_dir() or ((folder / "data").is_dir() and (folder / "notebooks").is_dir()):
            return folder
    return _PACKAGE.parent if (_PACKAGE.parent / "data" / "source").is_dir() else here


def shipped_folder(name: str) -> Path:
    """Return a folder that comes with the program (随程序提供的目录): ``notebooks`` or ``sample``.

    An installed program carries them inside; in the repository they stand beside the package.

    Example:
        >>> shipped_folder("sample").name
        'sample'
    """
    inside = _PACKAGE / "shipped" / name
    return inside if inside.is_dir() else _PACKAGE.parent / _BESIDE[name]


def find_place(place: str | Path) -> Path:
    """Return the folder of a data place: ``source``, ``sample``, ``built`` or any path.

    Raises:
        RequestError: There is no such folder.

    Example:
        >>> find_place("sample").name
        'sample'
    """
    if not isinstance(place, str | Path):
        raise RequestError(f"数据位置要写成文字或路径，得到“{place}”；如 source、sample、built 或文件夹的路径")
    wanted = Path(place)
    for folder in (wanted, workbench() / wanted, workbench() / "data" / wanted):
        if str(place).strip() and folder.is_dir():
            return folder.resolve()
    if str(place) == "sample" and shipped_folder("sample").is_dir():
        return shipped_folder("sample")
    if str(place) == "built":
        raise RequestError("没有数据目录“built”，还没有构建结果；请先运行 jixiao build")
    if str(place) == "source":
        raise RequestError(
            f"没有数据目录“source”：在“{workbench()}”下没有 data/source；请先用 jixiao new 目录 建立工作目录，"
            "进入它再运行，或用 --place 指明数据目录"
        )
    raise RequestError(f"没有数据目录“{place}”，请检查路径；应为 source、sample、built 或已有的文件夹")


def list_forms(folder: Path) -> list[Path]:
    """Return the form files of a data folder (数据目录) in a stable order, year folders first.

    Those that cannot be registered are left out; :func:`list_unusable` names them.

    Raises:
        JixiaoError: The folder does not exist, or one in it cannot be looked into.
    """
    return list_received(folder)[0]


def list_unusable(folder: Path) -> list[FormError]:
    """Return why files are not read that cannot be opened, or bear a name that no text can hold (不能登记的文件)."""
    return list_received(folder)[1]


def list_received(folder: Path) -> tuple[list[Path], list[FormError]]:
    """Return what :func:`list_forms` and :func:`list_unusable` give, looking into the folder once."""
    usable, refused = [], []
    for path in _forms_in(folder):
        if is_usable(path):
            usable.append(path)
        else:
            refused.append(refusal_of(path, folder))
    return usable, refused


def refusal_of(path: Path, folder: Path = Path()) -> FormError:
    """Return the error of a file that cannot be opened or whose name is no text, named as well as it can be."""
    raw = os.fsencode(os.path.relpath(path, folder))
    shown = next((text for code in ("utf-8", "gb18030") if (text := _decoded(raw, code))), repr(raw))
    if _has_name(path):
        return FormError(shown, "没有读取权限", "请改为可读后再放入")
    return FormError(shown, "文件名的编码不是 UTF-8", "请重新命名后再放入")


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return ""


def _has_name(path: Path) -> bool:
    return bool(_decoded(os.fsencode(path), "utf-8"))


def is_usable(path: Path) -> bool:
    """Say whether a file can be opened and registered by its name."""
    return _has_name(path) and os.access(path, os.R_OK)


def _forms_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise JixiaoError(f"数据目录“{folder}”不存在，请检查路径，或把收到的表格放入 data/source/<年度>/")
    return sorted((Path(path) for path in _walk(str(folder))), key=lambda path: path.parts)


def _walk(folder: str, *, is_inside: bool = False) -> Iterator[str]:
    """Yield the files below a folder that somebody may have sent; a folder behind a link is not entered."""
    if not os.access(folder, os.R_OK | os.X_OK):
        raise JixiaoError(f"数据目录“{folder}”没有读取权限，其中的文件不能读取；请改为可读后再运行")
    if is_inside and Path(folder).is_symlink():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _walk(entry.path, is_inside=True)
            elif entry.is_file() and not entry.name.startswith(("~$", ".")):
                name = entry.name.lower()
                if name not in LEFT_BEHIND and not name.endswith(NOTES):
                    yield entry.path


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file (校验码), as manifest.yaml keeps it; a large file is never held whole."""
    with path.open("rb", buffering=0) as file:
        start = file.read(_SMALL)
        if len(start) < _SMALL:  # most files: without the buffer of the other way, three times as fast
            return hashlib.sha256(start + (file.read() if start else b"")).hexdigest()
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


_SMALL = 1 << 18


def find_notebook(name: str) -> Path:
    """Return a notebook of this program (自带的笔记本): from those that come with it, and from nowhere else.

    A workbench elsewhere can come from anybody, so what stands in its ``notebooks/`` is never run.

    Raises:
        RequestError: There is none of that name, or the workbench holds another one under it.

    Example:
        >>> find_notebook("30_findings").name
        '30_findings.ipynb'
    """
    own = shipped_folder("notebooks") / f"{name}.ipynb"
    other = workbench() / "notebooks" / own.name
    if name != safe_name(name) or not own.is_file():
        raise RequestError(f"没有找到 {own.name}：只运行程序目录中的笔记本（{own.parent}），请检查名称")
    if other.is_file() and other.read_bytes() != own.read_bytes():
        raise RequestError(f"“{other}”与程序目录中的不同，不予运行：别处的笔记本只由本人打开；要改报告，请改 {own}")
    return own


def write_safely(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place, flush it and move it there, so that the old one stays until the new is whole."""
    beside = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        write(beside)
        flush(beside)
        os.replace(beside, path)
        flush(path.parent)
    except Exception as error:  # a library may wrap what the system says; the user knows the file by its own name
        said = error if isinstance(error, OSError) else next(iter(error.args), None)
        if isinstance(said, OSError) and said.errno is not None:
            raise OSError(said.errno, said.strerror, str(path)) from error
        raise
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def link_folder(link: Path, folder: Path) -> None:
    """Make a folder appear at another place (目录链接): a link, or a copy where links are not allowed."""
    try:
        link.symlink_to(folder, target_is_directory=True)
    except (OSError, NotImplementedError):
        shutil.copytree(folder, link)


def sweep(folder: Path) -> None:
    """Remove the files that killed runs were writing beside their places (清理); a living process keeps its own."""
    for path in folder.rglob(".*"):
        found = BESIDE.fullmatch(path.name)
        if found and path.is_file() and not processes.is_alive(int(found["process"])):
            path.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Put a file, or the names in a folder, on the disk (落盘)."""
    if path.is_dir():
        return processes.flush_folder(path)
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextlib.contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn a full disk or a folder that cannot be written into one sentence (写入失败说明).

    Raises:
        RequestError: With what the system says; what was stored before is untouched.
    """
    try:
        yield
    except OSError as error:
        raise RequestError(
            f"目录“{folder.name}”写入失败（{say_refused(error)}）；原有内容没有改动，请检查磁盘空间和写入权限后重新运行"
        ) from error


def safe_name(name: str, signs: int = 60) -> str:
    """Return a name for a file or folder that every system takes (安全文件名), Windows included.

    It holds no sign that leaves a folder or that a file system refuses, ends in neither dot nor space, is no name of a
    device, and is short.

    Args:
        name: Whatever it should say.
        signs: How many signs it may have; three times as many bytes at most.

    Example:
        >>> safe_name('../“甲/乙”*项目'), safe_name("con.txt"), safe_name("一个很长的名称", signs=4)
        ('_“甲_乙”_项目', '_con.txt', '一个很长')
    """
    plain = _REFUSED_SIGNS.sub("_", name).strip(" .")
    plain = f"_{plain}" if _RESERVED_NAME.fullmatch(plain) else plain
    return plain.encode("utf-8", "replace")[: 3 * signs].decode("utf-8", "ignore")[:signs].strip(" .") or "_"


def signs_for(folder: Path, *, names: int, besides: int) -> int:
    """Return how many signs each name below a folder may have, so that no path is too long for Windows (短路径).

    Args:
        folder: Where the names begin.
        names: How many names stand one below the other.
        besides: Signs of the path below the folder that are no part of them.

    Example:
        >>> signs_for(Path("/a"), names=3, besides=40), signs_for(Path("/" + "a" * 150), names=3, besides=40)
        (40, 16)
    """
    return max(_FEWEST_SIGNS, min(_MOST_SIGNS, (LONGEST_PATH - len(str(folder.absolute())) - besides) // names))


LONGEST_PATH = 240
"""Windows refuses paths of 260 signs; something is added to a name while a file is written."""
_FEWEST_SIGNS, _MOST_SIGNS = 10, 40
