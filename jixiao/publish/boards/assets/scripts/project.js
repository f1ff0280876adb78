// What a project is.

import { tableOf } from "./data.js";
import { make } from "./elements.js";
import { chooseRows } from "./queries.js";
import { valueAt } from "./tables.js";
import { fill, write } from "./words.js";

/** What a project is, and the links to its reports. */
export async function fillFacts(app, panel, view, choice) {
  const { board } = app;
  const [facts, verdicts] = [await tableOf(app, "facts", choice), await tableOf(app, "verdicts", choice)];
  const [row] = chooseRows(board, {}, facts, choice);
  if (row === undefined) {
    view.body.replaceChildren(make("p", { class: "nothing" }, board.words.nothing));
    return;
  }
  const names = ["project", "department", "unit", "year", "place"];
  const pairs = names.flatMap((name) => [
    make("dt", {}, board.labels[name].label),
    make("dd", {}, write(board, name, valueAt(facts, name, row))),
  ]);
  const links = chooseRows(board, {}, verdicts, { ...choice, evaluation: "" })
    .map((at) => [valueAt(verdicts, "report", at), valueAt(verdicts, "evaluation", at)])
    .filter(([address]) => address)
    .map(([address, kind]) =>
      make(
        "a",
        { class: "button", href: address },
        fill(board.words.report, { evaluation: write(board, "evaluation", kind) }),
      ),
    );
  const told = links.length
    ? make("p", { class: "links" }, ...links)
    : make("p", { class: "note" }, board.words.no_report);
  view.body.replaceChildren(make("dl", { class: "facts" }, ...pairs), told);
}
