// The sentences that open a page, each with the way to the rows it speaks of.

import { yearOf } from "./choices.js";
import { tableOf } from "./data.js";
import { make } from "./elements.js";
import { valueAt } from "./tables.js";
import { fill } from "./words.js";

/** The sentences of a year, of the chosen department or of all together. */
export async function fillStatements(app, panel, view, choice) {
  const { board } = app;
  const year = yearOf(app, choice);
  const table = await tableOf(app, "statements", { year });
  const scope = choice.department || "";
  const said = new Map();
  for (let row = 0; row < table.count; row += 1) {
    if (table.columns.department.values[row] === scope && valueAt(table, "year", row) === year) {
      said.set(valueAt(table, "topic", row), row);
    }
  }
  const items = panel.topics
    .filter((topic) => said.has(topic))
    .map((topic) => {
      const row = said.get(topic);
      const href = `#${new URLSearchParams(valueAt(table, "link", row))}`;
      const link = make("a", { href }, board.words.statement_rows);
      return make("li", { "data-topic": topic }, valueAt(table, "key_point", row), link);
    });
  const isNarrower = ["department_kind", "evaluation", "severity", "title"].some((name) => choice[name]);
  const note = isNarrower ? make("p", { class: "note" }, fill(board.words.statements_whole, { year })) : "";
  view.element.hidden = !items.length;
  view.body.replaceChildren(make("ul", { class: "statements" }, ...items), note);
}
