"""What was read before (读取缓存): a file that did not change is not read again when a folder is built anew.

An entry is named by the content of the file, its name, the rules of reading, the limits in force and the code; it is
JSON lines behind a line with their signature. The key lies in the settings of the user, so an entry that was damaged,
or was written by somebody else, is noticed and the file is read again.
"""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from jixiao.core.errors import JixiaoError
from jixiao.core.files import checksum, explained, open_file, sized_checksum
from jixiao.core.hashes import code_hash, hash_of, rule_hashes
from jixiao.core.kept import LARGEST_KEPT, signer
from jixiao.reading.files import load_limits
from jixiao.reading.forms.records import Reading
from jixiao.reading.forms.teaching import lessons_folder
from jixiao.reading.workers import read_files, reading_from_json, reading_to_json

FOLDER = "readings"
RULES_OF_READING = (
    "documents.yaml",
    "forms/",
    "headers.yaml",
    "limits.yaml",
    "reading.yaml",
    "signs.yaml",
    "values.yaml",
    "vocabulary.yaml",
)
"""The rules that decide what is read from a file; the others only decide what is made of it."""


class Readings:
    """Reads files as :func:`jixiao.reading.workers.read_files` does, and only those that changed.

    ``fresh`` counts the files that were read, ``known`` those that were not.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        rules = {name: value for name, value in rule_hashes().items() if name.startswith(RULES_OF_READING)}
        taught = [path for path in sorted(lessons_folder().glob("*.yaml")) if path.is_file()]
        lessons = [sized_checksum(path, largest=load_limits().file_bytes) for path in taught]
        self._setting = hash_of([rules, code_hash(), load_limits().model_dump(), lessons])
        self.fresh = self.known = 0

    def __call__(self, files: Sequence[tuple[Path, str]]) -> Iterator[list[Reading] | JixiaoError]:
        """Yield the readings of each file in the order given, or the error that explains why there are none."""
        with explained(self._folder.parent):
            self._folder.mkdir(exist_ok=True)
        entries = [self._folder / f"{hash_of([checksum(path), name, self._setting])}.jsonl" for path, name in files]
        is_known = [is_whole_reading(entry) for entry in entries]
        fresh = read_files([file for file, known in zip(files, is_known, strict=True) if not known])
        for entry, known in zip(entries, is_known, strict=True):
            if known:
                self.known += 1
                yield _load(entry)
                continue
            self.fresh += 1
            found = next(fresh)
            if not isinstance(found, JixiaoError):  # a file that could not be read may be read another time
                with explained(self._folder.parent):
                    _keep(entry, found)
            yield found
        for path in {*self._folder.iterdir()} - {*entries}:
            path.unlink()


def is_whole_reading(entry: Path) -> bool:
    """Say whether this user of this machine wrote an entry as it is (读取缓存是否可信); one that came along is not."""
    try:
        with open_file(entry) as file:
            if os.fstat(file.fileno()).st_size > LARGEST_KEPT:
                return False
            head = file.readline(_HEAD)
            sign = signer(entry.stem)
            while part := file.read(1_000_000):
                sign.update(part)
    except OSError:
        return False
    return hmac.compare_digest(head, sign.hexdigest().encode() + b"\n")


def _load(entry: Path) -> list[Reading]:
    with open_file(entry) as file:
        _, *lines = file.read().splitlines()
    return [reading_from_json(json.loads(line)) for line in lines]


def _keep(entry: Path, readings: list[Reading]) -> None:
    lines = (json.dumps(reading_to_json(reading)) + "\n" for reading in readings)  # ASCII: one line is one line
    body = "".join(lines).encode()
    sign = signer(entry.stem)
    sign.update(body)
    beside = entry.with_name(f".{os.getpid()}.{entry.name}")
    beside.write_bytes(sign.hexdigest().encode() + b"\n" + body)
    os.replace(beside, entry)


_HEAD = 65
"""Bytes of the line with the signature."""
