// The list behind a figure or a question, shown over the page.

import { projectLink } from "./choices.js";
import { make, makeTable } from "./elements.js";
import { saveTable } from "./saving.js";
import { fill, moneyText } from "./words.js";

export function showList(app, title, names, rows) {
  const { board, dialog } = app;
  const { words } = board;
  const close = make("button", { type: "button", onclick: () => dialog.close() }, words.close);
  const save = make("button", { type: "button", onclick: () => saveTable(app, title, names, rows) }, words.save_table);
  const link = (row) => (row.project_id ? projectLink(row) : null);
  const body = rows.length
    ? makeTable(board, title, names, rows, { most: 500, link })
    : make("p", { class: "nothing" }, words.nothing);
  const sums = ["annual_budget_wan", "unspent_wan"]
    .filter((name) => rows.length && names.includes(name))
    .map((name) => {
      const money = rows.reduce((sum, row) => sum + Math.round((row[name] ?? 0) * 1e6), 0) / 1e6;
      return fill(words.behind_sum, { name: board.labels[name].label, money: moneyText(board, money) });
    });
  dialog.replaceChildren(
    make("header", {}, make("h2", {}, title), make("div", { class: "tools" }, save, close)),
    make("p", { class: "note" }, fill(words.behind_count, { count: rows.length }), ...sums),
    body,
  );
  dialog.setAttribute("aria-label", title);
  if (!dialog.open) dialog.showModal();
  close.focus();
}
