"""The panel of a reviewer (复核面板): each drawn form's indicators beside what the unit said and what was found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets as widgets

from jixiao.builds.ledger import book
from jixiao.builds.ledger.asked_proofs import candidates, proofs_of, shown_proof
from jixiao.builds.ledger.drawing import Draw, draw, draws, population_of, rule_text
from jixiao.builds.ledger.review_rules import review_words
from jixiao.builds.ledger.reviewing import drawn_rows, findings_of, keep_opinions, opinions_of
from jixiao.builds.run import evaluate
from jixiao.core.errors import JixiaoError, RequestError
from jixiao.core.results import Results
from jixiao.core.writing import points_text
from jixiao.show.markup import element


class ReviewPanel:
    """The panel over one draw (复核面板); ``widget`` is what a notebook shows.

    Args:
        results: What is reviewed.
        made: The draw; one without a number is a trial that takes no opinions.
        reviewer: Who reviews.
    """

    def __init__(self, results: Results, made: Draw, reviewer: str) -> None:
        texts = review_words()["panel"]
        self.results, self.made = results, made
        self.rows = drawn_rows(results, made)
        asked = candidates(results)
        self.asked = {
            tuple(one[name] for name in ("project_id", "evaluation", "indicator_id", "year")): one for one in asked
        }
        self.proofs: dict[str, dict[str, Any]] = {}
        self.fields: dict[str, tuple[widgets.BoundedFloatText, widgets.Textarea, widgets.Text]] = {}
        names = dict.fromkeys(zip(self.rows["project"], self.rows["project_id"], strict=True))
        self.project = widgets.Dropdown(description=texts["project"], options=list(names))
        self.reviewer = widgets.Text(description=texts["reviewer"], value=reviewer)
        self.save = widgets.Button(description=texts["save"], button_style="primary", disabled=not made.draw_id)
        self.grid, self.told = widgets.VBox(), widgets.HTML()
        self.save.layout.width = self.project.layout.width = "auto"
        head = texts["drawn"].format(
            draw=made.draw_id, seed=made.said["seed"], size=made.said["size"], count=len(made.drawn)
        )
        parts = [
            widgets.HTML(element("p", made.said["rule"]) + element("p", head if made.draw_id else texts["preview"])),
            widgets.Box([self.project, self.reviewer], layout={"flex_flow": "row wrap"}),
            self.grid,
            self.save,
            self.told,
        ]
        self.widget = widgets.VBox(parts)
        self.project.observe(self._open, "value")
        self.reviewer.observe(self._open, "value")
        self.save.on_click(self._keep)
        self._open()

    def _open(self, _: Any = None) -> None:
        """Show the indicators of the chosen form, with what this reviewer has said of them."""
        for old in self.grid.children:
            old.close()
        said = opinions_of(book.load_ledger(), self.made.draw_id) if self.made.draw_id else None
        mine = (
            {}
            if said is None
            else {
                row["indicator_id"]: row
                for row in said[
                    (said["reviewer"] == self.reviewer.value) & (said["project_id"] == self.project.value)
                ].to_dict("records")
            }
        )
        chosen = self.rows[self.rows["project_id"] == self.project.value].to_dict("records")
        self.fields, self.proofs = {}, proofs_of(book.load_ledger())
        self.grid.children = tuple(self._line(row, mine.get(row["indicator_id"], {})) for row in chosen)

    def _line(self, row: dict[str, Any], said: dict[str, Any]) -> widgets.Widget:
        texts = review_words()["panel"]
        values = {name: points_text(row[column]) for name, column in _POINTS.items()}
        about = (
            element("b", row["indicator"])
            + element("div", texts["row"].format(target=row["target_text"], actual=row["actual_text"]))
            + element("div", texts["points"].format(**values))
            + element("div", row["deviation_reason"])
            + element("div", self._proof(row))
            + element("div", findings_of(self.results, row), style="color:#B36B00;white-space:pre-line")
        )
        weight = float(row["weight"]) if row["weight"] == row["weight"] else 100.0
        start = said.get("review_score", row["reported_score"])
        points = widgets.BoundedFloatText(
            value=min(max(float(start) if start == start else 0.0, 0.0), weight), min=0, max=weight, step=0.5
        )
        opinion = widgets.Textarea(value=said.get("review_opinion", ""), placeholder=texts["heads"][4], rows=2)
        files = widgets.Text(value=said.get("review_files", ""), placeholder=texts["heads"][5])
        points.layout.width, opinion.layout.width, files.layout.width = "90px", "auto", "auto"
        self.fields[row["indicator_id"]] = (points, opinion, files)
        left = widgets.HTML(about, layout={"flex": "1 1 320px", "min_width": "260px"})
        label = widgets.Label(texts["heads"][3])
        right = widgets.VBox(
            [widgets.HBox([label, points]), opinion, files], layout={"flex": "1 1 280px", "min_width": "240px"}
        )
        layout = {"flex_flow": "row wrap", "border_top": "1px solid #C9CED6", "padding": "6px 0"}
        return widgets.Box([left, right], layout=layout)

    def _proof(self, row: dict[str, Any]) -> str:
        """Say what proof an indicator needs, what came and whether any is missing."""
        words = review_words()
        asked = self.asked[(row["project_id"], row["evaluation"], row["indicator_id"], int(row["year"]))]
        known = shown_proof(self.proofs.get(asked["proof_key"], {**asked, "files": [], "proof_note": ""}))
        note = words["panel"]["note"].format(note=known["proof_note"]) if known["proof_note"] else ""
        state = words["proofs"]["states"][known["proof_state"]]
        files = known["evidence_files"] or words["panel"]["none"]
        return str(words["panel"]["proof"].format(state=state, asked=asked["asked_proof"], files=files, note=note))

    def _keep(self, _: Any = None) -> None:
        """Keep what was changed or written; points other than the unit's want an opinion."""
        texts = review_words()["panel"]
        try:
            said = self.opinions()
            new = keep_opinions(self.made.draw_id, said, by=self.reviewer.value.strip())
        except JixiaoError as error:
            self.told.value = element("p", str(error), style="color:#D55E00")
            return
        changed = sum(one["differs"] for one in said)
        text = texts["saved"].format(count=new, changed=changed) if new else texts["nothing"]
        self.told.value = element("p", text)

    def opinions(self) -> list[dict[str, Any]]:
        """Return what the fields say (评审意见): the indicators with an opinion or with other points.

        Raises:
            RequestError: Nobody's name, or points other than the unit's without an opinion.
        """
        reviewer = self.reviewer.value.strip()
        if not reviewer:
            raise RequestError(str(review_words()["panel"]["nobody"]))
        found = []
        for row in self.rows[self.rows["project_id"] == self.project.value].to_dict("records"):
            points, opinion, files = self.fields[row["indicator_id"]]
            differs = row["reported_score"] == row["reported_score"] and points.value != float(row["reported_score"])
            if not (differs or opinion.value.strip() or files.value.strip()):
                continue
            if differs and not opinion.value.strip():
                raise RequestError(f"“{row['indicator']}”的核查分数与自评不同，请写评审意见")
            said = {name: row[name] for name in ("year", "project_id", "indicator_id")}
            said |= {"reviewer": reviewer, "review_score": points.value, "review_opinion": opinion.value.strip()}
            found.append({**said, "review_files": with_hashes(files.value), "is_final": False, "differs": differs})
        return found


