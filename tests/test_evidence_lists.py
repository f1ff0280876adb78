"""Evidence lists: what was asked, what came with its hash, what is missing; bad input is told and nothing is lost."""

from __future__ import annotations

import copy
from hashlib import sha256

import openpyxl
import pytest
from command import run_command

from jixiao.builds import chain
from jixiao.builds.ledger import book, ledger_place
from jixiao.builds.ledger.archive import archive_folder
from jixiao.builds.ledger.asked_proofs import asked_proof, candidates, proof_frame
from jixiao.builds.ledger.drawing import find_draw, keep_draw, population_of
from jixiao.builds.ledger.review_rules import ReviewRules, review_words
from jixiao.core.declared import load_shipped
from jixiao.core.errors import RequestError
from jixiao.core.models import take
from jixiao.publish.rounds import proof_books
from jixiao.publish.rounds.proof_books import receive_lists, send_lists

ROADS, PUPILS = "示例市公路养护中心", "示例市学生资助中心"
COLUMN = {name: number for number, name in enumerate(review_words()["proof_book"]["columns"], 1)}


@pytest.fixture(scope="module")
def results(sample_results):
    return sample_results


@pytest.fixture
def desk(ledger_desk, monkeypatch):
    monkeypatch.setenv(ledger_place.TODAY, "2025-03-01")
    return ledger_desk


@pytest.fixture
def sent(desk, results):
    send_lists(results, desk / "2023", year=2023)
    return {one.owner: one for one in send_lists(results, desk / "out", year=2024)}


def keys(owner=ROADS, year=2024):
    rows = proof_frame(book.load_ledger())
    return rows[(rows["owner"] == owner) & (rows["year"] == year)]["proof_key"].tolist()


def states():
    return proof_frame(book.load_ledger()).set_index("proof_key")["proof_state"].to_dict()


def fill(path, said, *, then=lambda sheet, rows: None):
    """Fill a list in: key -> files, note."""
    whole = openpyxl.load_workbook(path)
    sheet = whole.active
    rows = {sheet.cell(row, COLUMN["proof_key"]).value: row for row in range(5, sheet.max_row + 1)}
    for key, (files, note) in said.items():
        sheet.cell(rows[key], COLUMN["evidence_files"]).value = files
        sheet.cell(rows[key], COLUMN["proof_note"]).value = note
    then(sheet, rows)
    target = path.with_name(f"回_{path.name}")
    whole.save(target)
    return target


def test_every_indicator_of_the_units_own_evaluations_is_asked_for_once(sent, results):
    asked = [row for row in candidates(results) if row["year"] == 2024]
    own = results.scores[(results.scores["year"] == 2024) & (results.scores["evaluation"] == "self")]
    assert len(asked) == len(own[own["is_counted"]]) == sum(one.count for one in sent.values())
    assert len({row["proof_key"] for row in asked}) == len(asked)
    assert sorted({one.owner for one in sent.values()}) == sorted(set(own["unit"]))
    assert set(states().values()) == {"missing"}
    assert send_lists(results, sent[ROADS].path.parent, year=2024) == [], "asked once"
    sheet = openpyxl.load_workbook(sent[ROADS].path).active
    assert sent[ROADS].request in sheet["A2"].value
    assert {sheet.cell(row, COLUMN["proof_key"]).value for row in range(5, sheet.max_row + 1)} == set(keys())


@pytest.mark.parametrize(
    ("texts", "asked"),
    [
        (("预算执行率", "", "预算执行率"), "支付凭证"),
        (("培训质量满意度", "服务对象满意度指标", "满意度指标"), "问卷"),
        (("接入公交车辆数", "数量指标", "产出指标"), "台账"),
        (("数据共享接口数", "可持续影响指标", "效益指标"), "长效机制"),
        (("平均候车时间", "社会效益指标", "效益指标"), "统计数据"),
        (("甲", "乙", "丙"), "能证明完成值的材料"),
    ],
)
def test_the_proof_asked_for_follows_the_declared_words(texts, asked):
    assert asked in asked_proof(*texts)


