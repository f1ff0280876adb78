"""The rectification ledger: states move along declared ways, nothing is rewritten or lost, bad input is told."""

from __future__ import annotations

import json
import os
import random
import shutil
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from command import run_command
from conftest import write_self_form
from hypothesis import given, settings
from hypothesis import strategies as st
from killed_steps import killed
from openpyxl.drawing.image import Image

import jixiao
from jixiao.builds import chain, journal
from jixiao.builds.ledger import book, ledger_place
from jixiao.builds.ledger.archive import archive_folder
from jixiao.builds.ledger.collecting import candidates, collect
from jixiao.builds.ledger.moves import Ways, issue_words, ways
from jixiao.core.errors import RequestError
from jixiao.core.models import take
from jixiao.publish.papers.meeting_summary import state_sentence, write_summary
from jixiao.publish.rounds import issue_tables as overview
from jixiao.publish.rounds import replies, sorted_rows
from jixiao.publish.rounds.notices import send_notices
from jixiao.publish.rounds.replies import receive

DUE = "2024-09-30"


@pytest.fixture(scope="module")
def results(sample_results):
    return sample_results


@pytest.fixture
def desk(ledger_desk, monkeypatch):
    """An empty ledger of its own, on the first of September 2024."""
    monkeypatch.setenv(ledger_place.TODAY, "2024-09-01")
    return ledger_desk


def register(results, **chosen):
    with book.writing("绩效科") as writer:
        done = collect(writer.ledger, candidates(results, **chosen), results)
        writer.write(done.events)
    return done


@pytest.fixture
def sent(desk, results):
    """The notices of 2024, sent: by unit, their paths."""
    register(results, years=[2023, 2024], severities=["error", "warning", "question"])
    return {one.owner: one for one in send_notices(desk / "out", due=DUE, year=2024)}


def rows_of(path):
    """Return the sheet of a notice and its rows by issue id."""
    whole = openpyxl.load_workbook(path)
    sheet = whole.active
    last = sheet.max_column
    return whole, sheet, {sheet.cell(row, last).value: row for row in range(5, sheet.max_row + 1)}


COLUMN = {name: number for number, name in enumerate(issue_words()["book"]["columns"], 1)}


def answer(path, texts, *, to=None, then=lambda sheet, rows: None):
    """Fill a notice in, save it and return where."""
    whole, sheet, rows = rows_of(path)
    for issue_id, text in texts.items():
        sheet.cell(rows[issue_id], COLUMN["feedback"]).value = text
        sheet.cell(rows[issue_id], COLUMN["feedback_status"]).value = "已整改"
    then(sheet, rows)
    target = to or path.with_name(f"回_{path.name}")
    whole.save(target)
    return target


def roads(sent):
    return sent["示例市公路养护中心"].path


def ids(owner="示例市公路养护中心", year=2024):
    issues = book.load_ledger().issues
    return issues[(issues["owner"] == owner) & (issues["year"] == year)]["issue_id"].tolist()


def states():
    return book.load_ledger().issues.set_index("issue_id")["issue_state"].to_dict()


def test_a_problem_is_registered_once_and_knows_where_it_is_from(desk, results):
    first, again = register(results), register(results)
    assert (first.raised, again.raised, again.settled) == (len(candidates(results)), 0, 0)
    issues = book.load_ledger().issues
    assert issues["issue_id"].is_unique and set(issues["issue_state"]) == {"pending"}
    assert (issues[["owner", "issue_text", "source_file", "source_cell"]] != "").all().all()
    told = issues[issues["issue_source"] == "department"]
    assert len(told) == 2 and told["demand"].str.startswith("建议").all() and told["cause"].eq("").all()


def test_a_notice_has_the_problems_of_its_unit_and_marks_them_sent(sent):
    _, sheet, rows = rows_of(roads(sent))
    assert sorted(rows) == sorted(ids())
    notice = sent["示例市公路养护中心"].notice
    head = f"通知编号 {notice}｜2024年度｜共 {len(rows)} 个问题｜请于 2024-09-30 前反馈"
    assert sheet["A2"].value.startswith(head)
    assert all(states()[one] == "sent" for one in rows)
    assert {state for one, state in states().items() if one.startswith("2023")} == {"pending"}


def test_answers_are_entered_with_their_evidence(sent):
    one, two, *_ = ids()
    shutil.copy(roads(sent), roads(sent).with_name("验收单.pdf"))

    def then(sheet, rows):
        sheet.cell(rows[one], COLUMN["evidence_files"]).value = "验收单.pdf；没有寄来.docx"
        sheet.cell(rows[two], COLUMN["unit_advice"]).value = "下年压减5万元"

    (came,) = receive([answer(roads(sent), {one: "已改为50分", two: "已补足"}, then=then)])
    assert came.taken == [one, two] and came.owner == "示例市公路养护中心" and came.notice.startswith("2024-T")
    issue = book.load_ledger().find(one)
    assert issue["issue_state"] == "answered" and issue["feedback"] == "已改为50分"
    assert issue["evidence_files"].startswith("验收单.pdf（") and "没有寄来.docx" in issue["evidence_files"]
    assert book.load_ledger().find(two)["unit_advice"] == "下年压减5万元"
    assert any("“没有寄来.docx”没有随附" in sentence for sentence in came.sentences)
    assert any(f"{len(ids()) - 2} 个问题没有填写答复" in sentence for sentence in came.sentences)
    assert len(list(archive_folder().iterdir())) == 2


