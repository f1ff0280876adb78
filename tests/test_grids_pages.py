"""PDF with a text layer: ruled tables, merges from the rules, tables over two pages, heads and feet of pages."""

from __future__ import annotations

import zlib

from file_factories import pdf, refused, ruled

from jixiao.reading.files import read_grids

HEAD = {(0, 0): "一级指标", (0, 1): "三级指标", (0, 2): "指标值"}


def text(x, y, words):
    return ("text", x, y, words)


def test_a_ruled_table_with_merges(tmp_path):
    table = ruled(
        60,
        120,
        [100, 150, 80],
        [24, 40, 24],
        {(0, 0): "合并的标题", (1, 0): "产出指标", (1, 1): "通车里程较\n长的名称", (1, 2): "≥100公里", (2, 1): "质量"},
        without={("v", 0, 1), ("v", 0, 2), ("h", 2, 0)},
    )
    page = [text(200, 100, "项目支出绩效自评表"), text(60, 112, "单位：万元"), *table, text(60, 300, "填报人")]
    (grid,) = read_grids(pdf(tmp_path / "a.pdf", [page]), "a.pdf")
    assert (grid.sheet, grid.is_sheet, grid.height, grid.width) == ("第1页表1", False, 3, 3)
    assert [cell.text for cell in grid.row(0)] == ["合并的标题"]
    assert grid.cell(2, 0).text == "产出指标" and grid.cell(1, 1).text.replace("\n", "") == "通车里程较长的名称"
    assert grid.cell(1, 2).text == "≥100公里" and grid.cell(2, 1).text == "质量"
    assert grid.address(1, 1) == "第2行第2列（160,144,310,184）"
    assert grid.address(2, 0) == "第3行第1列（60,144,160,208）"
    assert [line.text for line in grid.above] == ["项目支出绩效自评表", "单位：万元"] and grid.note == "单位：万元"
    assert grid.above[0].address.startswith("第1页（200,") and [line.text for line in grid.below] == ["填报人"]


def test_a_table_that_goes_on_over_the_page(tmp_path):
    first = ruled(60, 600, [100, 150, 80], [24, 24], {**HEAD, (1, 0): "产出", (1, 1): "甲", (1, 2): "1"})
    second = ruled(60, 80, [100, 150, 80], [24], {(0, 1): "乙", (0, 2): "2"})
    pages = [
        [text(60, 40, "示例局文件"), *first, text(290, 820, "第1页")],
        [text(60, 40, "示例局文件"), *second, text(290, 820, "第2页")],
    ]
    one, two = read_grids(pdf(tmp_path / "a.pdf", pages), "a.pdf")
    assert (one.is_continued, two.is_continued) == (False, True) and two.sheet == "第2页表1"
    assert one.above == two.above == two.below == ()
    assert sorted(line.text for line in one.margins) == ["示例局文件", "示例局文件", "第1页", "第2页"]
    assert one.margins[0].address.startswith("第1页（") and two.margins == ()


def test_the_second_part_has_the_columns_of_the_first(tmp_path):
    first = ruled(60, 600, [100, 150, 80], [24], HEAD)
    second = ruled(60, 60, [250, 80], [24], {(0, 0): "合计", (0, 1): "100"})
    one, two = read_grids(pdf(tmp_path / "a.pdf", [first, second]), "a.pdf")
    assert two.is_continued and (one.width, two.width) == (3, 3)
    assert two.cell(0, 1).text == "合计" and two.cell(0, 2).text == "100"


def test_other_columns_or_words_between_make_another_table(tmp_path):
    first = ruled(60, 600, [100, 150, 80], [24], HEAD)
    other = ruled(60, 60, [90, 160, 80], [24], HEAD)
    same = ruled(60, 160, [100, 150, 80], [24], HEAD)
    pages = [first, other]
    assert [grid.is_continued for grid in read_grids(pdf(tmp_path / "a.pdf", pages), "a.pdf")] == [False, False]
    pages = [first, [text(60, 140, "另一张表"), *same]]
    grids = read_grids(pdf(tmp_path / "b.pdf", pages), "b.pdf")
    assert [grid.is_continued for grid in grids] == [False, False] and grids[1].above[0].text == "另一张表"


def test_a_head_close_above_a_table_that_goes_on(tmp_path):
    first = [text(60, 52, "示例局文件"), *ruled(60, 600, [100, 150, 80], [24], HEAD)]
    second = [text(60, 52, "示例局文件"), *ruled(60, 72, [100, 150, 80], [24], {(0, 1): "乙"})]
    one, two = read_grids(pdf(tmp_path / "a.pdf", [first, second]), "a.pdf")
    assert two.is_continued and [line.text for line in one.margins] == ["示例局文件"] * 2


def test_a_large_title_near_the_edge_and_the_year_below_it_stay(tmp_path):
    page = [
        ("text", 200, 40, "项目支出绩效自评表", 18),
        text(230, 56, "（2021年度）"),
        *ruled(60, 80, [100, 150, 80], [24], HEAD),
    ]
    grids = read_grids(pdf(tmp_path / "a.pdf", [page, page]), "a.pdf")
    assert [[line.text for line in grid.above] for grid in grids] == [["项目支出绩效自评表", "（2021年度）"]] * 2
    assert grids[1].is_continued is False and grids[0].margins == ()


def test_the_same_title_above_a_form_on_each_page_is_no_head_of_the_pages(tmp_path):
    page = [text(200, 66, "项目支出绩效自评表"), *ruled(60, 80, [100, 150, 80], [24], HEAD)]
    grids = read_grids(pdf(tmp_path / "a.pdf", [page, page]), "a.pdf")
    assert [[line.text for line in grid.above] for grid in grids] == [["项目支出绩效自评表"]] * 2
    assert grids[1].is_continued is False


def test_a_page_that_is_only_a_picture_is_said(tmp_path):
    pages = [[("picture",)], ruled(60, 80, [100, 150, 80], [24], HEAD)]
    (grid,) = read_grids(pdf(tmp_path / "a.pdf", pages), "a.pdf")
    assert [(line.text, line.address) for line in grid.margins] == [("本页只有图片，没有文字层", "第1页")]


def test_pages_without_text_without_tables_and_with_a_password(tmp_path):
    assert "没有文字层（扫描件" in refused(pdf(tmp_path / "a.pdf", [[("picture",)]]))
    assert "没有找到有框线的表格" in refused(pdf(tmp_path / "b.pdf", [[text(60, 100, "只有文字")]]))
    locked = "/Encrypt 6 0 R /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]"
    secret = f"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <{'ab' * 32}> /U <{'cd' * 32}> >>"
    assert "设有密码" in refused(pdf(tmp_path / "c.pdf", [], trailer=locked, objects=[secret]))


def test_a_page_that_cannot_be_unpacked_to_its_end_is_not_read_in_part(tmp_path, capfd):
    path = pdf(tmp_path / "a.pdf", [ruled(60, 80, [100, 150, 80], [24] * 20, HEAD)])
    content = path.read_bytes()
    start, end = content.index(b"<< /Length"), content.index(b"endstream")
    drawn = content[content.index(b"stream\n", start) + 7 : end]
    packed = bytearray(zlib.compress(drawn))
    packed[len(packed) // 2] ^= 0xFF
    head = b"<< /Filter /FlateDecode /Length %d >>\nstream\n" % len(packed)
    path.write_bytes(content[:start] + head + bytes(packed) + b"\n" + content[end:])
    assert "已损坏" in refused(path)
    assert capfd.readouterr() == ("", "")
