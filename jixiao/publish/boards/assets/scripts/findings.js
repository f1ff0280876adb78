// A list of findings or of problems to answer.

import { projectLink } from "./choices.js";
import { countOf, tableOf } from "./data.js";
import { make, makeTable } from "./elements.js";
import { chooseRows, sorting } from "./queries.js";
import { listed } from "./tables.js";
import { fill } from "./words.js";

/** A list of findings, or of problems of the ledger, with their words. */
export async function fillList(app, panel, view, choice) {
  const { board } = app;
  const count = countOf(app, panel.table, choice);
  if (panel.most && count > panel.most) {
    view.tools.hidden = true;
    view.body.replaceChildren(make("p", { class: "nothing" }, fill(board.words.too_many, { count })));
    return;
  }
  const table = await tableOf(app, panel.table, choice);
  const names = board.lists[panel.table];
  const rows = listed(table, chooseRows(board, {}, table, choice), names).sort(
    sorting(board, panel.sort ?? "severity"),
  );
  Object.assign(view, { rows, names });
  view.tools.hidden = !rows.length;
  const body = rows.length
    ? makeTable(board, panel.title, names, rows, { link: (row) => (row.project_id ? projectLink(row) : null) })
    : make("p", { class: "nothing" }, choice.project_id ? board.words.no_findings : board.words.nothing);
  view.body.replaceChildren(body);
}