def test_return_close_overdue_and_again(sent, monkeypatch):
    one, two, three, *_ = ids()
    receive([answer(roads(sent), {one: "已改", two: "已补"})])
    with book.writing("评审") as writer:
        writer.write([{"what": "return", "about": one, "said": {"reason": "没有附件"}}])
        writer.write([{"what": "close", "about": two, "said": {}}])
    assert states()[one] == "returned" and states()[two] == "done"
    with book.writing() as writer, pytest.raises(RequestError, match="不能“办结”"):
        writer.write([{"what": "close", "about": three, "said": {}}])
    with book.writing() as writer, pytest.raises(RequestError, match="“退回”要写明原因"):
        writer.write([{"what": "return", "about": one, "said": {}}])
    monkeypatch.setenv(ledger_place.TODAY, "2024-10-01")
    assert states()[one] == states()[three] == "overdue" and states()[two] == "done"
    (again,) = send_notices(roads(sent).parent, due="2024-10-31", year=2024, owners=["公路"], again=True)
    assert again.count == len(ids()) - 1 and again.notice > max(one.notice for one in sent.values())
    assert states()[one] == "returned" and states()[three] == "sent", "a new date ends the delay"
    sheet = rows_of(again.path)[1]
    assert [cell.value for cell in list(sheet.columns)[COLUMN["return_reason"] - 1]].count("没有附件") == 1
    (came,) = receive([answer(again.path, {one: "附件已补"})])
    assert came.taken == [one] and book.load_ledger().find(one)["rounds"] == 1


BAD = {
    "deleted rows": (lambda sheet, rows, ids: sheet.delete_rows(rows[ids[2]]), "缺少通知中的 1 个问题"),
    "a changed id": (
        lambda sheet, rows, ids: sheet.cell(rows[ids[1]], COLUMN["issue_id"], ids[1][:-1] + "x"),
        "最接近的是“",
    ),
    "a stranger's id": (
        lambda sheet, rows, ids: sheet.cell(rows[ids[1]], COLUMN["issue_id"], "甲-07"),
        "不是本台账的编号",
    ),
    "another year's id": (
        lambda sheet, rows, ids: sheet.cell(rows[ids[1]], COLUMN["issue_id"], other_year()),
        "是2023年度的问题",
    ),
    "another unit's id": (
        lambda sheet, rows, ids: sheet.cell(rows[ids[1]], COLUMN["issue_id"], other_unit()),
        "的问题，不属于通知",
    ),
    "no id": (
        lambda sheet, rows, ids: setattr(sheet.cell(rows[ids[1]], COLUMN["issue_id"]), "value", None),
        "有答复而没有整改编号",
    ),
    "two answers": (
        lambda sheet, rows, ids: sheet.append(
            [None] * (COLUMN["feedback"] - 1)
            + ["另一个答复"]
            + [None] * (COLUMN["issue_id"] - COLUMN["feedback"] - 1)
            + [ids[1]]
        ),
        "有两份不同的答复",
    ),
    "an uncalculated formula": (
        lambda sheet, rows, ids: sheet.cell(rows[ids[1]], COLUMN["feedback"], '=A1&"已改"'),
        "没有计算结果的公式",
    ),
    "a merged id": (
        lambda sheet, rows, ids: sheet.merge_cells(
            start_row=rows[ids[0]],
            end_row=rows[ids[0]] + 1,
            start_column=COLUMN["issue_id"],
            end_column=COLUMN["issue_id"],
        ),
        "整改编号与其他行合并",
    ),
    "a hidden row": (
        lambda sheet, rows, ids: setattr(sheet.row_dimensions[rows[ids[1]]], "hidden", True),
        "所在行已隐藏",
    ),
}


def other_year():
    return next(one for one in states() if one.startswith("2023"))


def other_unit():
    return ids("示例市学生资助中心")[0]


@pytest.mark.parametrize("change", BAD)
def test_one_bad_row_is_one_sentence_and_the_rest_is_read(change, sent):
    spoil, said = BAD[change]
    mine = ids()
    first = mine[0]
    texts = dict.fromkeys(mine, "已按要求整改")
    path = answer(roads(sent), texts, then=lambda sheet, rows: spoil(sheet, rows, mine))
    (came,) = receive([path])
    assert sum(said in sentence for sentence in came.sentences) == 1, came.sentences
    assert len(came.taken) == len(mine) - 1 and first in came.taken
    assert not any("Traceback" in sentence for sentence in came.sentences)
    assert [one.read_bytes() == path.read_bytes() for one in archive_folder().iterdir()] == [True], "the file is kept"


