// The list behind a figure or a question, shown over the page.

import { projectLink } from "./choices.js";
import { make, makeTable } from "./elements.js";
import { saveTable } from "./saving.js";
import { fill } from "./words.js";

export function showList(app, title, names, rows) {
  const { board, dialog } = app;
  const { words } = board;
  const close = make("button", { type: "button", onclick: () => dialog.close() }, words.close);
  const save = make("button", { type: "button", onclick: () => saveTable(app, title, names, rows) }, words.save_table);
  const link = (row) => (row.project_id ? projectLink(row) : null);
  const body = rows.length
    ? makeTable(board, title, names, rows, { most: 500, link })
    : make("p", { class: "nothing" }, words.nothing);
  dialog.replaceChildren(
    make("header", {}, make("h2", {}, title), make("div", { class: "tools" }, save, close)),
    make("p", { class: "note" }, fill(words.behind_count, { count: rows.length })),
    body,
  );
  dialog.setAttribute("aria-label", title);
  if (!dialog.open) dialog.showModal();
  close.focus();
}
