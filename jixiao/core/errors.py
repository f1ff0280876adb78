"""The few exceptions of jixiao, each with its Chinese message template.

A user can cause every one of them, so each message says where, what was found, what is expected and what to do.
Bad data never raises: it becomes a finding. Only a bad form, a bad rule or a bad request is an error.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import SequenceMatcher
from heapq import nlargest

FILE_START = "（文件开头）"
"""Where a mistake about a whole rule file is said to stand."""


MOST_MISTAKES, LONGEST_MISTAKE = 50, 400
"""How much of a wrong rule file is said at once."""


_REFUSED = {
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "磁盘是只读的",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "磁盘已满",
    errno.ENOENT: "没有这个文件或目录",
    errno.EEXIST: "已有同名文件",
    errno.ENOTDIR: "路径中有一段不是目录",
    errno.EISDIR: "这是目录，不是文件",
    errno.ENAMETOOLONG: "名称过长",
}


def say_refused(error: OSError) -> str:
    """Say in Chinese why a file could not be read or written (读写失败的原因).

    Example:
        >>> say_refused(OSError(28, "No space left on device"))
        '磁盘已满'
    """
    return _REFUSED.get(error.errno or 0, error.strerror or type(error).__name__)


MOST_NAMED, LONGEST_NAME = 5, 60
"""How many names a sentence proposes, and how many signs of each it prints."""


def nearest(wanted: object, known: Iterable[object], most: int = MOST_NAMED) -> list[str]:
    """Return the known names that are nearest to a wanted one (最接近的名称), the nearest first; years by distance.

    Example:
        >>> nearest("村路养护", ["示例助学金发放项目", "示例农村公路养护项目"], 1), nearest(2030, [2021, 2024], 1)
        (['示例农村公路养护项目'], ['2024'])
    """
    names = list(dict.fromkeys(str(name) for name in known if str(name)))
    text = str(wanted)
    if text.isdigit() and all(name.isdigit() for name in names):
        return sorted(names, key=lambda name: (abs(int(name) - int(text)), name))[:most]
    signs = set(text)
    likely = nlargest(most * 10, names, key=lambda name: len(signs & set(name)) / (len(signs | set(name)) or 1))
    return sorted(likely, key=lambda name: -SequenceMatcher(None, text, name).ratio() - (text in name))[:most]


def say_nearest(wanted: object, known: Iterable[object]) -> str:
    """Say which known names are nearest to a wanted one (最接近的名称), in few words however many there are.

    Example:
        >>> say_nearest("示例局", ["示例市教育局", "示例市交通局"])
        '最接近的：示例市教育局、示例市交通局'
        >>> say_nearest(2030, [])
        '现有：无'
    """
    names = list(dict.fromkeys(str(name) for name in known if str(name)))
    if not names:
        return "现有：无"
    listed = "、".join(brief(name) for name in nearest(wanted, names))
    return f"最接近的：{listed}" + (f"（共{len(names)}个）" if len(names) > MOST_NAMED else "")


def brief(text: object) -> str:
    """Return a text as a sentence can hold it (截短).

    Example:
        >>> brief("甲" * 99) == "甲" * 59 + "…"
        True
    """
    whole = str(text)
    return whole if len(whole) <= LONGEST_NAME else whole[: LONGEST_NAME - 1] + "…"


class JixiaoError(Exception):
    """Base of every error that is shown to a user as one Chinese sentence.

    Example:
        >>> str(JixiaoError("数据目录不存在"))
        '数据目录不存在'
    """


class DeclarationError(JixiaoError):
    """A declaration (规则文件) is wrong; carries every mistake of the file at once.

    Example:
        >>> print(DeclarationError("a.yaml", ["id：缺少该项，请补充"]))
        规则文件 a.yaml 有 1 处错误：
          1. id：缺少该项，请补充
    """

    def __init__(self, file: str, mistakes: Iterable[str]) -> None:
        self.file = file
        self.mistakes = list(mistakes)
        lines = [f"规则文件 {file} 有 {len(self.mistakes)} 处错误："]
        shown = self.mistakes[:MOST_MISTAKES]
        lines += [f"  {number}. {text[:LONGEST_MISTAKE]}" for number, text in enumerate(shown, 1)]
        if len(shown) < len(self.mistakes):
            lines.append(f"  另有 {len(self.mistakes) - len(shown)} 处，请先改正以上各处")
        super().__init__("\n".join(lines))


class FormError(JixiaoError):
    """A file is not a form that can be read (表格无法读取)."""

    def __init__(self, file: str, found: str, expected: str, *, place: str = "") -> None:
        self.file = file
        self.parts = {"file": file, "found": found, "expected": expected, "place": place}
        where = f"文件“{file}”" + (f"（{place}）" if place else "")
        super().__init__(f"{where}：{found}；{expected}。")


class StoppedError(FormError):
    """Reading a file was stopped (读取中止): too long, too much memory; another time it may be read."""


class NoEvaluationError(FormError):
    """A scoring table that does not say who evaluated (没有写明评价类型)."""


class EmptyFormError(FormError):
    """A form without any value below its header (空白模板)."""


class AnotherKindError(FormError):
    """A form is of a kind that is not read yet (不能读取的表种); it is never read as another kind."""


class NoTableError(FormError):
    """A file holds no table of which anything is understood (没有可识别的表)."""


class ProofError(FormError):
    """A form that was written (写出的表) would not be read back as what was to be written; it is not kept."""

    def __init__(self, file: str, found: str) -> None:
        super().__init__(
            file, f"写出的表读回后与原数据不一致：{found}", "没有保存；请检查该处内容是否与表头用词相同，或填写不完整"
        )


class ReadingErrors(JixiaoError):
    """Some files of a folder could not be read (部分文件无法读取); the others were."""

    def __init__(self, errors: Iterable[JixiaoError]) -> None:
        self.errors = list(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


class KeyConflictError(JixiaoError):
    """The same project, year and evaluation arrived twice (重复报送)."""

    def __init__(self, what: str, places: Iterable[tuple[str, str]]) -> None:
        found = list(dict.fromkeys(places))
        self.files = frozenset(file for file, _ in found)
        listed = "；".join(f"{file}（{sheet}）" for file, sheet in found)
        super().__init__(
            f"{what}重复：{listed}；每个项目每年每类评价应只有一份，内容不同的都不采用；"
            "请删除其中一份，或在 corrections.yaml 中登记以哪份为准（action: supersede）。"
        )


class CorrectionError(JixiaoError):
    """A correction (更正) in data/corrections.yaml no longer matches what the file prints."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        every = [text[:LONGEST_MISTAKE] for text in mistakes]
        more = f"；另有{len(every) - MOST_MISTAKES}处，请先改正以上各处" if len(every) > MOST_MISTAKES else ""
        shown = "；".join(every[:MOST_MISTAKES])
        super().__init__(f"更正清单 corrections.yaml 与原始文件不符：{shown}{more}。请核对后修改更正清单。")


class RequestError(JixiaoError):
    """A request (命令或参数) cannot be met as it was typed."""


@contextmanager
def tell() -> Iterator[None]:
    """Say why a request cannot be met as its sentence, and go on (有话直说), for notebooks that serve every place.

    Example:
        >>> with tell():
        ...     raise RequestError("只有一个年度，无法比较")
        只有一个年度，无法比较
    """
    try:
        yield
    except RequestError as error:
        print(error)