def test_a_merged_answer_is_read_for_each_of_its_rows(sent):
    one, two, *_ = ids()

    def then(sheet, rows):
        top, bottom = sorted((rows[one], rows[two]))
        sheet.merge_cells(start_row=top, end_row=bottom, start_column=COLUMN["feedback"], end_column=COLUMN["feedback"])

    assert abs(rows_of(roads(sent))[2][one] - rows_of(roads(sent))[2][two]) == 1
    (came,) = receive([answer(roads(sent), {one: "一并整改", two: "一并整改"}, then=then)])
    assert sorted(came.taken) == sorted([one, two])
    assert sum("与其他行合并为一个单元格" in sentence for sentence in came.sentences) == 1


def test_the_same_answer_twice_is_entered_once(sent):
    one, *_ = ids()

    def then(sheet, rows):
        sheet.append([sheet.cell(rows[one], column).value for column in range(1, sheet.max_column + 1)])

    (came,) = receive([answer(roads(sent), {one: "已改"}, then=then)])
    assert came.taken == [one] and any("只读一次" in sentence for sentence in came.sentences)
    (again,) = receive([roads(sent).with_name(f"回_{roads(sent).name}")])
    assert again.taken == [] and any("与已收到的相同" in sentence for sentence in again.sentences)


def test_ten_megabytes_of_pictures_are_told_and_the_answers_read(sent, tmp_path):
    from PIL import Image as Picture

    Picture.frombytes("RGB", (1850, 1850), random.Random(1).randbytes(1850 * 1850 * 3)).save(tmp_path / "a.png")
    one, *_ = ids()
    path = answer(
        roads(sent), {one: "已改"}, then=lambda sheet, rows: sheet.add_image(Image(tmp_path / "a.png"), "B30")
    )
    assert path.stat().st_size > 10_000_000
    (came,) = receive([path])
    assert came.taken == [one] and sum("图片中的内容未读入" in sentence for sentence in came.sentences) == 1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"\x89PNG\r\n\x1a\n" + bytes(50)])
def test_a_file_that_is_no_workbook_is_one_sentence_and_is_kept(content, sent, tmp_path):
    path = tmp_path / "坏.xlsx"
    path.write_bytes(content)
    (came,) = receive([path])
    assert came.taken == [] and len(came.sentences) == 1 and "坏.xlsx" in came.sentences[0]
    assert [one.read_bytes() for one in archive_folder().iterdir()] == [content]


def test_a_workbook_of_something_else_and_one_that_is_not_there(sent, tmp_path):
    whole = openpyxl.Workbook()
    whole.active.append(["序号", "内容"])
    whole.save(tmp_path / "别的.xlsx")
    other, absent = receive([tmp_path / "别的.xlsx", tmp_path / "没有.xlsx"])
    assert "没有“整改编号”“整改反馈内容”两栏" in other.sentences[0] and "没有这个文件" in absent.sentences[0]


def test_an_answer_that_was_returned_is_not_taken_again_as_it_was(sent):
    one, two, *_ = ids()
    path = answer(roads(sent), {one: "已改", two: "已补"})
    receive([path])
    with book.writing("评审") as writer:
        writer.write([{"what": "return", "about": one, "said": {"reason": "没有附件"}}])
    (came,) = receive([path])
    assert came.taken == [] and sum("与退回前相同" in said and "没有附件" in said for said in came.sentences) == 1
    assert sum("1 条答复与已收到的相同" in said for said in came.sentences) == 1 and states()[one] == "returned"
    (again,) = receive([answer(roads(sent), {one: "已改，附件另报", two: "已补"})])
    assert again.taken == [one] and states()[one] == "answered"


def test_a_later_answer_replaces_the_earlier_which_stays_in_the_history(sent):
    one, *_ = ids()
    receive([answer(roads(sent), {one: "已改"})])
    (came,) = receive([answer(roads(sent), {one: "改后再报"})])
    assert came.taken == [one] and any(f"1 条答复与先前收到的不同（{one}）" in said for said in came.sentences)
    said = book.load_ledger().history(one)["said"].tolist()
    assert book.load_ledger().find(one)["feedback"] == "改后再报" and any("已改；" in text for text in said)


def test_a_folder_and_a_refused_step_are_told_plainly(sent):
    (came,) = receive([roads(sent).parent])
    assert "是目录，请写出其中的工作簿" in came.sentences[0]
    one, *_ = ids()
    said = run_command("issues", "close", one).stderr
    assert said.startswith(f"“{one}”现为“已下达”，不能“办结”") and "没有记入台账" in said
    assert "2024年度没有待下达的问题" in run_command("issues", "send", "--year", "2024", "--due", DUE).stdout


def test_two_people_at_once_exclude_each_other(sent):
    with book.writing("甲"), pytest.raises(RequestError, match="“整改台账”正由用户"):
        receive([roads(sent)])
    assert receive([answer(roads(sent), {ids()[0]: "已改"})])[0].taken


