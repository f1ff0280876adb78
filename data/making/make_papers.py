"""Write the Word templates of jixiao/publish/papers/assets from paper_texts.yaml, in the style of official documents.

    python data/making/make_papers.py            rewrite the templates
    python data/making/make_papers.py --check    list the templates that differ from what would be made (exit 1)

The page and the sizes follow GB/T 9704—2012 (公文格式): A4, margins 37 35 28 26 mm, body 仿宋 16 pt, 22 lines a page.
"""

import argparse
import re
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from jixiao.publish.papers.filled_templates import canonical

ROOT = Path(__file__).resolve().parents[2]
TEXTS = Path(__file__).with_name("paper_texts.yaml")
TEMPLATES = ROOT / "jixiao" / "publish" / "papers" / "assets"

SONG, HEI, KAI, FANG, TITLE, LATIN = "宋体", "黑体", "楷体", "仿宋", "方正小标宋简体", "Times New Roman"
OTHER_NAMES = {
    TITLE: "方正小标宋_GBK,华文中宋,宋体,SimSun,Noto Serif CJK SC",
    FANG: "仿宋_GB2312,FangSong,FangSong_GB2312,华文仿宋,Noto Serif CJK SC",
    KAI: "楷体_GB2312,KaiTi,KaiTi_GB2312,华文楷体,Noto Serif CJK SC",
    HEI: "SimHei,华文细黑,Noto Sans CJK SC",
    SONG: "SimSun,华文宋体,Noto Serif CJK SC",
}
"""What stands in for a font that is not installed, tried in order."""

LINE = 'w:line="578" w:lineRule="exact"'  # 28.9 pt: 22 lines on a page
WIDE = 'w:line="640" w:lineRule="exact"'
OWN = 'w:line="240" w:lineRule="auto"'
PORTRAIT, LANDSCAPE = 8845, 13776  # width of the text, in twentieths of a point
MM = 56.693


def fonts(east: str, size: float, extra: str = "") -> str:
    half = round(size * 2)
    return (
        f'<w:rPr><w:rFonts w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:eastAsia="{east}" w:cs="{LATIN}"/>{extra}'
        f'<w:sz w:val="{half}"/><w:szCs w:val="{half}"/></w:rPr>'
    )


def style(name: str, shown: str, paragraph: str, run: str, *, based: str = "Normal") -> str:
    parent = f'<w:basedOn w:val="{based}"/>' if name != "Normal" else ""
    default = ' w:default="1"' if name == "Normal" else ""
    return (
        f'<w:style {nsdecls("w")} w:type="paragraph"{default} w:styleId="{name}"><w:name w:val="{shown}"/>{parent}'
        f"<w:qFormat/><w:pPr>{paragraph}</w:pPr>{run}</w:style>"
    )


def heading(level: int, east: str, extra: str = "") -> str:
    look = (
        f'<w:keepNext/><w:keepLines/><w:numPr><w:ilvl w:val="{level - 1}"/><w:numId w:val="1"/></w:numPr>'
        f'<w:outlineLvl w:val="{level - 1}"/>'
    )
    return style(f"Heading{level}", f"heading {level}", look, fonts(east, 16, extra))


FLAT = '<w:ind w:firstLine="0" w:firstLineChars="0"/>'
CENTRE, LEFT, RIGHT = (f'<w:jc w:val="{side}"/>' for side in ("center", "left", "right"))


def spacing(line: str, before: int = 0, after: int = 0) -> str:
    return f'<w:spacing w:before="{before}" w:after="{after}" {line}/>'