_POINTS = {"weight": "weight", "reported": "reported_score", "score": "score"}


def with_hashes(names: str) -> str:
    """Return names of files with the beginning of the hash of each that stands in the workbench (复核佐证)."""
    from jixiao.builds.ledger.archive import keep_file
    from jixiao.core.files import checksum, workbench

    shown = []
    for name in (part.strip() for part in names.replace("；", ";").split(";") if part.strip()):
        path = workbench() / name
        is_inside = path.resolve().is_relative_to(workbench())
        if "（" not in name and is_inside and path.is_file() and path.stat().st_size:
            keep_file(path)
            shown.append(f"{name}（{checksum(path)[:8]}）")
        else:
            shown.append(name)
    return str(review_words()["joint"].join(shown))


def open_review(place: str | Path, *, year: int = 0, number: int = 2, seed: str = "1", reviewer: str = "") -> Any:
    """Return the panel over the draw in force, or over a trial while there is none (复核面板), for a notebook to show.

    Args:
        place: The data that are reviewed.
        year: The year; the newest with self-evaluations when 0.
        number: How many forms a trial draws; at most as many as there are.
        seed: The seed of a trial.
        reviewer: Who reviews.

    Example:
        >>> type(open_review("sample", year=2024)).__name__
        'VBox'
    """
    results = evaluate(place)
    years = results.totals.loc[results.totals["evaluation"] == "self", "year"].dropna()
    if years.empty:
        return widgets.HTML(element("p", review_words()["panel"]["no_forms"]))
    chosen = year or int(years.max())
    kept = [one for one in draws(book.load_ledger()) if int(one.said["year"]) == chosen]
    if kept and len(drawn_rows(results, kept[-1])):
        return ReviewPanel(results, kept[-1], reviewer).widget
    population = population_of(results, chosen)
    count = min(number, len(population))
    drawn = draw(population, year=chosen, number=count, seed=seed)
    said = {"year": chosen, "seed": seed, "size": len(population), "rule": rule_text(seed, count)}
    return ReviewPanel(results, Draw("", {**said, "drawn": drawn.to_dict("records")}), reviewer).widget