def receive_until(moment, paths, read):
    """Receive in a process of its own that is killed at the given step; return whether it was."""
    return killed(moment, lambda: receive(paths), {(sorted_rows, "read_book"): lambda path, *_: read[path]})


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process that can be killed at a step")
def test_a_kill_at_any_moment_loses_no_answer(sent, tmp_path):
    """Whatever was done before the kill, the same files received again give the whole, each answer once."""
    mine, others = ids(), ids("示例市学生资助中心")
    paths = [
        answer(roads(sent), dict.fromkeys(mine, "已改")),
        answer(sent["示例市学生资助中心"].path, dict.fromkeys(others, "已核实")),
    ]
    read = {path: sorted_rows.read_book(path, replies._COLUMNS, replies._NEEDED) for path in paths}
    before = {one: one.read_bytes() for one in tmp_path.glob("*.jsonl")}
    killed = 0
    for moment in range(1, 200):
        for one, content in before.items():
            one.write_bytes(content)
        shutil.rmtree(archive_folder(), ignore_errors=True)
        if not receive_until(moment, paths, read):
            break
        killed += 1
        receive(paths)
        entries = book.load_ledger().entries
        assert sorted(entry["about"] for entry in entries if entry["what"] == "answer") == sorted([*mine, *others])
        assert book.check() is None
        assert len(list(archive_folder().glob("[!.]*"))) == 2
    assert killed >= 15


def test_a_torn_last_line_is_repaired_and_kept(sent):
    with ledger_place.ledger_path().open("ab") as handle:
        handle.write(b'{"number": 99, "what": "ans')
    assert book.check() == chain.Break(len(book.load_ledger().entries) + 1, "unfinished")
    receive([answer(roads(sent), {ids()[0]: "已改"})])
    assert book.check() is None
    assert [entry["torn"] for entry in book.load_ledger().entries if "torn" in entry] == ['{"number": 99, "what": "ans']


@given(st.data())
@settings(max_examples=60)
def test_the_chain_notices_any_edit(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("chain")
    path = folder / "ledger.jsonl"
    entries = [
        {"when": f"2024-01-{day:02d}", "who": "甲", "what": "raise", "about": str(day), "said": {"n": day}}
        for day in range(1, 9)
    ]
    chain.append(path, entries)
    lines = path.read_text("utf-8").splitlines(keepends=True)
    kind = data.draw(st.sampled_from(["change", "drop", "swap", "insert"]))
    place = data.draw(st.integers(0, len(lines) - 2))
    if kind == "change":
        content = json.loads(lines[place])
        key = data.draw(st.sampled_from(["when", "who", "what", "about", "said", "number", "before"]))
        content[key] = data.draw(st.integers(100, 999))
        if data.draw(st.booleans()):
            from jixiao.core.hashes import hash_of

            content["hash"] = hash_of({name: content[name] for name in content if name != "hash"})
        lines[place] = json.dumps(content, ensure_ascii=False) + "\n"
    elif kind == "drop":
        del lines[place]
    elif kind == "swap":
        lines[place], lines[place + 1] = lines[place + 1], lines[place]
    else:
        lines.insert(place, lines[place])
    path.write_text("".join(lines), encoding="utf-8")
    assert chain.check(path) is not None


def test_a_ledger_that_was_rewritten_whole_is_refused(sent):
    """A forger who makes every hash anew is told by the journal."""
    path = ledger_place.ledger_path()
    entries = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    path.unlink()
    kept = [{name: one[name] for name in ("when", "who", "what", "about", "said")} for one in entries[:-1]]
    chain.append(path, kept)
    assert chain.check(path) is None
    with pytest.raises(RequestError, match="与操作日志不符"):
        book.load_ledger()
    with pytest.raises(RequestError, match="与操作日志不符"):
        receive([roads(sent)])


MOVES = list(ways().moves)


@given(st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 40)), max_size=12))
@settings(max_examples=200)
def test_states_only_move_along_declared_ways(steps):
    """Whatever is tried in whatever order, every change of state is one that the declaration allows."""
    state, due, day, entries = "", "", 0, []
    for move, days in steps:
        day += days
        when = date.fromordinal(date(2024, 1, 1).toordinal() + day).isoformat()
        said = {"due": "2024-02-01", "notice": "n", "reason": "r", "feedback": "f", "year": 2024, "issue_text": "x"}
        entry = {"number": len(entries) + 1, "when": when, "who": "甲", "what": move, "about": "i", "said": said}
        shown = ways().lapsed(state, due, date.fromisoformat(when))
        way = ways().moves[move]
        is_allowed = shown in way.start if shown else not way.start
        try:
            found = book.fold([*entries, entry], date.fromisoformat(when))["i"]
        except RequestError:
            assert not is_allowed
            continue
        assert is_allowed
        entries.append(entry)
        state, due = found["base"], found["due"]
        assert found["issue_state"] in ways().states
        assert way.to == "keep" or state == way.to


