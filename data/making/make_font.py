"""Write the font of every painted chart: a part of Noto Sans CJK SC that holds what Chinese texts about money need.

    python data/making/make_font.py            write the font, its licence and the list of general characters
    python data/making/make_font.py --check    say whether they are what would be written (exit 1 when not)

It needs Debian's packages ``fonts-noto-cjk`` (the whole font, SIL Open Font License 1.1) and ``unicode-data`` (the
Unihan database: its field kTGH is the 通用规范汉字表 of 2013, others name the traditional forms). The part
bears another name, so that nobody takes it for the whole.
"""

import argparse
import bz2
import re
import sys
import tempfile
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "jixiao" / "show" / "assets"
LIST = Path(__file__).with_name("general_characters.txt")
WHOLE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
FACE = "Noto Sans CJK SC"
TERMS = Path("/usr/share/doc/fonts-noto-cjk/copyright")
DATABASE = Path("/usr/share/unicode/Unihan_OtherMappings.txt.bz2")
VARIANTS = DATABASE.with_name("Unihan_Variants.txt.bz2")

FAMILY, FILE = "Jixiao Sans SC", "JixiaoSansSC-Regular.otf"
SIGNS = (
    (0x20, 0x7E),  # Latin letters, digits
    (0xA0, 0x17F),  # Latin letters with accents, signs
    (0x2B9, 0x2DD),
    (0x370, 0x3FF),  # Greek
    (0x400, 0x45F),  # Cyrillic
    (0x2000, 0x206F),  # punctuation, such as dashes, quotation marks and the per mille sign
    (0x2070, 0x209C),  # raised and lowered digits, as in m² and 10⁴
    (0x20A0, 0x20BF),  # money
    (0x2100, 0x218B),  # units such as ℃ and №, Roman numerals, fractions
    (0x2190, 0x21FF),  # arrows
    (0x2200, 0x22FF),  # ≤ ≥ ≠ ≈ ∑
    (0x2300, 0x23FF),
    (0x2460, 0x24FF),  # ① to ⑳
    (0x2500, 0x257F),
    (0x2580, 0x25FF),  # bars, circles, triangles
    (0x2600, 0x26FF),
    (0x2700, 0x27BF),  # ✓ ✗
    (0x3000, 0x303F),  # Chinese punctuation
    (0x3041, 0x30FF),
    (0x3100, 0x312F),
    (0x3200, 0x33FF),  # ㈠, ㎡, ㎏
    (0xFE10, 0xFE6F),
    (0xFF00, 0xFFEF),  # full-width signs
)
"""Ranges of signs; what the whole font lacks of them is left out."""


OTHERS = "啓裏滙龥"
"""Forms that the reader knows and the lists above lack."""


def general_characters() -> str:
    """Return the 8,105 general characters (通用规范汉字) in their official order, from the Unihan database."""
    found = {}
    for match in re.finditer(r"^U\+([0-9A-F]+)\tkTGH\t2013:(\d+)$", text_of(DATABASE), re.MULTILINE):
        found[int(match[2])] = chr(int(match[1], 16))
    assert sorted(found) == list(range(1, 8106)), "the database does not hold the 8,105 characters"
    return "".join(found[number] for number in sorted(found))


def text_of(path: Path) -> str:
    """Return a file of the Unihan database."""
    return bz2.decompress(path.read_bytes()).decode("utf-8")


def traditional(characters: str) -> set[int]:
    """Return the other forms of characters (繁体字、异体字), by the database: some units write them."""
    found = set()
    for code, kind, forms in re.findall(r"^U\+([0-9A-F]+)\tk(\w+)Variant\t(.+)$", text_of(VARIANTS), re.MULTILINE):
        one, others = int(code, 16), {int(form.split("<")[0].removeprefix("U+"), 16) for form in forms.split()}
        if kind in {"Traditional", "Semantic", "Z"} and chr(one) in characters:
            found |= others
        elif kind == "Simplified" and any(chr(other) in characters for other in others):
            found.add(one)
    return found