STYLES = [
    style(
        "Normal",
        "Normal",
        f'<w:widowControl w:val="0"/><w:wordWrap w:val="0"/><w:snapToGrid w:val="0"/>{spacing(LINE)}'
        '<w:ind w:firstLine="640" w:firstLineChars="200"/><w:jc w:val="both"/>',
        fonts(FANG, 16),
    ),
    style(
        "Title",
        "Title",
        f"<w:keepNext/>{spacing(WIDE, 0, 200)}{FLAT}{CENTRE}",
        fonts(TITLE, 22),
    ),
    style("Under", "题下说明", f"{spacing(LINE, 0, 200)}{FLAT}{CENTRE}", fonts(KAI, 16)),
    heading(1, HEI),
    heading(2, KAI),
    heading(3, FANG, "<w:b/>"),
    style(
        "Item",
        "条目",
        '<w:numPr><w:ilvl w:val="3"/><w:numId w:val="1"/></w:numPr><w:jc w:val="left"/>',
        fonts(FANG, 16),
    ),
    style("AsHeading2", "文中二级标题", "<w:keepNext/>", fonts(KAI, 16)),
    style("AsHeading3", "文中三级标题", "<w:keepNext/>", fonts(FANG, 16, "<w:b/>")),
    style("Salutation", "称谓", f"{FLAT}{LEFT}", ""),
    style("Attachment", "附件", f"<w:keepNext/>{FLAT}{LEFT}", fonts(HEI, 16)),
    style("AttachmentNew", "附件另页", "<w:pageBreakBefore/>", "", based="Attachment"),
    style("Caption", "caption", f"<w:keepNext/>{spacing(OWN, 160, 80)}{FLAT}{CENTRE}", fonts(HEI, 12)),
    style("PictureCaption", "图题", f'<w:keepNext w:val="0"/>{spacing(OWN, 60, 200)}', "", based="Caption"),
    style("Picture", "图", f"<w:keepNext/>{spacing(OWN, 160, 0)}{FLAT}{CENTRE}", ""),
    style("TableHead", "表头", f"<w:keepNext/>{spacing(OWN, 40, 40)}{FLAT}{CENTRE}", fonts(HEI, 10.5)),
    style("TableText", "表文", f"{spacing(OWN, 20, 20)}{FLAT}{CENTRE}", fonts(SONG, 10.5)),
    style("TableLeft", "表文左", LEFT, "", based="TableText"),
    style("Note", "表注", f"{spacing(OWN, 80, 0)}{FLAT}{LEFT}", fonts(SONG, 10.5)),
    style("Signature", "落款", f'<w:ind w:firstLine="0" w:firstLineChars="0" w:right="640"/>{RIGHT}', ""),
    style("Footer", "footer", f"{spacing(OWN)}{FLAT}", fonts(SONG, 14)),
    f'<w:style {nsdecls("w")} w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/>'
    '<w:tblPr><w:tblInd w:w="0" w:type="dxa"/></w:tblPr></w:style>',
]
NAMED = {
    **{"title": "Title", "under": "Under", "h0": "Attachment", "h0_new": "AttachmentNew", "h1": "Heading1"},
    **{"h2": "Heading2", "h3": "Heading3", "item": "Item", "p": "Normal", "note": "Note", "right": "Signature"},
    **{"left": "Salutation", "as_h2": "AsHeading2", "as_h3": "AsHeading3", "as_caption": "Caption"},
}

LEVELS = [
    ("chineseCountingThousand", "%1、"),
    ("chineseCountingThousand", "（%2）"),
    ("decimal", "%3."),
    ("decimal", "%4."),
]


