"""Folders and files (目录与文件): where the data are, and how a file is written so that a killed run harms nothing."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import shutil
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from io import BufferedReader
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


def settings_folder() -> Path:
    """Return where the settings of this user are kept (个人设置目录), apart from any data."""
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return home / "jixiao"


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


def place_name(place: Path) -> str:
    """Return a place of data as a reader knows it (数据位置): below the folder to work in, else by its last name.

    Example:
        >>> place_name(workbench() / "data" / "sample"), place_name(Path("/elsewhere/2024"))
        ('data/sample', '2024')
    """
    home = workbench()
    return place.relative_to(home).as_posix() if place.is_relative_to(home) else place.name


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

    Those that are not read are left out; :func:`list_unusable` names them.

    Raises:
        JixiaoError: The folder does not exist, or one in it cannot be looked into.
    """
    return list_received(folder)[0]


def list_unusable(folder: Path) -> list[FormError]:
    """Return why files are not read that nobody may open, that are no files, or that lie elsewhere (不能读取的文件)."""
    return list_received(folder)[1]


def list_received(folder: Path) -> tuple[list[Path], list[FormError]]:
    """Return what :func:`list_forms` and :func:`list_unusable` give, looking into the folder once."""
    usable, refused = [], []
    for path in _forms_in(folder):
        if path.name.lower().endswith(NOTES):  # is no form; what keeps everybody waiting is named all the same
            if (path.is_symlink() or not path.is_dir()) and (error := _refusal(path, None, folder)):
                refused.append(error)
        elif error := _refusal(path, folder, folder):
            refused.append(error)
        else:
            usable.append(path)
    return usable, refused


def refusal_of(path: Path, *, folder: Path | None = None, inside: Path | None = None) -> FormError | None:
    """Return why one file is not read, None when it is (不能读取的原因); a link may lead anywhere.

    Args:
        path: The file.
        folder: It is named from there.
        inside: A folder that a link must not leave; anywhere when None.
    """
    return _refusal(path, inside, folder)


def _refusal(path: Path, inside: Path | None, named: Path | None) -> FormError | None:
    """Return what is wrong with a file, if anything.

    Args:
        path: The file.
        inside: The folder that a link must not leave, if any.
        named: The folder from which the file is named, if any.
    """
    is_link, is_file = path.is_symlink(), path.is_file()
    size = path.stat().st_size if is_file else 0
    if is_file and not is_link and size <= LARGEST_FILE and os.access(path, os.R_OK):
        return None
    name = plain_name(os.path.relpath(path, named) if named else str(path))
    ends = Path(os.path.realpath(path))  # which a circle of links does not end
    if inside is not None and is_link and not ends.is_relative_to(inside.resolve()):
        return FormError(name, "是指向数据目录之外的链接", "请把文件或目录本身放入数据目录")
    if path.is_dir():
        return FormError(name, "是目录，不是文件", "请把其中的文件本身放入")
    if not is_file:
        return FormError(name, "不是普通文件（管道、设备或失效的链接）", "请移走，或换成文件本身")
    if not os.access(path, os.R_OK):
        return FormError(name, "没有读取权限", "请改为可读后再放入")
    if size > LARGEST_FILE:
        return FormError(
            name, f"文件有{size / 1_000_000:.0f}MB", f"上限为{LARGEST_FILE / 1_000_000:g}MB，请拆分后再放入"
        )
    return None


LARGEST_FILE = 1_000_000_000
"""Bytes beyond which a file is not even summed up; what is read is far less, see ``limits.yaml``."""


def plain_name(name: str) -> str:
    r"""Return a name of a file as it can be shown and kept (可显示的文件名): what cannot be seen as its code.

    A name that is no UTF-8 is read as GB18030, in which old archives and disks keep names, if it can be.

    Example:
        >>> plain_name("2024/甲.xlsx"), plain_name("甲\x1b[31m\n.xlsx")
        ('2024/甲.xlsx', '甲\\x1b[31m\\x0a.xlsx')
        >>> plain_name(os.fsdecode("甲表".encode("gb18030")))
        '甲表'
    """
    if any("\udc80" <= sign <= "\udcff" for sign in name):
        with contextlib.suppress(UnicodeError):
            read = os.fsencode(name).decode("gb18030")
            name = read if all(sign.isprintable() for sign in read) else name
    return "".join(_code_of(sign) if unicodedata.category(sign) in _UNSEEN else sign for sign in name)


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def _code_of(sign: str) -> str:
    number = ord(sign)
    if 0xDC80 <= number <= 0xDCFF:  # a byte that was no sign
        number -= 0xDC00
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def form_names(folder: Path, paths: Iterable[Path]) -> dict[Path, str]:
    """Return by what name each file of a data folder goes (登记的文件名): no two by the same, and each can be shown.

    Example:
        >>> list(form_names(Path("a"), [Path("a/2024/x.xlsx")]).values())
        ['2024/x.xlsx']
    """
    named: dict[Path, str] = {}
    taken: set[str] = set()
    for path in paths:
        raw = path.relative_to(folder).as_posix()
        name = plain_name(raw)
        if name in taken:
            name += f"~{hashlib.sha256(os.fsencode(raw)).hexdigest()[:6]}"
        taken.add(name)
        named[path] = name
    return named


def _forms_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise JixiaoError(f"数据目录“{folder}”不存在，请检查路径，或把收到的表格放入 data/source/<年度>/")
    return sorted((Path(path) for path in _walk(str(folder))), key=lambda path: path.parts)


def _walk(folder: str) -> Iterator[str]:
    """Yield what lies below a folder and somebody may have sent; a folder behind a link is not entered, but named."""
    if not os.access(folder, os.R_OK | os.X_OK):
        raise JixiaoError(f"数据目录“{folder}”没有读取权限，其中的文件不能读取；请改为可读后再运行")
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path)
            elif not entry.name.startswith(("~$", ".")):
                name = entry.name.lower()
                if name not in LEFT_BEHIND:
                    yield entry.path


def open_file(path: Path, *, buffering: int = -1) -> BufferedReader:
    """Open an ordinary file for reading (打开普通文件), and nothing that would make one wait or never end.

    Raises:
        OSError: It is a pipe, a device or a folder, or cannot be opened.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "不是普通文件", str(path))
        return os.fdopen(handle, "rb", buffering=buffering)  # type: ignore[return-value]  # without one it reads as well
    except BaseException:
        os.close(handle)
        raise


def checksum(path: Path) -> str:
    """Return the SHA-256 of an ordinary file (校验码), as manifest.yaml keeps it; a large file is never held whole.

    Raises:
        OSError: As for :func:`open_file`.
    """
    with open_file(path, buffering=0) as file:
        start = file.read(_SMALL)
        if len(start) < _SMALL:  # most files: without the buffer of the other way, three times as fast
            return hashlib.sha256(start + (file.read() if start else b"")).hexdigest()
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()


_SMALL = 1 << 18


def sized_checksum(path: Path, *, largest: int) -> str:
    """Return the SHA-256 of a file, or its size alone when it is larger than anything that is read (限大小的校验码).

    Args:
        path: An ordinary file.
        largest: Bytes beyond which it is not looked into: whoever would read it refuses it by its size.

    Raises:
        OSError: As for :func:`open_file`.

    Example:
        >>> sized_checksum(Path(__file__), largest=10).endswith(" bytes")
        True
    """
    size = path.stat().st_size
    return checksum(path) if size <= largest else f"{size} bytes"


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