def test_what_came_is_kept_with_its_hash_and_the_rest_is_missing(sent):
    one, two, three, four, *_ = keys()
    folder = sent[ROADS].path.parent
    (folder / "验收单.pdf").write_bytes(b"proof")
    said = {one: ("验收单.pdf", ""), two: ("验收单.pdf；没有寄来.docx", ""), three: ("没有寄来.xlsx", "")}
    (came,) = receive_lists([fill(sent[ROADS].path, said | {four: ("", "未开展")})], by="绩效科")
    assert (came.owner, came.request, came.taken) == (ROADS, sent[ROADS].request, [one, two, three, four])
    assert [states()[key] for key in (one, two, three, four)] == ["came", "part", "named", "missing"]
    assert sum("没有随附" in sentence for sentence in came.sentences) == 2
    assert any(f"{sent[ROADS].count - 4} 项没有填写佐证" in sentence for sentence in came.sentences)
    rows = proof_frame(book.load_ledger()).set_index("proof_key")
    mark = sha256(b"proof").hexdigest()
    assert rows.loc[two, "evidence_files"] == f"验收单.pdf（{mark[:8]}）；没有寄来.docx"
    assert rows.loc[four, "proof_note"] == "未开展" and rows.loc[one, "came_on"] == "2025-03-01"
    (kept,) = archive_folder().glob("*.pdf")
    assert kept.read_bytes() == b"proof" and mark.startswith(kept.name.partition("_")[0])
    assert chain.check(ledger_place.ledger_path(), lambda entry: True) is None and book.check() is None


def test_the_same_list_again_enters_nothing_and_a_later_one_adds(sent, results):
    one, two, *_ = keys()
    folder = sent[ROADS].path.parent
    (folder / "甲.pdf").write_bytes(b"1")
    path = fill(sent[ROADS].path, {one: ("甲.pdf", ""), two: ("乙.pdf", "")})
    receive_lists([path])
    before = ledger_place.ledger_path().read_bytes()
    (again,) = receive_lists([path])
    assert again.taken == [] and any("2 项与已收到的相同" in sentence for sentence in again.sentences)
    (folder / "甲.pdf").unlink()
    (gone,) = receive_lists([path])
    assert gone.taken == [] and states()[one] == "came", "what came stays"
    assert ledger_place.ledger_path().read_bytes() == before
    (more,) = send_lists(results, folder / "再", year=2024, owners=["公路"], again=True)
    assert more.count == sent[ROADS].count - 1 and more.request > sent[ROADS].request
    (more.path.parent / "乙.pdf").write_bytes(b"2")
    (came,) = receive_lists([fill(more.path, {})])  # the name stands there from before
    assert came.taken == [two] and states()[two] == "came"


def other_year():
    return keys(year=2023)[0]


def other_unit():
    return keys(PUPILS)[0]


def put(column, value):
    return lambda sheet, rows, ids: setattr(sheet.cell(rows[ids[1]], COLUMN[column]), "value", value(ids))


def merge(column):
    def spoil(sheet, rows, ids):
        place = {"start_column": COLUMN[column], "end_column": COLUMN[column]}
        sheet.merge_cells(start_row=rows[ids[0]], end_row=rows[ids[0]] + 1, **place)

    return spoil


def second(sheet, rows, ids):
    values = [sheet.cell(rows[ids[1]], column).value for column in range(1, sheet.max_column + 1)]
    values[COLUMN["evidence_files"] - 1] = "另一份.pdf"
    sheet.append(values)


BAD = {
    "deleted rows": (lambda sheet, rows, ids: sheet.delete_rows(rows[ids[1]]), "缺少清单中的 1 项"),
    "a changed id": (put("proof_key", lambda ids: ids[1][:-1] + "x"), "最接近的是“"),
    "a stranger's id": (put("proof_key", lambda ids: "甲-07"), "不是本台账的编号"),
    "another year's id": (put("proof_key", lambda ids: other_year()), "是2023年度的指标"),
    "another unit's id": (put("proof_key", lambda ids: other_unit()), f"“{PUPILS}”的指标，不属于清单"),
    "no id": (put("proof_key", lambda ids: None), "没有佐证编号"),
    "two answers": (second, "有两行不同的佐证"),
    "an uncalculated formula": (put("evidence_files", lambda ids: '=A1&".pdf"'), "没有计算结果的公式"),
    "a merged id": (merge("proof_key"), "佐证编号与其他行合并"),
    "a hidden row": (
        lambda sheet, rows, ids: setattr(sheet.row_dimensions[rows[ids[1]]], "hidden", True),
        "所在行已隐藏",
    ),
}