def numbering() -> str:
    """The numbers of the four levels (一、（一）1.), kept by Word itself."""
    linked = ["Heading1", "Heading2", "Heading3", "Item"]
    levels = "".join(
        f'<w:lvl w:ilvl="{number}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:pStyle w:val="{linked[number]}"/>'
        f'<w:suff w:val="nothing"/><w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/>'
        '<w:pPr><w:ind w:left="0" w:firstLine="640" w:firstLineChars="200"/></w:pPr></w:lvl>'
        for number, (kind, text) in enumerate(LEVELS)
    )
    return (
        f'<w:numbering {nsdecls("w")}><w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="multilevel"/>{levels}'
        '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{escaped(text)}</w:t></w:r>' if text else ""


def field(instruction: str, shown: str = "1") -> str:
    return f'<w:fldSimple w:instr=" {instruction} "><w:r><w:t>{shown}</w:t></w:r></w:fldSimple>'


def inline(text: str) -> str:
    """Runs of a text; [[name]] becomes a reference to a caption."""
    parts = re.split(r"\[\[(\w+)\]\]", text)
    return "".join(run(part) if number % 2 == 0 else field(f"REF {part} \\h") for number, part in enumerate(parts))


def paragraph(name: str, inside: str) -> str:
    return f'<w:p {nsdecls("w")}><w:pPr><w:pStyle w:val="{name}"/></w:pPr>{inside}</w:p>'


def said_lines(place: str) -> list[dict[str, Any]]:
    """The lines that print what the unit wrote at a place of the outline, each paragraph as it looks there."""
    looks = [("h2", "as_h2"), ("h3", "as_h3"), ("caption", "as_caption"), ("numbered_caption", "as_numbered")]
    looks.append(("see_scores", "see_scores"))
    text = "{{ passage.text }}"
    lines: list[dict[str, Any]] = [{"tag": f"for passage in said.{place}"}]
    for number, (look, kind) in enumerate(looks):
        lines += [{"tag": f'{"elif" if number else "if"} passage.look == "{look}"'}, {kind: text}]
    return [*lines, {"tag": "else"}, {"p": text}, {"tag": "endif"}, {"tag": "endfor"}]


class Writer:
    """The body of one template."""

    def __init__(self, texts: dict[str, Any]) -> None:
        self.texts = texts
        self.parts: list[str] = []
        self.bookmarks = 0
        self.width = PORTRAIT

    def write(self, lines: list[dict[str, Any]]) -> None:
        for line in lines:
            ((kind, content),) = line.items()
            if kind == "block":
                self.write(self.texts["blocks"][content])
            elif kind == "said":
                self.write(said_lines(content))
            elif kind == "tag":
                self.parts.append(paragraph("Normal", run(f"{{%p {content} %}}")))
            elif kind == "picture":
                self.parts.append(paragraph("Picture", run(f"{{{{ {content} }}}}")))
            elif kind.startswith("caption_"):
                self.parts.append(self.caption(*kind.split("_")[1:], *next(iter(content.items()))))
            elif kind == "see_scores":
                self.parts.append(paragraph("Normal", inline(self.texts["see_scores"])))
            elif kind == "as_numbered":
                number = field("SEQ 表 \\* ARABIC")
                self.parts.append(paragraph("Caption", run("表") + number + run("　" + content)))
            elif kind == "table":
                self.parts.append(self.table(self.texts["tables"][content]))
            elif kind == "landscape":
                self.parts.append(section(is_wide=False, ends_here=True))
                self.width = LANDSCAPE
            else:
                self.parts.append(paragraph(NAMED[kind], inline(content)))

    def caption(self, kind: str, name: str, text: str) -> str:
        self.bookmarks += 1
        word, look = {"table": ("表", "Caption"), "figure": ("图", "PictureCaption")}[kind]
        number = field(f"SEQ {word} \\* ARABIC")
        mark = f'<w:bookmarkStart w:id="{self.bookmarks}" w:name="{name}"/>'
        return paragraph(
            look, f'{mark}{run(word)}{number}<w:bookmarkEnd w:id="{self.bookmarks}"/>{inline("　" + text)}'
        )

    def table(self, table: dict[str, Any]) -> str:
        columns = table["columns"]
        shares = [column["width"] for column in columns]
        widths = [round(self.width * share / sum(shares)) for share in shares]
        sides = "".join(
            f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
            for side in ("top", "left", "bottom", "right", "insideH", "insideV")
        )
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        start = (
            f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
            f'<w:tblBorders>{sides}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar>'
            '<w:left w:w="60" w:type="dxa"/>'
            f'<w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        )
        left = ["TableLeft" if column.get("is_left") else "TableText" for column in columns]
        rows = [
            row(["TableHead"] * len(columns), [column["head"] for column in columns], widths, is_head=True),
            row(["TableText"], [f"{{%tr for {table['rows']} %}}"], [sum(widths)]),
            row(left, [column["text"] for column in columns], widths),
            row(["TableText"], ["{%tr endfor %}"], [sum(widths)]),
        ]
        if "total" in table:
            rows.append(row(["TableText"] * len(columns), table["total"], widths))
        return f"{start}{''.join(rows)}</w:tbl>"


def row(looks: list[str], texts: list[str], widths: list[int], *, is_head: bool = False) -> str:
    head = "<w:tblHeader/>" if is_head else ""
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
        f'<w:p><w:pPr><w:pStyle w:val="{look}"/></w:pPr>{run(text)}</w:p></w:tc>'
        for look, text, width in zip(looks, texts, widths, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>{cells}</w:tr>"


def section(*, is_wide: bool, ends_here: bool = False, footers: str = "{footers}") -> str:
    """The page: A4, the margins of an official document, turned for the attachments."""
    size = 'w:w="16838" w:h="11906" w:orient="landscape"' if is_wide else 'w:w="11906" w:h="16838"'
    top, right, bottom, left = (28, 27, 26, 27) if is_wide else (37, 26, 35, 28)
    edges = " ".join(
        f'w:{side}="{round(value * MM)}"'
        for side, value in zip(("top", "right", "bottom", "left"), (top, right, bottom, left), strict=True)
    )
    own = (
        f'<w:sectPr>{footers}<w:pgSz {size}/><w:pgMar {edges} w:header="851" w:footer="{round(18 * MM)}" '
        'w:gutter="0"/></w:sectPr>'
    )
    if not ends_here:
        return own.replace("<w:sectPr>", f"<w:sectPr {nsdecls('w', 'r')}>")
    return f'<w:p {nsdecls("w", "r")}><w:pPr><w:pStyle w:val="Note"/>{own}</w:pPr></w:p>'


def make(lines: list[dict[str, Any]], texts: dict[str, Any], path: Path) -> None:
    """Write one template."""
    document = Document()
    styles = document.styles.element
    for old in styles.findall(qn("w:style")):
        styles.remove(old)
    for text in STYLES:
        styles.append(parse_xml(text))
    defaults = styles.find(qn("w:docDefaults"))
    defaults.getparent().remove(defaults)
    part = document.part
    part.numbering_part._element = parse_xml(numbering())
    add_font_names(part)
    footers = add_footers(document)
    writer = Writer(texts)
    writer.write(lines)
    body = part.element.body
    for old in list(body):
        body.remove(old)
    for text in writer.parts:
        body.append(parse_xml(text.replace("{footers}", footers)))
    body.append(parse_xml(section(is_wide=writer.width == LANDSCAPE, footers=footers)))
    package = part.package
    for name in [name for name, relation in package.rels.items() if relation.reltype == RELATIONSHIP_TYPE.THUMBNAIL]:
        del package.rels[name]
    properties = document.core_properties
    properties.author = properties.last_modified_by = "jixiao"
    properties.title = properties.comments = ""
    properties.created = properties.modified = datetime(2020, 1, 1)
    document.save(str(path))
    path.write_bytes(canonical(path))


def add_font_names(part: Any) -> None:
    """Name what stands in for a font that is not installed."""
    named = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/></w:font>'
        for name, others in OTHER_NAMES.items()
    )
    text = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:fonts {nsdecls("w")}>{named}</w:fonts>'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"
    for relation in part.rels.values():
        if relation.reltype == RELATIONSHIP_TYPE.FONT_TABLE:
            relation._target = Part(PackURI("/word/fontTable.xml"), kind, text.encode(), part.package)


def add_footers(document: Any) -> str:
    """Write the page number: on the right of odd pages, on the left of even ones (GB/T 9704)."""
    first = document.sections[0]
    document.settings.odd_and_even_pages_header_footer = True
    found = []
    for footer, side in ((first.footer, "right"), (first.even_page_footer, "left")):
        footer.is_linked_to_previous = False
        inside = f"{run('— ')}{field('PAGE')}{run(' —')}"
        text = (
            f'<w:p {nsdecls("w")}><w:pPr><w:pStyle w:val="Footer"/><w:ind w:{side}="280"/>'
            f'<w:jc w:val="{side}"/></w:pPr>'
            f"{inside}</w:p>"
        )
        element = footer._element
        for old in list(element):
            element.remove(old)
        element.append(parse_xml(text))
    for reference in first._sectPr.findall(qn("w:footerReference")):
        kind, identity = reference.get(qn("w:type")), reference.get(qn("r:id"))
        found.append(f'<w:footerReference w:type="{kind}" r:id="{identity}"/>')
    return "".join(found)


def make_all(folder: Path) -> None:
    texts = yaml.safe_load(TEXTS.read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in texts["papers"].items():
        make(lines, texts, folder / f"{name}.docx")


def differing() -> list[str]:
    """The templates that are not what paper_texts.yaml gives."""
    with tempfile.TemporaryDirectory() as folder:
        make_all(Path(folder))
        made = {path.name: path.read_bytes() for path in Path(folder).glob("*.docx")}
    kept = {path.name: path.read_bytes() for path in TEMPLATES.glob("*.docx")}
    return sorted(name for name in {*made, *kept} if made.get(name) != kept.get(name))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        names = differing()
        print("\n".join(names))
        sys.exit(1 if names else 0)
    make_all(TEMPLATES)