def test_the_declaration_of_ways_is_checked():
    declared = {
        "states": {"a": "甲"},
        "moves": {"go": {"name": "走", "from": ["a"], "to": "b"}},
        "lapse": {"from": [], "to": "a"},
    }
    assert take(Ways, declared)[1] == ["moves.go：没有状态“b”，请在 states 中登记或改正"]


def test_a_problem_that_comes_back_is_linked_over_the_years(desk, results):
    register(results, years=[2023], severities=["question"])
    done = register(results, years=[2024], severities=["question"])
    issues = book.load_ledger().issues
    back = issues[issues["repeat_years"] == 2]
    assert done.linked == len(back) > 3
    for row in back.to_dict("records"):
        before = book.load_ledger().find(row["previous_id"])
        assert (before["year"], row["year"]) == (2023, 2024)
        assert (before["project"], before["code"], before["indicator"]) == (
            row["project"],
            row["code"],
            row["indicator"],
        )


def test_a_finding_that_is_gone_is_settled_and_one_put_aside_withdrawn(sent, results):
    one, two, three, *_ = (
        row for row in map(book.load_ledger().find, ids()) if row["source_key"].startswith("finding")
    )
    findings = results.findings
    gone = [row["source_key"].partition(":")[2] for row in (one, two)]
    from dataclasses import replace

    aside = findings[findings["finding_id"] == gone[1]].assign(reason="已函复", who="科", expires="2030-01-01")
    later = replace(results, findings=findings[~findings["finding_id"].isin(gone)], suppressed=aside)
    done = register(later)
    assert done.settled == 2
    assert book.load_ledger().find(one["issue_id"])["close_reason"].endswith("）")
    assert book.load_ledger().find(two["issue_id"])["close_reason"] == "已登记不予处理：已函复"
    assert states()[three["issue_id"]] == "sent"


def test_last_years_list_is_read_by_its_headers(desk, tmp_path):
    from jixiao.publish.rounds.problem_lists import read_problems

    whole = openpyxl.Workbook()
    whole.active.append(["2023年度整改台账"])
    whole.active.append(["序号", "预算单位", "项目名称", "发现问题", "整改内容"])
    whole.active.append([1, "示例中心", "示例项目", "=没有办法", "制定办法"])
    whole.save(tmp_path / "上年.xlsx")
    whole.active.cell(3, 4).data_type = "s"
    whole.save(tmp_path / "上年.xlsx")
    (row,) = read_problems(tmp_path / "上年.xlsx", 2023)
    assert (row["owner"], row["project"], row["demand"], row["issue_source"]) == (
        "示例中心",
        "示例项目",
        "制定办法",
        "last_year",
    )
    with pytest.raises(RequestError, match="--of"):
        read_problems(tmp_path / "上年.xlsx", 0)


def test_the_summary_for_the_meeting_says_what_the_ledger_holds(sent, tmp_path, monkeypatch):
    import docx

    receive([answer(roads(sent), {ids()[0]: "已改"})])
    monkeypatch.setenv(ledger_place.TODAY, "2024-10-08")
    path = tmp_path / "会议" / "汇总.docx"
    write_summary(path, year=2024)
    texts = [paragraph.text for paragraph in docx.Document(str(path)).paragraphs]
    assert texts[0] == "2024年度绩效评价问题整改情况汇总" and texts[1] == "截至 2024-10-08"
    issues = book.load_ledger().issues
    assert state_sentence(issues[issues["year"] == 2024]) in texts
    late = sum(one.count for one in sent.values()) - 1
    assert f"逾期未反馈 {late} 个" in texts[2] and "已反馈待审 1 个" in texts[2]
    with pytest.raises(RequestError, match="台账中没有2030年度的问题"):
        write_summary(path, year=2030)


def test_the_tables_show_the_ledger_or_what_would_be_registered(desk, results):
    assert overview.ledger_line("data/sample").startswith(
        f"台账还没有登记问题；按现有数据应登记 {len(candidates(results))} 个"
    )
    assert len(overview.show_issues("data/sample").frame) == len(candidates(results))
    register(results)
    assert overview.ledger_line().startswith(f"台账共 {len(candidates(results))} 个问题：待下达")
    for counts in (overview.show_departments().frame["合计"], overview.show_states().frame["未办结不满30天"]):
        assert sum(map(int, counts)) == len(candidates(results)) and len(counts) == 2
    assert len(overview.show_issues(state="逾期").frame) == 0
    with pytest.raises(RequestError, match="没有整改状态"):
        overview.show_issues(state="不知")