@pytest.mark.parametrize("change", BAD)
def test_one_bad_row_is_one_sentence_and_the_rest_is_read(change, sent):
    spoil, said = BAD[change]
    mine = keys()
    (sent[ROADS].path.parent / "甲.pdf").write_bytes(b"1")
    texts = dict.fromkeys(mine, ("甲.pdf", ""))
    path = fill(sent[ROADS].path, texts, then=lambda sheet, rows: spoil(sheet, rows, mine))
    (came,) = receive_lists([path])
    assert sum(said in sentence for sentence in came.sentences) == 1, came.sentences
    assert len(came.taken) == len(mine) - 1 and mine[0] in came.taken
    assert path.read_bytes() in [one.read_bytes() for one in archive_folder().iterdir()], "the file is kept"


def test_a_merged_proof_is_read_for_each_of_its_rows(sent):
    mine = keys()
    (came,) = receive_lists(
        [fill(sent[ROADS].path, {mine[0]: ("甲.pdf", "")}, then=lambda *told: merge("evidence_files")(*told, mine))]
    )
    assert len(came.taken) == 2 and sum("合并为一个单元格" in one for one in came.sentences) == 1


def test_files_that_are_no_lists_are_one_sentence_each(sent, desk):
    torn, other, none = desk / "坏.xlsx", desk / "别的.xlsx", desk / "没有.xlsx"
    torn.write_bytes(b"PK\x03\x04 torn")
    openpyxl.Workbook().save(other)
    done = receive_lists([torn, other, none])
    assert [len(one.sentences) for one in done] == [1, 1, 1]
    assert "没有“佐证编号”“佐证材料”两栏" in done[1].sentences[0] and "没有这个文件" in done[2].sentences[0]
    assert len(list(archive_folder().iterdir())) == 2


def test_a_name_never_leads_out_of_the_folder(sent, desk):
    (desk / "别处.pdf").write_bytes(b"elsewhere")
    one, two, *_ = keys()
    receive_lists([fill(sent[ROADS].path, {one: ("../别处.pdf", ""), two: (str(desk / "别处.pdf"), "")})])
    assert states()[one] == states()[two] == "named" and not list(archive_folder().glob("*.pdf"))


def test_a_kill_before_the_entry_loses_no_file(sent, monkeypatch):
    one, *_ = keys()
    (sent[ROADS].path.parent / "甲.pdf").write_bytes(b"1")
    path = fill(sent[ROADS].path, {one: ("甲.pdf", "")})

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(book.Writer, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            receive_lists([path])
    assert {one.suffix for one in archive_folder().iterdir()} == {".xlsx", ".pdf"}
    (came,) = receive_lists([path])
    assert came.taken == [one] and states()[one] == "came"


def test_an_unknown_unit_is_one_sentence(sent, results, desk):
    with pytest.raises(RequestError, match=r"没有可以向“公路”要的佐证"):
        send_lists(results, desk / "out", year=2024, owners=["公路"])


def test_keys_survive_rows_that_move(results):
    moved = copy.copy(results)
    scores = results.scores.copy()
    scores["indicator_id"] = [f"{int(one) + 1:03d}" for one in scores["indicator_id"]]
    object.__setattr__(moved, "scores", scores)
    assert [one["proof_key"] for one in candidates(moved)] == [one["proof_key"] for one in candidates(results)]


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("draw", "money"), 2, "draw.money：应在 0 至 1 之间"),
        (("quality", "bands", 1, "to"), 0, "quality.bands[2].to：应大于前一级"),
        (("proofs", "kinds", 0, "words"), "支出", "proofs.kinds[1].words：应为列表"),
        (("proofs", "states"), {"missing": "缺"}, "proofs.states.came：缺少该项"),
        (("proof_book", "columns"), ["indicatr"], "词汇中没有列“indicatr”"),
        (("proof_book", "pattern"), "(", "不是合法的正则表达式"),
        (("proof_said", "head"), 3, "应为文字"),
    ],
)
def test_the_declaration_is_checked(place, value, said):
    content = copy.deepcopy(load_shipped("review.yaml"))
    at = content
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    assert any(said in mistake for mistake in take(ReviewRules, content)[1]), take(ReviewRules, content)[1]


