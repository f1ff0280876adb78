// The elements of a page that carry text. Text from data only ever becomes text, never markup.

import { comparing } from "./queries.js";
import { fill, heading, write } from "./words.js";

/** Make an element; children are elements or texts. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/**
 * Make a table of some rows that can be sorted by its heads. `open(row)` stands as a button in the last cell, `link(row)`
 * under the column `linked`; `cells` makes what a column shows of a row, where that is not the value as it is written.
 */
export function makeTable(
  board,
  caption,
  names,
  rows,
  { most = 200, open = null, link = null, label = board.words.behind, cells = {}, linked = "project" } = {},
) {
  const isNumber = (name) =>
    board.labels[name] && !board.values[name] && !["text", "date"].includes(board.labels[name].type) && name !== "year";
  const headOf = (name) => (board.labels[name] ? heading(board, name) : board.words[name]);
  const head = names.map((name) =>
    make(
      "th",
      { scope: "col", class: isNumber(name) ? "number" : null },
      board.labels[name]
        ? make(
            "button",
            { type: "button", class: "plain sort", title: board.words.sort, onclick: () => sort(name) },
            headOf(name),
          )
        : headOf(name),
    ),
  );
  if (open) head.push(make("th", { scope: "col", class: "act" }, board.words.behind));
  const order = { name: "", turn: 1 };
  const body = make("tbody");
  const sort = (name) => {
    order.turn = order.name === name ? -order.turn : isNumber(name) ? -1 : 1;
    order.name = name;
    const compare = comparing(board, name);
    const isMissing = (row) => row[name] === null || row[name] === "";
    const sorted = [...rows].sort((one, other) =>
      isMissing(one) || isMissing(other) ? isMissing(one) - isMissing(other) : order.turn * compare(one, other),
    );
    body.replaceChildren(...sorted.slice(0, most).map(line));
    names.forEach((each, at) => {
      if (each === name) head[at].setAttribute("aria-sort", order.turn > 0 ? "ascending" : "descending");
      else head[at].removeAttribute("aria-sort");
    });
  };
  const line = (row) => {
    const made = names.map((name) => {
      const text = cells[name] ? cells[name](row) : write(board, name, row[name]);
      const address = link && name === linked ? link(row) : null;
      const kind = isNumber(name) ? "number" : text.length > 12 ? "words" : "short";
      return make(
        "td",
        { class: kind, "data-label": headOf(name) },
        address ? make("a", { href: address }, text) : text,
      );
    });
    if (open)
      made.push(
        make(
          "td",
          { class: "act" },
          make("button", { type: "button", class: "plain", onclick: () => open(row) }, label),
        ),
      );
    return make("tr", {}, ...made);
  };
  body.append(...rows.slice(0, most).map(line));
  const table = make(
    "table",
    { class: names.length > 5 ? "stacked" : null },
    make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...head)),
    body,
  );
  const cut =
    rows.length > most
      ? make("p", { class: "note" }, fill(board.words.table_cut, { shown: most, count: rows.length }))
      : null;
  return make(
    "div",
    {},
    cut,
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, table),
  );
}

/** Offer a file that was made in the page. */
export function saveFile(name, address) {
  const link = make("a", { href: address, download: name.replace(/[\\/:*?"<>|\s]+/g, "_").slice(0, 80) });
  document.body.append(link);
  link.click();
  link.remove();
}