def test_the_commands_go_round(desk, results):
    place, count = "data/sample", len(candidates(results))
    assert f"新登记 {count} 个问题" in run_command("issues", "collect", "--place", place).stdout
    said = run_command("issues", "send", "--year", "2024", "--due", DUE, "--out", desk / "通知").stdout
    assert f"发出 2 份通知，共 {len(candidates(results, years=[2024]))} 个问题" in said
    assert (
        "早于今天"
        in run_command("issues", "send", "--year", "2024", "--due", "2020-01-01", "--out", desk / "通知").stderr
    )
    assert (
        "没有可以下达给“水利”的问题"
        in run_command("issues", "send", "--year", "2024", "--due", DUE, "--unit", "水利").stderr
    )
    path = answer(next((desk / "通知").glob("*公路*")), {ids()[0]: "已改"})
    done = run_command("issues", "receive", path)
    assert (
        done.returncode == 1
        and "读入 1 条答复" in done.stdout
        and f"{len(ids()) - 1} 个问题没有填写答复" in done.stdout
    )
    assert "办结 1 个问题" in run_command("issues", "close", ids()[0], "--by", "评价科").stdout
    assert "评价科" in run_command("issues", "history", ids()[0]).stdout
    assert "没有整改编号“2024-9999”，最接近的" in run_command("issues", "close", "2024-9999").stderr
    assert (
        json.loads(run_command("issues", "list", "--state", "已完成", "--format", "json").stdout)[0]["整改编号"]
        == ids()[0]
    )
    assert "已写入" in run_command("issues", "list", "--format", "xlsx", "--out", desk / "台账.xlsx").stdout
    assert "已写入" in run_command("issues", "summary", "--out", desk / "汇总.docx").stdout
    assert "前后相接" in run_command("issues", "check").stdout
    text = ledger_place.ledger_path().read_text("utf-8")
    ledger_place.ledger_path().write_text(text.replace("已改", "未改"), encoding="utf-8")
    broken = run_command("issues", "check")
    assert broken.returncode == 2 and "内容有改动" in broken.stderr


def test_a_folder_that_cannot_be_written_is_one_sentence(desk, results):
    register(results)
    (desk / "文件").write_text("x", encoding="utf-8")
    with pytest.raises(RequestError, match="写入失败"):
        send_notices(Path(desk / "文件" / "下级"), due=DUE, year=2024)
    assert set(states().values()) == {"pending"}


# Problems that people bring


def test_what_monitoring_found_is_entered_by_hand_or_from_a_table(desk, tmp_path):
    said = ["issues", "add", "--year", "2024", "--place", "sample", "--source", "监控", "--text", "7月底执行率20%"]
    done = run_command(*said, "--project", "示例农村公路养护项目", "--demand", "加快支付")
    assert "新登记 1 个问题" in done.stdout
    assert "新登记 0 个问题" in run_command(*said, "--project", "农村公路").stdout, "a part that only one has is enough"
    whole = openpyxl.Workbook()
    whole.active.append(["监控发现的问题"])
    whole.active.append(["序号", "项目名称", "预算单位", "三级指标", "发现问题", "整改要求"])
    whole.active.append(
        [1, "示例校园网络运维项目", "示例市教育技术中心", "故障响应时间", "全年目标可能完不成", "调整进度"]
    )
    whole.save(tmp_path / "监控.xlsx")
    done = run_command("issues", "add", "--year", "2024", "--source", "monitoring", "--file", tmp_path / "监控.xlsx")
    assert "新登记 1 个问题" in done.stdout
    issues = book.load_ledger().issues
    assert set(issues["issue_source"]) == {"monitoring"} and len(issues) == 2
    assert issues["owner"].tolist() == ["示例市公路养护中心", "示例市教育技术中心"]
    assert issues["department"].tolist()[0] == "示例市交通局"
    assert len(send_notices(desk / "out", due=DUE, year=2024)) == 2
    for wrong, told in (
        (["--text", "甲"], "责任单位或项目"),
        (["--unit", "甲"], "用 --text"),
        (["--text", "甲", "--unit", "乙", "--source", "丙"], "可选"),
    ):
        refused = run_command("issues", "add", "--year", "2024", *wrong)
        assert refused.returncode == 2 and told in refused.stderr and "Traceback" not in refused.stderr


def test_verify_follows_the_ledger_and_what_it_keeps(sent, desk, tmp_path):
    from jixiao.builds.run import build
    from jixiao.builds.verify import verify

    build("sample", tmp_path / "built")
    receive([answer(roads(sent), dict.fromkeys(ids()[:1], "已整改"))])

    def told():
        return [str(one) for one in verify(tmp_path / "built") if one.kind.startswith("ledger")]

    assert told() == []
    (kept,) = archive_folder().glob("*")
    whole = kept.read_bytes()
    kept.write_bytes(whole + b" ")
    assert told() == [f"收文存档“{kept.name}”与收到时不同"]
    kept.write_bytes(whole)
    lines = ledger_place.ledger_path().read_text(encoding="utf-8").splitlines(keepends=True)
    ledger_place.ledger_path().write_text("".join([lines[0].replace("raise", "close"), *lines[1:]]), encoding="utf-8")
    assert len(told()) == 1 and "第1条的内容有改动" in told()[0]
    ledger_place.ledger_path().write_text("".join(lines[:-1]), encoding="utf-8")
    assert "与操作日志不符" in told()[0]


