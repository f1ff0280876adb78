"""Make forms in layouts nobody declared: words, order, merges, levels, units and titles are drawn at random (版式生成).

The words come from ``words.yaml`` beside this file, which was written without looking at what the reader knows. A
layout is a grid of cells with merges, and the content it was made from, which is what reading must give.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

WORDS = yaml.safe_load((Path(__file__).parent / "words.yaml").read_text(encoding="utf-8"))
Cell = tuple[int, int, int, int, str]
"""First row, first column, last row, last column, text."""


@dataclass
class Layout:
    """One form: its cells, the lines above it, the folder and name of its file, and what is right."""

    seed: int
    kind: str
    cells: list[Cell] = field(default_factory=list)
    width: int = 0
    height: int = 0
    file: str = "form.xlsx"
    folder: str = "2022"
    expected: dict[str, Any] = field(default_factory=dict)
    choices: dict[str, str] = field(default_factory=dict)
    headers: list[tuple[str, str, str]] = field(default_factory=list)
    """Each header printed: block, meaning, text."""


class Maker:
    """Draws one layout from a seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.layout = Layout(seed, self.pick(["self"] * 7 + ["whole", "plan", "plan"]))
        self.row = 0

    def pick(self, options: list[Any]) -> Any:
        return self.rng.choice(options)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def choose(self, name: str, options: list[str]) -> str:
        chosen: str = self.pick(options)
        self.layout.choices[name] = chosen
        return chosen

    def put(self, left: int, right: int, text: str, *, top: int | None = None, bottom: int | None = None) -> None:
        top = self.row if top is None else top
        self.layout.cells.append((top, left, bottom if bottom is not None else top, right, text))

    # -- content

    def content(self) -> None:
        rng, layout = self.rng, self.layout
        self.year = rng.randint(2016, 2025)
        place = self.pick(["示例市", "示例县", "示例区", "示例省"])
        self.project = self.pick(
            ["示例河道整治", "示例村道路养护", "示例就业培训补助", "示例图书馆运行", "示例信息系统运维", "示例防汛物资"]
        ) + self.pick(["项目", "经费", "专项", "", "资金"])
        self.department = place + self.pick(["水务局", "教育局", "交通局", "民政局", "卫生健康委员会"])
        self.unit = place + self.pick(["第一中学", "图书馆", "公路养护中心", "社会福利院", "疾控中心"])
        budget = self.pick([10, 52.5, 360, 1200, 88.8, 3000])
        self.money = {
            "initial_budget": budget,
            "annual_budget": budget + self.pick([0, 0, 5, 20]),
            "executed": round(budget * self.pick([1, 1, 0.95, 0.8]), 2),
        }
        self.rows: list[dict[str, Any]] = []
        names = rng.sample(WORDS["names"], rng.randint(4, 10))
        categories = WORDS["categories"] if self.chance(0.8) else WORDS["categories"][:2]
        weights = _weights(rng, len(names), 100 if layout.kind != "self" else 90)
        per = max(1, len(names) // len(categories))
        for number, name in enumerate(names):
            category = categories[min(number // per, len(categories) - 1)]
            children = category["children"]
            child = children[min((number % per), len(children) - 1)]
            unit = self.pick(WORDS["units"])
            style = self.pick(["count", "count", "rate", "word"])
            value = rng.randint(1, 400)
            target, actual = {
                "count": (f"≥{value}{unit}", f"{value + rng.randint(0, 9)}{unit}"),
                "rate": (f"≥{80 + value % 20}%", f"{81 + value % 19}%"),
                "word": (self.pick(WORDS["words"]), self.pick(WORDS["words"])),
            }[style]
            weight = weights[number]
            score = weight if self.chance(0.7) else max(0, weight - 1)
            self.rows.append(
                {
                    "category": category["name"],
                    "subcategory": child[0],
                    "indicator": name,
                    "target": target,
                    "actual": actual,
                    "weight": weight,
                    "score": score,
                    "unit": unit,
                    "value": value,
                    "style": style,
                    "reason": self.pick(WORDS["reasons"]) if score < weight else "",
                }
            )

    # -- blocks

    def title(self) -> None:
        layout = self.layout
        printed = self.pick(WORDS["titles"][layout.kind])
        where = self.choose("year", ["line", "title", "folder", "line", "title", "head", "file"])
        layout.folder = str(self.year) if where == "folder" else "收到"
        if self.chance(0.3):
            self.put(0, 0, self.pick(["附件1", "附件2-1", "附表2", "附件：", "表11"]))
            self.row += 1
        prefix = f"{self.year}年度" if where == "title" else ""
        suffix = f"（{self.year}年度）" if where == "line" and self.chance(0.4) else ""
        prefix += self.pick(["", "", "示例市", "市级"]) if not prefix else ""
        self.put(0, layout.width - 1, prefix + printed + (("\n" + suffix) if suffix and self.chance(0.5) else suffix))
        self.row += 1
        if where == "line" and not suffix:
            self.put(
                0,
                layout.width - 1,
                self.pick([f"（{self.year}年度）", f"({self.year}年)", f"{self.year}年度", f"（ {self.year} 年度）"]),
            )
            self.row += 1
        if where == "file":
            layout.file = f"{self.year}年{printed}"
        if self.chance(0.25):
            half = layout.width // 2
            self.put(0, half - 1, self.pick(["填报日期：", f"填报日期：{self.year + 1}年3月1日", "编号："]))
            self.put(half, layout.width - 1, self.pick(["单位：万元", "金额单位：万元"]))
            self.row += 1
        self.year_in_head = where == "head"

    def head(self) -> None:
        layout = self.layout
        labels = WORDS["labels"]
        pairs = []
        whole = layout.kind == "whole"
        if not whole:
            pairs.append((self.pick(labels["project"]), self.project))
        pairs.append((self.pick(labels["whole"] if whole else labels["department"]), self.department))
        if not whole:
            pairs.append((self.pick(labels["unit"]), self.unit))
        if self.year_in_head:
            pairs.append(
                (self.pick(["预算年度", "评价年度", "自评年度", "年度"]), f"{self.year}{self.pick(['', '年', '年度'])}")
            )
        self.has_head_total = layout.kind != "plan" and self.chance(0.2)
        if self.has_head_total:
            pairs.append((self.pick(labels["total"]), f"{self.total():g}"))
        for _ in range(self.rng.randint(0, 3)):
            pairs.append(
                (self.pick(labels["person"] + labels["other"]), self.pick(["", "示例甲", "无", "2021年1月—12月"]))
            )
        first, rest = pairs[0], pairs[1:]
        if self.chance(0.4):
            self.rng.shuffle(rest)
        glued = self.chance(0.12)
        layout.choices["head"] = "glued" if glued else "beside"
        half = max(2, layout.width // 2)
        start = 0
        wide = 2 if layout.width >= 8 and self.chance(0.4) else 1
        line = [first]
        lines = []
        if self.chance(0.5):
            lines.append(line)
            line = []
        for pair in rest:
            line.append(pair)
            if len(line) == 2:
                lines.append(line)
                line = []
        if line:
            lines.append(line)
        for line in lines:
            if glued:
                for number, (label, value) in enumerate(line):
                    left, right = (
                        (start, layout.width - 1)
                        if len(line) == 1
                        else (number * half, half - 1 if number == 0 else layout.width - 1)
                    )
                    self.put(left, right, f"{label.strip('：:')}：{value}")
            elif len(line) == 1:
                self.put(start, start + wide - 1, line[0][0])
                self.put(start + wide, layout.width - 1, line[0][1])
            else:
                self.put(start, start + wide - 1, line[0][0])
                self.put(start + wide, half + wide - 2, line[0][1])
                middle = half + wide - 1
                self.put(middle, middle, line[1][0])
                self.put(middle + 1, layout.width - 1, line[1][1])
            self.row += 1

    def total(self) -> float:
        extra = self.execution_score if self.has_execution_points else 0
        return sum(row["score"] for row in self.rows) + extra

    def header(self, block: str, meaning: str, words: list[str]) -> str:
        text = self.pick(words)
        if self.chance(0.08) and "\n" not in text and len(text) > 4:
            text = text[: len(text) // 2] + "\n" + text[len(text) // 2 :]
        if self.chance(0.06):
            text = " ".join(text)
        self.layout.headers.append((block, meaning, text))
        return text

    def funds(self) -> None:
        layout = self.layout
        style = layout.choices["funds"]
        if style == "none":
            return
        words, sources = WORDS["funds"], WORDS["sources"]
        rate = self.money["executed"] / self.money["annual_budget"]
        total_label = self.pick(sources["total"])
        split = round(self.money["annual_budget"] * 0.6, 2)
        parts = [(self.pick(sources["fiscal"]), "fiscal", 1.0)]
        if self.chance(0.5):
            parts.append((self.pick(sources["other"]), "other", None))
        if style == "pairs":
            side = self.pick(WORDS["side"]["funds"])
            left = 0
            rows = 1
            self.put(0, 0, side, bottom=self.row + rows - 1)
            third = (layout.width - 1) // 4
            stops = [1, 1 + third, 1 + 2 * third, 1 + 3 * third]
            texts = [
                self.pick(["预算数：", "全年预算数", "预算数"]),
                f"{self.money['annual_budget']:g}",
                self.pick(["执行数：", "全年执行数", "执行数"]),
                f"{self.money['executed']:g}",
            ]
            for number, text in enumerate(texts):
                right = stops[number + 1] - 1 if number < 3 else layout.width - 1
                self.put(stops[number], right, text)
            self.row += rows
            del left, split
            return
        if style == "prose":
            total, part = self.money["annual_budget"], split
            self.put(0, 0, self.pick(["项目总投资", "资金总额及构成", "项目资金情况", "资金来源"]))
            text = self.pick(
                ["资金总额：{0}万元，其中：财政拨款{1}万元", "总投资{0}万元（财政资金{1}万元）", "年度资金总额{0}万元"]
            )
            self.put(1, layout.width - 1, text.format(f"{total:g}", f"{part:g}"))
            self.row += 1
            return
        if style == "plan":
            side = self.pick(WORDS["side"]["funds"])
            lines = [
                (total_label, f"{self.money['annual_budget']:g}"),
                (parts[0][0], f"{self.money['annual_budget']:g}"),
                (self.pick(sources["other"]), self.pick(["", "0"])),
            ]
            self.put(0, 0, side, bottom=self.row + len(lines) - 1)
            label_right = min(2, layout.width - 2)
            for label, value in lines:
                self.put(1, label_right, label)
                self.put(label_right + 1, layout.width - 1, value)
                self.row += 1
            return
        names = {
            "national": ["initial", "annual", "executed", "weight", "rate", "score"],
            "three": ["annual", "executed", "rate"],
            "two": ["initial", "executed", "weight", "rate", "score"],
            "four": ["initial", "annual", "executed", "rate"],
            "scored": ["annual", "executed", "rate", "score"],
        }[style]
        if self.chance(0.2) and style == "national":
            names = ["initial", "annual", "executed", "rate", "weight", "score"]
        lines = [(total_label, "total")] + [(label, fund) for label, fund, _ in parts]
        label_left, label_right = 1, layout.width - len(names) - 1
        self.put(0, 0, self.pick(WORDS["side"]["funds"]), bottom=self.row + len(lines))
        top = self.row
        self.put(label_left, label_right, self.pick(["", "", "资金来源"]))
        for number, name in enumerate(names):
            meaning = {
                "initial": "initial_budget",
                "annual": "annual_budget",
                "rate": "execution_rate",
                "score": "reported_score",
            }.get(name, name)
            self.put(label_right + 1 + number, label_right + 1 + number, self.header("funds", meaning, words[name]))
        self.row += 1
        self.rate_text = (
            f"{rate * 100:.2f}%"
            if style != "two"
            else f"{self.money['executed'] / self.money['initial_budget'] * 100:.2f}%"
        )
        for label, fund in lines:
            self.put(label_left, label_right, label)
            for number, name in enumerate(names):
                text = ""
                if fund != "other":
                    text = {
                        "initial": f"{self.money['initial_budget']:g}",
                        "annual": f"{self.money['annual_budget']:g}",
                        "executed": f"{self.money['executed']:g}",
                    }.get(name, "")
                if fund == "total":
                    text = {"rate": self.rate_text, "weight": "10", "score": f"{self.execution_score:g}"}.get(
                        name, text
                    )
                self.put(label_right + 1 + number, label_right + 1 + number, text)
            self.row += 1
        assert top < self.row

    def goals(self) -> None:
        layout = self.layout
        style = self.choose("goals", ["none", "beside", "headed", "headed"])
        if style == "none":
            return
        if style == "beside":
            self.put(0, 0, self.pick(WORDS["side"]["goal"]))
            self.put(1, layout.width - 1, "示例目标：完成年度任务")
            self.row += 1
            return
        half = max(2, layout.width // 2)
        self.put(0, 0, self.pick(WORDS["side"]["goal"]), bottom=self.row + 1)
        self.put(1, half, self.pick(WORDS["goals"]["expected"]))
        self.put(half + 1, layout.width - 1, self.pick(WORDS["goals"]["achieved"]))
        self.row += 1
        self.put(1, half, "示例目标：完成年度任务")
        self.put(half + 1, layout.width - 1, "示例：已按期完成")
        self.row += 1

    def indicators(self) -> None:
        """Put the tree of indicators, or one below each of two goals."""
        rows, split = self.rows, len(self.rows) // 2
        if layout_has_goals(self.layout):
            for number, some in enumerate((rows[:split], rows[split:])):
                mark = "一二"[number] if self.chance(0.5) else str(number + 1)
                self.put(0, 1, self.pick(WORDS["goals"]["several"]) + mark)
                self.put(2, self.layout.width - 1, f"示例目标{mark}：完成任务")
                self.row += 1
                self._tree(some)
        else:
            self._tree(rows)

    def _tree(self, rows: list[dict[str, Any]]) -> None:
        layout, whole = self.layout, self.rows
        self.rows = rows
        words = WORDS["columns"]
        columns = self.columns
        side = 1 if self.has_side else 0
        spare = layout.width - side - len(columns)
        wide = next((number for number, (name, _) in enumerate(columns) if name in {"level3", "name", "level2"}), 0)
        lefts = []
        at = side
        for number in range(len(columns)):
            right = at + (spare if number == wide else 0)
            lefts.append((at, right))
            at = right + 1
        depth = 2 if self.split_target == "grouped" else 1
        top = self.row
        for number, (name, meaning) in enumerate(columns):
            left, right = lefts[number]
            if self.split_target == "grouped" and name in {"relation", "value", "measure_unit"}:
                continue
            text = self.header("columns", meaning, words.get(name) or WORDS["other"][name])
            self.put(left, right, text, bottom=top + depth - 1)
        if self.split_target == "grouped":
            inner = [
                number for number, (name, _) in enumerate(columns) if name in {"relation", "value", "measure_unit"}
            ]
            self.put(lefts[inner[0]][0], lefts[inner[-1]][1], self.header("columns", "target", words["target"]))
            for number in inner:
                name = columns[number][0]
                text = self.pick(
                    {
                        "relation": ["符号", "运算符号"],
                        "value": ["指标值", "数值", "目标值"],
                        "measure_unit": ["单位", "计量单位", "度量单位"],
                    }[name]
                )
                self.put(lefts[number][0], lefts[number][1], text, top=top + 1)
        self.row += depth
        first = self.row
        merge = layout.choices["merge"]
        for number, row in enumerate(self.rows):
            if self.levels == "tree":
                for level, mark in (("category", "一二三四"), ("subcategory", "")):
                    if number == 0 or any(row[one] != self.rows[number - 1][one] for one in ("category", level)):
                        self.put(lefts[0][0], lefts[0][1], row[level])
                        self.row += 1
                    del mark
            self._row(number, row, lefts, merge)
            self.row += 1
        if merge == "merged":
            self._merge(lefts, first)
        self.row = max(self.row, first)
        if self.has_side:
            self.put(0, 0, self.pick(WORDS["side"]["indicators"]), top=top, bottom=self.row - 1)
        self.rows = whole

    def _row(self, number: int, row: dict[str, Any], lefts: list[tuple[int, int]], merge: str) -> None:
        before = self.rows[number - 1] if number else None
        for place, (name, _) in enumerate(self.columns):
            text = self._text(row, name)
            if (
                name in {"level1", "category_weight", "group"}
                and merge != "repeated"
                and before is not None
                and before["category"] == row["category"]
            ):
                continue
            if (
                name == "level2"
                and self.deepest != "level2"
                and merge != "repeated"
                and before is not None
                and (before["category"], before["subcategory"]) == (row["category"], row["subcategory"])
            ):
                continue
            self.put(lefts[place][0], lefts[place][1], text)

    def _merge(self, lefts: list[tuple[int, int]], first: int) -> None:
        """Merge equal level cells downwards."""
        for place, (name, _) in enumerate(self.columns):
            if name not in {"level1", "level2", "category_weight", "group"} or name == self.deepest:
                continue
            keys = [(row["category"], row["subcategory"]) if name == "level2" else row["category"] for row in self.rows]
            start = 0
            for number in range(1, len(keys) + 1):
                if number == len(keys) or keys[number] != keys[start]:
                    if number - start > 1:
                        left, _right = lefts[place]
                        self.layout.cells = [
                            (top, one, first + number - 1, two, text)
                            if (top, one) == (first + start, left)
                            else (top, one, bottom, two, text)
                            for top, one, bottom, two, text in self.layout.cells
                        ]
                    start = number

    def _text(self, row: dict[str, Any], name: str) -> str:
        suffix = (
            f"（{sum(other['weight'] for other in self.rows if other['category'] == row['category']):g}分）"
            if self.points_in_level
            else ""
        )
        if name == "level1":
            return row["category"] + suffix
        if name == "category_weight":
            return f"{sum(other['weight'] for other in self.rows if other['category'] == row['category']):g}"
        is_word = row["style"] == "word"
        if self.split_target != "no":
            if name == "relation":
                return "" if is_word else "≥"
            if name == "value":
                return (
                    row["target"]
                    if is_word
                    else str(row["value"])
                    if row["style"] == "count"
                    else row["target"].strip("≥%")
                )
            if name == "measure_unit":
                return "" if is_word else row["unit"] if row["style"] == "count" else "%"
        return {
            "level2": row["subcategory"] if self.deepest != "level2" else row["indicator"],
            "level3": row["indicator"],
            "name": row["indicator"],
            "target": row["target"],
            "actual": row["actual"],
            "weight": f"{row['weight']:g}",
            "score": f"{row['score']:g}",
            "reason": row["reason"],
            "review_score": f"{max(0, row['score'] - 2):g}",
            "last": f"{row['value'] - 1}",
            "standard": "示例按比例计分",
            "explanation": "示例反映完成情况",
            "basis": "示例台账",
            "completion": "100%",
            "half_target": f"≥{row['value'] // 2}{row['unit']}",
            "half_actual": f"{row['value'] // 2}{row['unit']}",
            "group": row["category"],
        }.get(name, "")

    def closing(self) -> None:
        layout = self.layout
        score = next((n for n, (name, _) in enumerate(self.columns) if name == "score"), None)
        weight = next((n for n, (name, _) in enumerate(self.columns) if name == "weight"), None)
        self.has_total = score is not None and self.chance(0.65)
        is_beside = self.has_total and self.chance(0.15)
        if is_beside:
            self.put(0, 0, self.pick(["自评总分", "总得分", "自评得分合计"]))
            self.put(1, layout.width - 1, f"{self.total():g}")
            self.row += 1
        side = 1 if self.has_side else 0
        if self.has_total and score is not None and not is_beside:
            spare = layout.width - side - len(self.columns)
            wide = next(
                (number for number, (name, _) in enumerate(self.columns) if name in {"level3", "name", "level2"}), 0
            )
            places = [side + number + (spare if number > wide else 0) for number in range(len(self.columns))]
            marked = [place for place in (weight, score) if place is not None]
            self.put(0, places[min(marked)] - 1, self.pick(WORDS["totals"]))
            if weight is not None:
                self.put(places[weight], places[weight], "100")
            self.put(places[score], places[score], f"{self.total():g}")
            self.row += 1
        for _ in range(self.pick([0, 0, 1, 2])):
            self.put(0, 0, self.pick(WORDS["stamps"]))
            self.put(1, layout.width - 1, self.pick(["（盖章）", "同意", "无", "良好", ""]))
            self.row += 1
        if self.chance(0.3):
            self.put(0, layout.width - 1, self.pick(WORDS["notes"]))
            self.row += 1
        if self.chance(0.2):
            self.put(0, 1, self.pick(["填表人：示例甲", "填报人：示例甲", "项目负责人：示例甲"]))
            self.put(2, 2, self.pick(["审核人：示例乙", "单位负责人：示例乙", "财务负责人：示例乙"]))
            self.put(3, layout.width - 1, f"填报日期：{self.year + 1}年3月1日")
            self.row += 1

    # -- the whole

    def make(self) -> Layout:
        layout = self.layout
        self.content()
        plan = layout.kind == "plan"
        self.levels = self.choose("levels", ["three"] * 5 + ["two", "flat", "tree", "points", "group"])
        self.points_in_level = self.chance(0.15)
        self.split_target = self.choose("target", ["no"] * 6 + ["columns", "grouped"])
        self.has_side = self.chance(0.6)
        if self.chance(0.08) and not plan and self.levels in {"three", "two"}:
            self.choose("trees", ["two"])
        self.choose("merge", ["merged", "merged", "blank", "repeated"])
        funds = self.choose(
            "funds",
            ["plan", "none", "plan", "prose"]
            if plan
            else ["national"] * 3 + ["three", "two", "four", "scored", "pairs", "none", "prose"],
        )
        self.has_execution_points = funds in {"national", "two", "scored"} and layout.kind == "self"
        if layout.kind != "self" and funds in {"national", "two", "scored"}:
            funds = layout.choices["funds"] = "four"
        self.execution_score = round(10 * min(1, self.money["executed"] / self.money["annual_budget"]), 2)
        names = {
            "three": ["level1", "level2", "level3"],
            "two": ["level1", "level2"],
            "flat": ["name"],
            "tree": ["name"],
            "points": ["level1", "category_weight", "level2", "level3"],
            "group": ["group", "name"],
        }[self.levels]
        self.deepest = names[-1]
        values = ["target"] if self.split_target == "no" else ["relation", "value", "measure_unit"]
        weighted = self.levels == "points" or (self.chance(0.8) if not plan else self.chance(0.4))
        scored = not plan and (self.chance(0.9) or layout.kind == "whole")
        tail = [] if plan else ["actual"]
        order = self.choose("order", ["target first", "weight first", "weight last"])
        if order == "weight first" and weighted:
            columns = [*names, "weight", *values, *tail]
        elif order == "weight last" and weighted:
            columns = [*names, *values, *tail, "weight"]
        else:
            columns = [*names, *values, *(["weight"] if weighted else []), *tail]
        if scored:
            columns.append("score")
        if not plan and self.chance(0.75):
            columns.append("reason")
        if self.chance(0.2):
            extra = self.pick(["standard", "explanation", "basis", "last"] + (["review_score"] if scored else []))
            where = columns.index("score") + 1 if extra == "review_score" else len(names)
            columns.insert(where, extra)
        if self.split_target == "no" and self.chance(0.1):
            place = columns.index("target")
            columns[place:place] = ["half_target", "half_actual"] if not plan else ["half_target"]
            layout.choices["halves"] = "yes"
        meanings = {
            "group": "level1",
            "half_actual": "month_actual",
            "score": "reported_score",
            "reason": "deviation_reason",
            "relation": "target_relation",
            "value": "target",
            "standard": "scoring_standard",
            "basis": "other",
        }
        self.columns = [(name, meanings.get(name, name)) for name in columns]
        WORDS["columns"].setdefault("category_weight", WORDS["columns"]["weight"])
        WORDS["columns"].setdefault("value", WORDS["columns"]["target"])
        fund_columns = {"national": 8, "two": 7, "four": 6, "three": 5, "scored": 6}.get(funds, 5)
        layout.width = max(len(columns) + (1 if self.has_side else 0) + self.pick([0, 0, 0, 1]), fund_columns, 5)
        self.title()
        self.head()
        blocks = [self.funds, self.goals]
        if self.chance(0.1):
            blocks.reverse()
        for block in blocks:
            block()
        self.indicators()
        self.closing()
        layout.height = self.row
        layout.expected = self._expected(weighted, scored, funds)
        return layout

    def _expected(self, weighted: bool, scored: bool, funds: str) -> dict[str, Any]:
        layout = self.layout
        named = {name for name, _ in self.columns}
        rows = []
        for row in self.rows:
            levels = {
                "three": (row["category"], row["subcategory"]),
                "points": (row["category"], row["subcategory"]),
                "two": (row["category"], ""),
                "flat": ("", ""),
                "tree": (row["category"], row["subcategory"]),
                "group": (row["category"], ""),
            }[self.levels]
            one = {
                "category": levels[0],
                "subcategory": levels[1],
                "indicator": row["indicator"],
                "target_text": row["target"],
            }
            if "actual" in named:
                one["actual_text"] = row["actual"]
            if "weight" in named:
                one["weight"] = row["weight"]
            if "score" in named:
                one["reported_score"] = row["score"]
            if "reason" in named and layout.kind != "plan":
                one["deviation_reason"] = row["reason"]
            rows.append(one)
        money: dict[str, Any] = {}
        keys = {
            "national": ("initial_budget", "annual_budget", "executed"),
            "four": ("initial_budget", "annual_budget", "executed"),
            "two": ("initial_budget", "executed"),
            "three": ("annual_budget", "executed"),
            "scored": ("annual_budget", "executed"),
            "pairs": ("annual_budget", "executed"),
            "plan": ("annual_budget",),
            "prose": ("annual_budget",),
        }.get(funds, ())
        money = {key: self.money[key] for key in keys}
        if funds in {"national", "two", "scored"} and layout.kind == "self":
            money["reported_score"] = self.execution_score
            if funds != "scored":
                money["weight"] = 10
        expected: dict[str, Any] = {
            "year": self.year,
            "department": self.department,
            "indicators": rows,
            "money": money,
        }
        if layout.kind != "whole":
            expected |= {"project": self.project, "unit": self.unit}
        if layout.kind != "plan" and (self.has_total or self.has_head_total):
            expected["total"] = self.total()
        return expected


def layout_has_goals(layout: Layout) -> bool:
    """Say whether a layout prints a tree of indicators below each of several goals."""
    return layout.choices.get("trees") == "two"


def _weights(rng: random.Random, count: int, total: int) -> list[int]:
    base = [total // count] * count
    for number in range(total - sum(base)):
        base[number] += 1
    for _ in range(count):
        one, two = rng.randrange(count), rng.randrange(count)
        if base[one] > 3:
            base[one] -= 2
            base[two] += 2
    return base


def make_layout(seed: int) -> Layout:
    """Make the layout of a seed."""
    return Maker(seed).make()
