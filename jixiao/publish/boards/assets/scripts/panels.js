// The parts of a page: each is built once and can be filled again; one that fails says so in its place.

import { fillChart } from "./charts.js";
import { choiceOf } from "./choices.js";
import { make } from "./elements.js";
import { fillList } from "./findings.js";
import { fillLeague } from "./league.js";
import { fillNumbers } from "./number_cards.js";
import { clear } from "./plots.js";
import { fillFacts } from "./project.js";
import { fillQuestions } from "./questions.js";
import { fillStatements } from "./statements.js";
import { savePicture, saveTable } from "./saving.js";
import { fill } from "./words.js";

const FILLERS = {
  numbers: fillNumbers,
  questions: fillQuestions,
  list: fillList,
  facts: fillFacts,
  statements: fillStatements,
  league: fillLeague,
};

export function buildPanel(app, panel) {
  const { words } = app.board;
  const view = { panel, body: make("div", { class: "body" }), cut: make("p", { class: "note" }) };
  const tool = (kind, save, text) =>
    make("button", { type: "button", class: "plain", "data-save": kind, onclick: save }, text);
  view.tools = make("div", { class: "tools", hidden: true });
  view.tools.append(tool("table", () => saveTable(app, panel.title, view.names, view.rows), words.save_table));
  view.heading = make("h2", {}, panel.title ?? "");
  const parts = [];
  if (panel.chart) {
    view.plot = make("div", { class: "jixiao-plot waiting", role: "img", "aria-label": panel.title });
    view.behind = make("details", { hidden: true });
    view.tools.append(tool("picture", () => savePicture(app, view, panel.title), words.save_picture));
    parts.push(view.plot, view.cut, panel.note ? make("p", { class: "note" }, panel.note) : null, view.behind);
  } else {
    view.body.classList.add("waiting");
    parts.push(view.body);
  }
  view.element = make(
    "section",
    {
      class: `panel panel-${panel.kind ?? "chart"} ${panel.wide ? "wide" : ""}`,
      "data-panel": panel.id,
      "aria-label": panel.title ?? null,
    },
    panel.title ? make("header", {}, view.heading, view.tools) : null,
    ...parts,
  );
  return view;
}

export async function fillPanel(app, view, page, state) {
  const { panel } = view;
  const { version } = app;
  const { words } = app.board;
  try {
    await (FILLERS[panel.kind] ?? fillChart)(app, panel, view, choiceOf(app, page, panel, state));
  } catch (error) {
    console.error(error);
    if (version !== app.version) return;
    clear(view);
    const missed = error.renewed ? words.renewed : fill(words.load_failed, error);
    const sentence = error.code ? missed : fill(words.panel_failed, { code: `${state.page}-${panel.id}` });
    (view.plot ?? view.body).replaceChildren(make("p", { class: "failure", role: "alert" }, sentence));
  } finally {
    (view.plot ?? view.body).classList.remove("waiting");
  }
}