def test_a_state_of_rectification_that_is_not_offered_is_told_and_the_answer_taken(sent):
    one, two, three, *_ = ids()

    def then(sheet, rows):
        for name, said in ((one, "随便"), (two, "有异议：单位另附说明"), (three, "")):
            sheet.cell(rows[name], COLUMN["feedback_status"]).value = said

    (came,) = receive([answer(roads(sent), dict.fromkeys((one, two, three), "改好了"), then=then)])
    assert came.taken == [one, two, three]
    (told,) = [sentence for sentence in came.sentences if "不是所列的" in sentence]
    assert f"“{one}”的整改情况写作“随便”" in told and "已整改、正在整改" in told
    assert book.load_ledger().find(one)["feedback_status"] == "随便"


def test_an_answer_in_a_document_keeps_the_number_of_its_notice(sent, tmp_path):
    import docx

    one, *_ = ids()
    _, sheet, rows = rows_of(roads(sent))
    paper = docx.Document()
    for line in (1, 2, 3):
        paper.add_paragraph(sheet.cell(line, 1).value)
    table = paper.add_table(rows=2, cols=sheet.max_column)
    for column in range(1, sheet.max_column + 1):
        table.cell(0, column - 1).text = str(sheet.cell(4, column).value or "")
        table.cell(1, column - 1).text = str(sheet.cell(rows[one], column).value or "")
    table.cell(1, COLUMN["feedback"] - 1).text = "已整改到位"
    paper.save(tmp_path / "答复.docx")
    (came,) = receive([tmp_path / "答复.docx"])
    assert came.taken == [one] and came.notice == sent["示例市公路养护中心"].notice
    assert came.owner == "示例市公路养护中心"


def test_the_beginning_of_an_id_is_enough_while_no_other_begins_so(sent):
    one, *_ = ids()
    ledger = book.load_ledger()
    assert ledger.find(one[:9]) is ledger.find(one)
    with pytest.raises(RequestError, match="开头的整改编号有"):
        ledger.find("2024-")
    with pytest.raises(RequestError, match="没有整改编号"):
        ledger.find("")
    done = run_command("issues", "withdraw", one[:9], "--reason", "重复")
    assert done.returncode == 0 and states()[one] == "withdrawn"
    assert one in run_command("issues", "history", one[:9]).stdout


def test_a_problem_by_hand_goes_to_its_department_and_what_nobody_knows_is_told(desk):
    said = ("issues", "add", "--place", "sample", "--text", "进度慢")
    done = run_command(*said, "--year", "2024", "--unit", "示例市交通局")
    assert "注意" not in done.stdout, "a department is a unit, too"
    run_command(*said, "--year", "2024", "--unit", "示例市公路养护中心")
    done = run_command(*said, "--year", "2031", "--unit", "没有的中心")
    assert "数据中没有2031年度（最接近的：2024" in done.stdout and "数据中没有单位“没有的中心”" in done.stdout
    assert "新登记 1 个问题" in done.stdout
    assert book.load_ledger().issues["department"].tolist() == ["示例市交通局", "示例市交通局", ""]


ROWS = [
    ["", "产出指标", "数量指标", "通车里程", "≥100公里", "100公里", 50, 50, ""],
    ["", "产出指标", "质量指标", "验收合格率", "≥90%", "80%", 30, 30, ""],
    ["", "满意度指标", "服务对象满意度指标", "群众满意度", "≥90%", "95%", 10, 10, ""],
]


def test_a_deleted_indicator_closes_no_problem(desk):
    """Whoever blanks or deletes the row of a problem has corrected nothing; one who corrects the row has."""
    path = desk / "甲" / "甲.xlsx"
    path.parent.mkdir()
    write_self_form(path, ROWS)
    everything = ["error", "warning", "question"]
    register(jixiao.evaluate(path.parent), severities=everything)
    issues = book.load_ledger().issues
    mine = issues[issues["indicator"] == "验收合格率"]["issue_id"].tolist()
    assert "missed_but_full" in set(issues["code"]) and mine
    send_notices(desk / "out", due=DUE, year=int(issues["year"].iloc[0]))

    for rows in (
        [ROWS[0], ROWS[2]],
        [ROWS[0], ["", "产出指标", "质量指标", "验收合格率", "", "", "", "", ""], ROWS[2]],
        [ROWS[0], [""] * 9, ROWS[2]],
    ):
        write_self_form(path, rows)
        done = register(jixiao.evaluate(path.parent), severities=everything)
        assert all(states()[one] == "sent" for one in mine), rows
        note = book.load_ledger().find(mine[0])["issue_note"]
        assert "已读不到“验收合格率”" in note and "仍须办理" in note
        assert done.gone in {tuple(mine), ()}, "it is said once"
    assert sum(entry["what"] == "gone" for entry in book.load_ledger().entries) == len(mine)

    write_self_form(path, [ROWS[0], ["", "产出指标", "质量指标", "验收合格率", "≥90%", "95%", 30, 30, ""], ROWS[2]])
    done = register(jixiao.evaluate(path.parent), severities=everything)
    assert done.gone == () and all(states()[one] == "done" for one in mine)


