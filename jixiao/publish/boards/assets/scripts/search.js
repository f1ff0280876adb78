// Searching a project by its name.

import { projectLink } from "./choices.js";
import { tableOf } from "./data.js";
import { make } from "./elements.js";
import { listed } from "./tables.js";
import { fill, write } from "./words.js";

const MOST = 12;

export function makeSearch(app) {
  const { board } = app;
  const { words } = board;
  const search = make("input", {
    type: "search",
    placeholder: words.search_hint,
    "aria-label": words.search,
    autocomplete: "off",
    oninput: () => find(),
    onkeydown: (event) => event.key === "Enter" && results.querySelector("a")?.click(),
  });
  const results = make("ul", { class: "results", hidden: true, "aria-label": words.search, "aria-live": "polite" });
  const leave = () => {
    results.hidden = true;
    search.value = "";
  };
  const find = async () => {
    const text = search.value.trim();
    results.hidden = !text;
    if (!text) return;
    const table = await tableOf(app, "names", {});
    const found = new Map();
    const { project, project_id: ids } = table.columns;
    for (let row = project.values.length - 1; row >= 0; row -= 1) {
      if (project.values[row].includes(text)) found.set(ids.values[row], row);
    }
    const rows = listed(table, [...found.values()], ["project"]);
    const items = rows.slice(0, MOST).map((row) => {
      const department = make("small", {}, `　${write(board, "department", row.department)}`);
      const href = projectLink({ ...row, year: "" });
      return make("li", {}, make("a", { href, onclick: leave }, row.project, department));
    });
    if (!rows.length) items.push(make("li", { class: "note" }, fill(words.search_none, { text })));
    if (rows.length > MOST) {
      items.push(make("li", { class: "note" }, fill(words.search_more, { count: rows.length - MOST })));
    }
    results.replaceChildren(...items);
  };
  return make("div", { class: "search" }, make("label", {}, make("span", {}, words.search), search), results);
}
