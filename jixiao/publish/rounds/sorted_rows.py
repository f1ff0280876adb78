"""Rows that came back, sorted (辨认各行): whose they are, what they say, one sentence for the rest.

The same care for every workbook that units send back; the words and the column of the ids are each workbook's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Protocol, TypeVar

from jixiao.builds.journal import shown_path
from jixiao.builds.ledger import book
from jixiao.builds.ledger.archive import keep_file
from jixiao.core.errors import FormError, JixiaoError, nearest
from jixiao.core.files import checksum, refusal_of
from jixiao.publish.rounds.sent_books import Returned, Row, read_book

DIVIDER = re.compile(r"[;；、\n]+")
"""What stands between the names of files in a cell."""
_LISTED = 5


class Came(Protocol):
    """What one file gave (收到的): where its copy is kept, and a sentence for everything that was not read."""

    kept: str
    sentences: list[str]


C = TypeVar("C", bound=Came)


def receive_books(
    paths: Iterable[Path],
    made: Callable[[str], C],
    understand: Callable[[Returned, book.Ledger, C, Path], list[dict[str, Any]]],
    *,
    columns: Sequence[str],
    needed: Sequence[str],
    words: Mapping[str, Any],
    by: str,
) -> list[C]:
    """Keep workbooks that came back, and enter what they say into the ledger (收取), one after the other.

    Args:
        paths: The workbooks.
        made: Begins what one file gave, by its name.
        understand: Works out what the rows say, notes what is not read, and returns the events.
        columns: Those that are read.
        needed: Those without which nothing is.
        words: The sentences by name; ``absent`` is said of a file that is not there, ``folder`` of a folder.
        by: Who receives.
    """
    done = []
    for path in paths:
        came = made(path.name)
        done.append(came)
        if not path.is_file():
            came.sentences.append(words["folder" if path.is_dir() else "absent"].format(file=path.name))
            continue
        came.kept = shown_path(keep_file(path))
        try:
            returned = read_book(path, columns, needed)
        except JixiaoError as error:
            came.sentences.append(str(error))
            continue
        with book.writing(by) as writer:
            writer.write(understand(returned, writer.ledger, came, path))
    return done


@dataclass(frozen=True)
class Sorting:
    """How the rows of one file are told apart (辨认口径).

    ``key`` is the column of the ids, ``main`` the one that must be filled in, ``said`` all that say something;
    ``words`` are the sentences by name, ``sentences`` gets one for everything that is not read as it stands; ``called``
    says how a reader calls what an id stands for, where that is not the id.
    """

    file: str
    key: str
    main: str
    said: Sequence[str]
    words: Mapping[str, Any]
    sentences: list[str]
    called: Mapping[str, str] = field(default_factory=dict)

    def tell(self, kind: str, **told: Any) -> None:
        """Add a sentence."""
        if "id" in told:
            told["id"] = self.called.get(told["id"], told["id"])
        self.sentences.append(str(self.words[kind]).format(file=self.file, **told))

    def is_known(self, row: Row, known: Iterable[str], near: Iterable[str] = ()) -> bool:
        """Say whether the id of a row is a known one, and why not when it is not; the nearest is looked for in both."""
        name = row.texts.get(self.key, "")
        if self.key in row.shared:
            self.tell("merged_id", place=row.place)
        elif not name:
            if any(row.texts.get(one) for one in self.said):
                self.tell("no_id", place=row.place)
        elif name not in (every := frozenset(known)):
            like = [one for one in nearest(name, list(near) or every, 1) if _is_near(name, one)]
            self.tell("changed_id" if like else "strange_id", place=row.place, id=name, near=like[0] if like else "")
        else:
            return True
        return False

    def is_answer(self, row: Row, needed: Sequence[str]) -> bool:
        """Say whether one of the needed columns is filled in; a formula is told, one without a value is not read."""
        told = {"place": row.cells[self.main], "id": row.texts[self.key]}
        if row.formulas.get(self.main) == "uncalculated":
            self.tell("formula_blank", **told)
            return False
        if not any(row.texts.get(name) for name in needed):
            return False
        if row.formulas.get(self.main):
            self.tell("formula", **told, text=row.texts[self.main][:60])
        return True

    def once(self, rows: Sequence[Row]) -> list[Row]:
        """Return one row for each id; two different answers to one are both left."""
        groups: dict[str, list[Row]] = {}
        for row in rows:
            groups.setdefault(row.texts[self.key], []).append(row)
        chosen = []
        for name, (first, *others) in groups.items():
            different = [row for row in others if self._texts(row) != self._texts(first)]
            if different:
                self.tell("twice_other", id=name, place=different[0].place, other=first.place)
                continue
            chosen.append(first)
            if others:
                self.tell("twice_same", id=name, place=others[0].place)
        return chosen

    def _texts(self, row: Row) -> tuple[str, ...]:
        return tuple(row.texts.get(name, "") for name in self.said)

    def tell_shared(self, rows: Sequence[Row]) -> None:
        """Say which ids are answered by one merged cell."""
        shared = [row for row in rows if self.main in row.shared]
        for text in dict.fromkeys(row.texts[self.main] for row in shared):
            mine = [row for row in shared if row.texts[self.main] == text]
            ids = "、".join(row.texts[self.key] for row in mine)
            self.tell("merged", place=mine[0].cells[self.main], ids=ids)

    def tell_missing(
        self, returned: Returned, sent: Iterable[str], known: Sequence[Row], needed: Sequence[str]
    ) -> None:
        """Say which rows are no longer there, and which were not filled in."""
        there = {row.texts.get(self.key) for row in returned.rows}
        blank = [row for row in known if not row.formulas and not any(row.texts.get(name) for name in needed)]
        left = {
            "missing": [one for one in sent if one not in there],
            "empty": [row.texts[self.key] for row in blank],
        }
        for kind, ids in left.items():
            if every := list(dict.fromkeys(ids)):
                self.tell(kind, count=len(every), ids=self.listed(every))

    def listed(self, ids: Sequence[str]) -> str:
        """Return the first of some ids as a reader calls them."""
        shown = [self.called.get(one, one) for one in ids[:_LISTED]]
        return "、".join(shown) + ("…" if len(ids) > _LISTED else "")

    def tell_unseen(self, returned: Returned) -> None:
        """Say once for each kind what in the file was not read: pictures, hidden rows, notes."""
        kinds: dict[str, list[str]] = {}
        for place, reason in returned.remarks:
            kinds.setdefault(reason, []).append(place)
        told = {row.cells[name] for row in returned.rows for name in row.formulas}
        for reason, places in kinds.items():
            if left := [place for place in places if place not in told]:
                self.tell("unseen", places="、".join(left[:3]) + ("…" if len(left) > 3 else ""), reason=reason)


def _is_near(written: str, known: str) -> bool:
    """Say whether a written id can be a known one that was changed: most signs stand where they stood."""
    return SequenceMatcher(None, written, known).ratio() >= 0.75


def attached(names: str, folder: Path | None) -> list[dict[str, str]]:
    """Return the files that a cell names (所附文件), each with its hash when it came along; it is kept then.

    Args:
        names: As they were written, several divided.
        folder: Where they would stand; None when nothing came along.

    Returns:
        ``name``, ``sha256`` (empty when it did not come) and ``kept``, in the order of the cell; ``refused`` says what
        is wrong with a file that stands there and is not kept. :func:`tell_files` says it and takes it away.
    """
    found: list[dict[str, str]] = []
    for name in (part.strip() for part in DIVIDER.split(names) if part.strip()):
        plain = re.sub(r"（[0-9a-f]{8}）$", "", name)
        beside = folder / plain if folder is not None and plain == Path(plain).name else None
        if beside is None or not (beside.exists() or beside.is_symlink()):
            found.append({"name": name, "sha256": ""})
        elif wrong := _refusal(beside, folder):
            found.append({"name": plain, "sha256": "", "refused": wrong.parts["found"]})
        else:
            found.append({"name": plain, "sha256": checksum(beside), "kept": shown_path(keep_file(beside))})
    return found


def _refusal(path: Path, folder: Path | None) -> FormError | None:
    """Return why a file proves nothing: it leads out of the folder, is none that can be read, or holds nothing."""
    wrong = refusal_of(path, inside=folder)
    if wrong is None and not path.stat().st_size:
        return FormError(path.name, "是空文件（0字节）", "请改附有内容的文件")
    return wrong


def tell_files(files: Iterable[dict[str, str]], tell: Callable[..., None], **told: Any) -> None:
    """Say of each file that was named and is not kept why (未存档的佐证): it did not come, or it is none to keep."""
    for one in files:
        refused = one.pop("refused", "")
        if not one["sha256"]:
            tell("refused_file" if refused else "no_file", name=one["name"], found=refused, **told)