def test_a_form_whose_rows_were_shifted_closes_nothing_that_is_no_longer_read(desk):
    """A row put in at the top moves the texts but not the merged cells: what is lost so was corrected by nobody."""
    path = desk / "甲" / "甲.xlsx"
    path.parent.mkdir()
    write_self_form(path, ROWS)
    everything = ["error", "warning", "question"]
    register(jixiao.evaluate(path.parent), severities=everything)
    send_notices(desk / "out", due=DUE, year=int(book.load_ledger().issues["year"].iloc[0]))
    whole = openpyxl.load_workbook(path)
    whole.active.insert_rows(3)
    whole.save(path)
    later = jixiao.evaluate(path.parent)
    register(later, severities=everything)
    read = set(later.frames.indicators["indicator"])
    for row in book.load_ledger().issues.to_dict("records"):
        if row["indicator"] and row["indicator"] not in read:
            assert row["issue_state"] != "done", row["issue_text"]


def test_one_of_two_indicators_of_a_name_that_is_deleted_closes_no_problem(desk):
    path = desk / "甲" / "甲.xlsx"
    path.parent.mkdir()
    write_self_form(path, [ROWS[0], ROWS[1], [*ROWS[1][:7], 10, ""]])
    register(jixiao.evaluate(path.parent))
    before = book.load_ledger().issues
    send_notices(desk / "out", due=DUE, year=int(before["year"].iloc[0]))
    write_self_form(path, [ROWS[0], ROWS[1]])
    register(jixiao.evaluate(path.parent))
    named = before[before["indicator"] == "验收合格率"]["issue_id"]
    assert len(named) and all(states()[one] == "sent" for one in named)


def test_a_ledger_without_its_journal_is_not_consistent(sent):
    path, log, one = ledger_place.ledger_path(), journal.journal_path(), ids()[0]
    log.unlink()
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")
    said = run_command("issues", "check")
    assert said.returncode == 2 and "操作日志" in said.stderr and "请从备份恢复" in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1
    refused = run_command("issues", "withdraw", one, "--reason", "误")
    assert refused.returncode == 2 and "请从备份恢复" in refused.stderr
    assert not log.exists() and path.read_text("utf-8") == "".join(lines[:-1])
    journal.record("export", path, content="0")  # another journal that knows nothing of this ledger
    assert run_command("issues", "check").returncode == 2


def test_a_first_writing_that_was_killed_before_the_journal_goes_on(desk, results, monkeypatch):
    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(book.journal, "record", killed)
        register(results)
    assert book.check() is None and len(book.load_ledger().issues) == len(candidates(results))
    assert register(results).raised == 0


def test_a_withdrawn_problem_is_in_no_share_of_done_ones(sent):
    one, two, three, *_ = ids()
    receive([answer(roads(sent), {one: "已改"})])
    with book.writing("评审") as writer:
        writer.write([{"what": "close", "about": one, "said": {}}])
        writer.write([{"what": "withdraw", "about": name, "said": {"reason": "登记有误"}} for name in (two, three)])
    assert (states()[one], states()[two]) == ("done", "withdrawn")
    issues = book.load_ledger().issues
    chosen = issues[issues["issue_id"].isin([*ids()[:4]])]
    sentence = state_sentence(chosen)
    assert "已完成 1 个，占 50.00%" in sentence and "已撤销 2 个" in sentence
    assert state_sentence(issues[issues["issue_id"] == two]).count("占 —") == 1
    assert "已撤销" in run_command("issues", "list", "--state", "已撤销").stdout
    with book.writing() as writer:
        writer.write([{"what": "reopen", "about": two, "said": {"reason": "仍须整改", "due": DUE}}])
    assert states()[two] == "sent"


def test_the_list_is_written_in_the_format_its_file_names(desk, results):
    register(results)
    listed = book.load_ledger().issues["issue_id"].tolist()
    for name, more in (("一.xlsx", []), ("二.xlsx", ["--format", "csv"]), ("三.csv", []), ("四.json", [])):
        said = run_command("issues", "list", "--out", desk / name, *more)
        assert said.returncode == 0 and f"共 {len(listed)} 个问题" in said.stdout and listed[0] not in said.stdout
    for name in ("一.xlsx", "二.xlsx"):
        cells = [cell.value for line in openpyxl.load_workbook(desk / name).active.iter_rows() for cell in line]
        assert set(listed) <= set(cells)
    assert (desk / "三.csv").read_text("utf-8-sig").count(listed[0]) >= 1
    assert [row["整改编号"] for row in json.loads((desk / "四.json").read_text("utf-8"))] == listed
    refused = run_command("issues", "list", "--out", desk / "五.txt")
    assert refused.returncode == 2 and "扩展名应为" in refused.stderr and not (desk / "五.txt").exists()