def test_the_reviewer_sees_what_was_asked_came_and_is_missing(sent, results):
    from jixiao.publish.rounds.review_panel import ReviewPanel

    one, two, *_ = keys()
    (sent[ROADS].path.parent / "甲.pdf").write_bytes(b"1")
    receive_lists([fill(sent[ROADS].path, {one: ("甲.pdf", ""), two: ("", "年底才有")})])
    keep_draw(population_of(results, 2024), year=2024, number=0, seed="7", by_hand={"农村公路": "抽查"})
    panel = ReviewPanel(results, find_draw(book.load_ledger()), "甲")
    told = [line.children[0].value for line in panel.grid.children]
    assert "佐证（已收到）：应有 支出明细账" in told[0] and "收到 甲.pdf（6b86b273）" in told[0]
    assert "佐证（缺）" in told[1] and "说明：年底才有" in told[1]


def test_the_commands_go_round(desk):
    assert "还没有要过佐证" in run_command("evidence", "list").stdout
    place = ("--place", "data/sample")
    said = run_command("evidence", "send", "--year", "2024", "--unit", "公路", "--out", desk / "清单", *place).stdout
    assert "发出 1 份清单" in said
    (path,) = (desk / "清单").glob("*.xlsx")
    (desk / "清单" / "甲.pdf").write_bytes(b"1")
    done = run_command("evidence", "receive", fill(path, {keys()[0]: ("甲.pdf", "")}))
    assert "读入 1 项" in done.stdout and done.returncode == 1, "some were left blank"
    listed = run_command("evidence", "list", "--state", "已收到").stdout
    assert "甲.pdf（6b86b273）" in listed and "共 1 项：已收到 1" in listed
    assert "已写入" in run_command("evidence", "list", "--out", desk / "佐证.xlsx").stdout
    sheet = openpyxl.load_workbook(desk / "佐证.xlsx").active
    assert "佐证收到情况" in [cell.value for row in sheet.iter_rows() for cell in row]
    assert "可选：" in run_command("evidence", "list", "--state", "无").stderr
    assert proof_books.next_request(book.load_ledger(), 2024) == "2024-Z02"


def test_a_link_that_leaves_the_folder_and_an_empty_file_are_told_and_never_kept(sent, tmp_path_factory):
    one, two, three, *_ = keys()
    folder, elsewhere = sent[ROADS].path.parent, tmp_path_factory.mktemp("elsewhere") / "私.txt"
    elsewhere.write_bytes(b"secret")
    (folder / "链接.txt").symlink_to(elsewhere)
    (folder / "空.pdf").touch()
    (folder / "真.pdf").write_bytes(b"proof")
    (folder / "内.pdf").symlink_to(folder / "真.pdf")
    said = {one: ("链接.txt", ""), two: ("空.pdf", ""), three: ("内.pdf", "")}
    (came,) = receive_lists([fill(sent[ROADS].path, said)])
    assert [states()[key] for key in (one, two, three)] == ["named", "named", "came"]
    assert any("“链接.txt”是指向" in sentence for sentence in came.sentences)
    assert any("“空.pdf”是空文件（0字节），不算收到" in sentence for sentence in came.sentences)
    assert b"secret" not in [path.read_bytes() for path in archive_folder().iterdir()]
    assert all("refused" not in file for entry in book.load_ledger().entries for file in entry["said"].get("files", []))