def listed(characters: str) -> str:
    """Return the characters as the text of a file, fifty to a line."""
    rows = [characters[at : at + 50] for at in range(0, len(characters), 50)]
    return (
        "# 通用规范汉字表（2013）8105 字，按表内序号；取自 Unicode 汉字数据库 Unihan 的 kTGH 字段\n"
        + "\n".join(rows)
        + "\n"
    )


def coded(code: str, first: int, last: int) -> set[int]:
    """Return every character of a two-byte code between two first bytes."""
    pairs = (bytes((high, low)) for high in range(first, last + 1) for low in range(0x40, 0xFF))
    return {ord(sign) for pair in pairs for sign in pair.decode(code, "ignore") if ord(sign) > 0x7F}


def make(path: Path, characters: str) -> None:
    """Write the part of the font."""
    wanted = (
        coded("gb2312", 0xA1, 0xF7)
        | coded("big5", 0xA4, 0xC6)
        | {ord(sign) for sign in characters}
        | traditional(characters)
        | {ord(sign) for sign in OTHERS}
        | {at for low, high in SIGNS for at in range(low, high + 1)}
    )
    font = next(font for font in TTCollection(WHOLE, lazy=True).fonts if font["name"].getDebugName(4) == FACE)
    options = Options(
        layout_features=[], hinting=False, notdef_outline=True, name_IDs=["*"], name_languages=[0x409], drop_tables=[]
    )
    options.drop_tables += ["BASE", "GPOS", "GSUB", "GDEF", "VORG", "vhea", "vmtx", "DSIG", "STAT"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    version = font["name"].getDebugName(5).split(";")[0]
    notice = font["name"].getDebugName(0)
    names = {
        0: f"{notice} A part of {FACE} {version}, renamed.",
        1: FAMILY,
        2: "Regular",
        3: f"{FAMILY} Regular; part of {FACE} {version}",
        4: FAMILY,
        5: version,
        6: FILE.removesuffix(".otf"),
        13: font["name"].getDebugName(13),
        14: font["name"].getDebugName(14),
    }
    font["name"].names = []
    for number, text in names.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    table = font["CFF "].cff
    table.fontNames[0] = names[6]
    top = table.topDictIndex[0]
    top.FullName, top.FamilyName, top.Notice = FAMILY, FAMILY, names[0]
    font["head"].modified = font["head"].created  # the same bytes whenever it is made
    font.recalcTimestamp = False
    font.save(path)


def licence() -> str:
    """Return the licence of the font with its notice, as Debian prints it."""
    text = TERMS.read_text(encoding="utf-8")
    start = text.index("License: SIL-1.1\n -----")
    lines = text[start:].split("\n\n")[0].splitlines()[1:]
    body = "\n".join("" if line == " ." else line[1:] for line in lines)
    notice = TTFont(WHOLE, fontNumber=0, lazy=True)["name"].getDebugName(0)
    return (
        f"{notice}\n\n{FILE} is a part of {FACE} under another name, made by data/making/make_font.py.\n"
        f"This Font Software is licensed under the SIL Open Font License, Version 1.1.\n\n{body}\n"
    )


def main() -> int:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    missing = [str(path) for path in (WHOLE, TERMS, DATABASE, VARIANTS) if not path.is_file()]
    asked = parser.parse_args()
    if missing:
        print(f"missing: {', '.join(missing)} (Debian: fonts-noto-cjk unicode-data)", file=sys.stderr)
        return 2
    characters = general_characters()
    with tempfile.TemporaryDirectory() as made:
        part = Path(made) / FILE
        make(part, characters)
        files = {
            ASSETS / FILE: part.read_bytes(),
            ASSETS / "OFL.txt": licence().encode(),
            LIST: listed(characters).encode(),
        }
    if asked.check:
        wrong = [path.name for path, content in files.items() if not path.is_file() or path.read_bytes() != content]
        print("\n".join(wrong) or "as made")
        return bool(wrong)
    ASSETS.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        path.write_bytes(content)
        print(f"{path.relative_to(ROOT)} {len(content):,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
