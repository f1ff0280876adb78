"""Reviews: draws are reproducible and provable, merging is order-free, differences sum, bad sheets are told."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest
from command import run_command
from hypothesis import given, settings
from hypothesis import strategies as st

import jixiao
from jixiao.builds.ledger import book, ledger_place
from jixiao.builds.ledger.drawing import (
    POPULATION,
    chances,
    draw,
    draws,
    find_draw,
    keep_draw,
    population_of,
    prove,
)
from jixiao.builds.ledger.review_rules import review_words
from jixiao.builds.ledger.reviewing import OPINIONS, merge_opinions, opinions_of, quality_grade, review_problems
from jixiao.core.errors import RequestError
from jixiao.core.exact import exact_sum
from jixiao.core.frames import typed
from jixiao.publish.rounds import review_books as books

COLUMN = {name: number for number, name in enumerate(review_words()["sheets"]["columns"], 1)}


@pytest.fixture(scope="module")
def results(sample_results):
    return sample_results


@pytest.fixture
def desk(ledger_desk):
    return ledger_desk


@pytest.fixture
def drawn(desk, results):
    return keep_draw(population_of(results, 2024), year=2024, number=2, seed="7", by_hand={"助学金": "来信反映"})


def fill(path, said):
    """Fill a sheet in: indicator -> points, opinion."""
    whole = openpyxl.load_workbook(path)
    sheet = whole.active
    for row in range(5, sheet.max_row + 1):
        name = sheet.cell(row, COLUMN["indicator"]).value
        if name in said:
            points, opinion = said[name]
            sheet.cell(row, COLUMN["review_score"]).value = points
            sheet.cell(row, COLUMN["review_opinion"]).value = opinion
    whole.save(path)
    return path


def made_up(count):
    rng = random.Random(count)
    rows = [
        {
            "project_id": f"P{number:03d}",
            "project": f"项目{number}",
            "department": "局",
            "annual_budget_wan": None if number % 5 == 0 else rng.uniform(1, 1000),
            "errors": rng.randrange(4),
            "warnings": rng.randrange(4),
            "checksum": "",
        }
        for number in range(count)
    ]
    return typed(rows, POPULATION)


@given(st.integers(1, 40), st.text(min_size=1, max_size=5).filter(str.strip), st.data())
@settings(max_examples=60)
def test_draws_are_reproducible_whatever_the_order_of_the_forms(count, seed, data):
    population = made_up(count)
    number = data.draw(st.integers(1, count))
    first = draw(population, year=2024, number=number, seed=seed)
    assert first.equals(draw(population.copy(), year=2024, number=number, seed=seed))
    assert len(first) == number and first["rank"].tolist() == list(range(1, number + 1))
    whole = draw(population, year=2024, number=count, seed=seed)
    assert whole["project_id"].head(number).tolist() == first["project_id"].tolist(), "more drawn begin with the same"
    assert sum(chances(population)) == pytest.approx(1)


def test_money_and_risk_raise_the_chance():
    population = made_up(12).assign(annual_budget_wan=10.0, errors=0, warnings=0)
    rich = population.assign(annual_budget_wan=[1000.0, *[10.0] * 11])
    risky = population.assign(errors=[5, *[0] * 11])
    for changed in (rich, risky):
        hits = sum(
            draw(changed, year=2024, number=1, seed=str(seed))["project_id"].iloc[0] == "P000" for seed in range(200)
        )
        plain = sum(
            draw(population, year=2024, number=1, seed=str(seed))["project_id"].iloc[0] == "P000" for seed in range(200)
        )
        assert hits > 3 * max(plain, 5)


def test_a_draw_is_kept_with_all_it_takes_to_work_it_out_again(drawn):
    made = find_draw(book.load_ledger())
    assert made.draw_id == "C2024-01" and made.said["seed"] == "7" and "种子“7”" in made.said["rule"]
    reasons = dict(zip(made.drawn["project"], made.drawn["draw_reason"], strict=True))
    assert reasons == {"示例农村公路养护项目": "random", "示例助学金发放项目": "both"}, (
        "the one that somebody chose says both"
    )
    assert prove(made) == []
    rows = json.loads(made.file.read_text("utf-8"))
    rows[0]["errors"] += 1
    made.file.write_text(json.dumps(rows), encoding="utf-8")
    assert "指纹不同" in prove(made)[0]
    made.file.unlink()
    with pytest.raises(RequestError, match="缺失或已损坏"):
        prove(made)


def test_a_draw_is_not_repeated_in_silence(drawn, results):
    population = population_of(results, 2024)
    with pytest.raises(RequestError, match="不会悄悄重抽"):
        keep_draw(population, year=2024, number=2, seed="8")
    again = keep_draw(population, year=2024, number=1, seed="8", again="名单有误")
    assert again.said["replaces"] == "C2024-01" and [one.draw_id for one in draws(book.load_ledger())] == ["C2024-02"]
    assert find_draw(book.load_ledger(), "C2024-01").said["seed"] == "7", "the first stays"


def test_nothing_is_redrawn_once_somebody_reviewed(drawn, results):
    path = books.write_review_sheet(results, drawn, "甲", ledger_place.ledger_path().parent)
    row = next(iter(books.drawn_rows(results, drawn).to_dict("records")))
    books.receive_reviews([fill(path, {row["indicator"]: (row["reported_score"], "属实")})], results)
    with pytest.raises(RequestError, match="已有人填写复核"):
        keep_draw(population_of(results, 2024), year=2024, number=1, seed="9", again="想换")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"seed": " "}, "--seed"),
        ({"number": 9}, "抽取数量应在 1 至 4 之间"),
        ({"number": 0}, "抽取数量"),
        ({"by_hand": {"公路": ""}}, "须写明原因"),
        ({"by_hand": {"示例": "x"}}, "对应 4 个项目"),
    ],
)
def test_a_wrong_request_is_one_sentence(wanted, said, results, desk):
    with pytest.raises(RequestError, match=said):
        draw(population_of(results, 2024), **{"year": 2024, "number": 1, "seed": "1", **wanted})
    assert not ledger_place.ledger_path().exists()


def opinion(reviewer, points, indicator="001", text="见", is_final=False):
    row = {"draw_id": "C", "year": 2024, "project_id": "p", "indicator_id": indicator, "reviewer": reviewer}
    return {**row, "review_score": points, "review_opinion": text, "review_files": "", "is_final": is_final}


SPOKEN = st.lists(
    st.builds(
        opinion,
        st.sampled_from(["甲", "乙", "丙"]),
        st.sampled_from([0.0, 5.0, 7.5, 10.0]),
        st.sampled_from(["001", "002"]),
        st.sampled_from(["", "少", "多"]),
        st.booleans(),
    ),
    max_size=8,
)


@given(SPOKEN, st.randoms())
@settings(max_examples=150)
def test_merging_is_order_free_and_twice_is_once(rows, rng):
    parts = [typed([row], OPINIONS) for row in rows]
    first = merge_opinions(*parts)
    rng.shuffle(parts)
    assert merge_opinions(*parts, *parts).equals(first)
    if parts:
        assert merge_opinions(pd.concat(parts)).equals(first)
    for row in first.to_dict("records"):
        mine = [one for one in rows if one["indicator_id"] == row["indicator_id"]]
        decided = [one for one in mine if one["is_final"]] or mine
        points = {one["review_score"] for one in decided}
        assert (row["review_state"] == "contradicted") == (len(points) > 1)
        assert pd.isna(row["review_score"]) if len(points) > 1 else row["review_score"] in points
        assert all(one["review_opinion"] in row["review_opinion"] for one in mine), "no opinion is lost"


def test_two_reviewers_are_merged_and_their_differences_sum_to_the_totals(drawn, results, desk):
    rows = books.drawn_rows(results, drawn)
    first, second, third = rows["indicator"].drop_duplicates().head(3)
    sheets = {name: books.write_review_sheet(results, drawn, name, desk / "复核表") for name in ("甲", "乙")}
    weight = dict(zip(rows["indicator"], rows["weight"], strict=True))
    fill(sheets["甲"], {first: (weight[first] - 1, "佐证不足"), second: (weight[second], "属实"), third: (1, "未完成")})
    fill(sheets["乙"], {first: (weight[first] - 1, "同意"), third: (2.5, "部分完成")})
    done = books.receive_reviews(list(sheets.values()), results)
    assert [one.new for one in done][1] <= done[0].new and all(one.draw == "C2024-01" for one in done)
    reviews, totals = books.review_of(results, drawn)
    state = dict(zip(reviews["indicator"], reviews["review_state"], strict=True))
    assert (state[first], state[second], state[third]) == ("agreed", "single", "contradicted")
    assert (reviews["evaluation"] == "review").all()
    for row in totals.to_dict("records"):
        mine = reviews[reviews["project_id"] == row["project_id"]]
        if (mine["review_state"] == "contradicted").any() or (mine["review_state"] == "open").all():
            assert (
                pd.isna(row["review_total"]) and pd.isna(row["review_difference"]) and pd.isna(row["deviation_share"])
            )
            assert row["review_progress"] in {"contradicted", "none"} and row["quality_grade"] == ""
            continue
        assert exact_sum(mine["review_difference"].dropna()) in {row["review_difference"], None}
        assert exact_sum([row["reported_sum"], row["review_difference"]]) == row["review_total"]
        assert row["quality_grade"] == ""  # not everything is reviewed
    whole = openpyxl.load_workbook(write(results, drawn, desk))
    assert whole.sheetnames == ["复核结果", "逐项复核", "抽取结果"]
    found = list(review_problems(book.load_ledger(), results))
    assert found and all(
        row["issue_source"] == "review" and "佐证不足" in row["issue_text"]
        for row in found
        if row["indicator"] == first
    )
    again = books.receive_reviews([sheets["甲"]], results)
    assert again[0].new == 0 and "与已收到的相同" in again[0].sentences[-1]


def write(results, drawn, desk):
    books.write_review(results, drawn, desk / "复核.xlsx")
    return desk / "复核.xlsx"


@pytest.mark.parametrize(
    ("points", "text", "said"),
    [
        (99, "多", "高于分值"),
        (-1, "负", "为负数"),
        ("很好", "", "不是数字"),
        (1, "", "没有写评审意见"),
        ("nan", "x", "不是数字"),
    ],
)
def test_a_bad_opinion_is_told_and_the_rest_is_read(points, text, said, drawn, results, desk):
    rows = books.drawn_rows(results, drawn)
    mine = rows[rows["project_id"] == rows["project_id"].iloc[0]]
    bad, good = mine["indicator"].iloc[1], mine["indicator"].iloc[2]
    path = books.write_review_sheet(results, drawn, "甲", desk)
    kept = float(mine["reported_score"].iloc[2])
    fill(path, {bad: (points, text), good: (kept, "属实")})
    (came,) = books.receive_reviews([path], results)
    told = [sentence for sentence in came.sentences if said in sentence]
    assert 1 <= len(told) == (rows["indicator"] == bad).sum()
    assert came.new == (rows["indicator"] == good).sum()


def test_a_changed_key_and_a_sheet_of_nobody(drawn, results, desk):
    path = books.write_review_sheet(results, drawn, "甲", desk)
    whole = openpyxl.load_workbook(path)
    sheet = whole.active
    sheet.cell(5, COLUMN["review_key"]).value = "P0/001"
    sheet.cell(5, COLUMN["review_score"]).value = 1
    whole.save(path)
    assert any("“P0/001”不在其中" in one for one in books.receive_reviews([path], results)[0].sentences)
    sheet["A2"].value = "改了"
    whole.save(path)
    assert "没有写明抽查编号和复核人" in books.receive_reviews([path], results)[0].sentences[0]


def test_the_table_of_grades_is_read_at_its_lines():
    assert [quality_grade(share) for share in (0.01, 0.0101, 0.05, 0.0501, 0.1, 0.11)] == [
        *("excellent", "good", "good", "fair", "fair", "poor")
    ]


def test_the_commands_go_round(desk):
    place = ("--place", "data/sample")
    said = run_command("review", "draw", "--year", "2024", "--number", "1", "--seed", "3", *place).stdout
    assert "抽取规则" in said and "已登记 C2024-01，共 1 份" in said
    assert "完全一致" in run_command("review", "prove").stdout
    both = ("--reviewer", "甲", "--reviewer", "乙")
    assert "已写入" in run_command("review", "sheets", *both, "--out", desk / "表", *place).stdout
    rows = books.drawn_rows(jixiao.evaluate("data/sample"), find_draw(book.load_ledger()))
    (path,), (other,) = (list((desk / "表").glob(f"*{name}.xlsx")) for name in "甲乙")
    name, weight = rows["indicator"].iloc[0], float(rows["weight"].iloc[0])
    fill(path, {name: (weight - 2, "凭证不全")})
    assert "读入 1 项" in run_command("review", "receive", path, *place).stdout
    decide = ("review", "settle", rows["project"].iloc[0], name, "--points", 1, "--opinion", "定", "--by", "组长")
    refused = run_command(*decide, *place)
    assert refused.returncode == 2 and "现为“一人复核”，没有不同的意见，不必裁定" in refused.stderr
    fill(other, {name: (weight - 1, "大部分属实")})
    assert "读入 1 项" in run_command("review", "receive", other, *place).stdout
    assert "待定（意见不一）" in run_command("review", "list", *place).stdout
    assert "已裁定 1 项" in run_command(*decide, *place).stdout
    assert "核查总分" in run_command("review", "list", *place).stdout
    assert "已写入" in run_command("review", "list", "--out", desk / "果.xlsx", *place).stdout


def test_the_panel_takes_opinions_and_says_what_is_missing(drawn, results, desk, monkeypatch):
    from jixiao.publish.rounds.review_panel import ReviewPanel

    monkeypatch.setenv("JIXIAO_HOME", str(desk))
    (desk / "凭证.pdf").write_bytes(b"x")
    panel = ReviewPanel(results, drawn, "")
    panel.save.click()
    assert "请先填写复核人" in panel.told.value
    panel.reviewer.value = "甲"
    indicator_id = next(iter(panel.fields))
    points, opinion, files = panel.fields[indicator_id]
    points.value = points.value - 1
    panel.save.click()
    assert "请写评审意见" in panel.told.value
    opinion.value, files.value = "凭证不全", "凭证.pdf；没有.pdf"
    panel.save.click()
    assert "已保存 1 项；1 项与自评不同" in panel.told.value
    (row,) = opinions_of(book.load_ledger()).to_dict("records")
    assert row["review_files"].startswith("凭证.pdf（2d711642）；没有.pdf") and row["reviewer"] == "甲"
    panel.save.click()
    assert "没有改动" in panel.told.value
    again = ReviewPanel(results, drawn, "甲")
    assert again.fields[indicator_id][1].value == "凭证不全"
    assert ReviewPanel(results, drawn, "乙").fields[indicator_id][1].value == ""


def test_without_a_draw_the_panel_is_a_trial_that_takes_nothing(desk):
    from jixiao.publish.rounds.review_panel import open_review

    shown = open_review("data/sample", year=2024)
    assert "试抽" in shown.children[0].value and shown.children[3].disabled


def test_a_form_nobody_reviewed_has_no_reviewed_total(drawn, results, desk):
    _, totals = books.review_of(results, drawn)
    assert set(totals["review_progress"]) == {"none"} and totals["review_total"].isna().all()
    assert totals["review_difference"].isna().all() and totals["deviation_share"].isna().all()
    written = books.written_totals(totals)
    assert set(written["review_progress"]) == {"未复核"}


def test_a_reviewed_form_that_cannot_be_read_any_more_stays_listed(drawn, results, desk):
    rows = books.drawn_rows(results, drawn)
    lost, name = rows["project_id"].iloc[0], rows["project"].iloc[0]
    path = books.write_review_sheet(results, drawn, "甲", desk)
    row = rows.iloc[0]
    books.receive_reviews([fill(path, {row["indicator"]: (row["reported_score"], "属实")})], results)
    later = replace(results, scores=results.scores[results.scores["project_id"] != lost])
    _, totals = books.review_of(later, drawn)
    assert sorted(totals["project_id"]) == sorted(drawn.drawn["project_id"])
    (kept,) = totals[totals["project_id"] == lost].to_dict("records")
    assert kept["review_progress"] == "unread" and kept["reviewed_count"] >= 1 and pd.isna(kept["review_total"])
    (sentence,) = books.unread_sentences(totals)
    assert f"“{name}”的自评表现在读不出" in sentence
    books.write_review(later, drawn, desk / "复核.xlsx")
    sheet = openpyxl.load_workbook(desk / "复核.xlsx")["复核结果"]
    assert any(sentence == cell.value for line in sheet.iter_rows() for cell in line)


def test_a_project_drawn_and_chosen_by_hand_states_both(desk, results):
    population = population_of(results, 2024)
    made = keep_draw(population, year=2024, number=len(population), seed="7", by_hand={"助学金": "领导要求"})
    (row,) = made.drawn[made.drawn["project"].str.contains("助学金")].to_dict("records")
    assert (row["draw_reason"], row["draw_note"]) == ("both", "领导要求")
    assert set(made.drawn["draw_reason"]) == {"both", "random"} and prove(made) == []
    assert "随机抽取，并人工选取" in review_words()["draw"]["reasons"].values()
