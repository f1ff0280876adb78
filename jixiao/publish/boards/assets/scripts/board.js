// The board: reads the choice from the address, asks the panels of the page, and keeps the choice in the address.

import { addressOf, choiceOf, go, isHeld, kept, optionsOf, readState, told } from "./choices.js";
import { tableOf } from "./data.js";
import { make } from "./elements.js";
import { buildPanel, fillPanel } from "./panels.js";
import { clearAll } from "./plots.js";
import { showNamed } from "./questions.js";
import { makeSearch } from "./search.js";
import { valueAt } from "./tables.js";
import { fill } from "./words.js";

const WHAT_IF = "/70_what_if";

/** Start the board in an element. A source gives its base, its chunks by name and plotly.js. */
export function startBoard(root, source) {
  const app = { board: source.base, source, root, version: 0, state: {}, views: [], observers: [] };
  Object.assign(app, { chunks: new Map(), joined: new Map(), dialog: make("dialog", { class: "behind" }) });
  app.dialog.addEventListener("close", () => {
    if (!app.state.list) return;
    app.state.list = ""; // the list is part of the address: closed, it leaves it
    window.history.replaceState(null, "", addressOf(app.state));
  });
  app.search = makeSearch(app);
  const frame = buildFrame(app);
  root.replaceChildren(frame.top, frame.main, app.dialog);
  root.classList.add("board");

  const heard = {
    hashchange: () => show(app, frame),
    beforeprint: () => resize(app, true),
    afterprint: () => resize(app),
  };
  for (const [name, hear] of Object.entries(heard)) window.addEventListener(name, hear);
  show(app, frame);
  return () => {
    for (const [name, hear] of Object.entries(heard)) window.removeEventListener(name, hear);
    clearAll(app);
  };
}

/** The frame around the panels. */
function buildFrame(app) {
  const { board } = app;
  const { words } = board;
  const frame = {
    title: make("h1"),
    question: make("p", { class: "question" }),
    choosers: make("form", {
      class: "choosers",
      "aria-label": words.choosers,
      onsubmit: (event) => event.preventDefault(),
    }),
    unknown: make("p", { class: "unknown", role: "status", hidden: true }),
    panels: make("div", { class: "panels" }),
    about: make("footer", { class: "about" }),
    nav: make("nav", { "aria-label": words.pages }),
    whatIf: app.root.dataset.way ? make("a", { class: "button", href: WHAT_IF }, words.what_if) : null,
  };
  const links = Object.entries(board.pages);
  frame.nav.append(...links.map(([id, page]) => make("a", { "data-page": id, href: `#page=${id}` }, page.title)));
  const warnings = board.warnings.map((text) => make("p", { class: "warning", role: "status" }, text));
  const printer = make("button", { type: "button", class: "plain print", onclick: () => window.print() }, words.print);
  const { title, question, choosers, unknown, panels, about } = frame;
  frame.top = make("header", { class: "top" }, make("strong", {}, board.title), frame.nav, frame.whatIf, printer);
  frame.main = make("main", {}, ...warnings, title, question, choosers, unknown, panels, about);
  return frame;
}

function fillChoosers(app, page) {
  const { board } = app;
  const { year } = choiceOf(app, page, null, app.state);
  return page.choosers.map((name) => {
    const isNeeded = name === "year" || page.needs === name;
    const options = optionsOf(app, name);
    const value = String(choiceOf(app, page, null, app.state)[name] ?? "");
    const change = () => ({
      [name]: select.value,
      ...(name === "department_kind" ? { department: "" } : {}),
      ...(name !== "evaluation" && name !== "year" ? { project: "" } : {}),
    });
    const select = make("select", { "data-choice": name, onchange: () => go(app, change()) });
    for (const [code, text] of isNeeded ? options : [["", board.all[name]], ...options]) {
      const isEmpty = page.needs !== "ledger" && code !== value && !isHeld(app, name, code, year);
      select.append(make("option", { value: code, selected: code === value, disabled: isEmpty }, text));
    }
    return make("label", {}, make("span", {}, board.choosers[name]), select);
  });
}

/** A project page needs a year in which the project is; without one it takes the newest. */
async function settleProject(app, page, state) {
  if (page.needs !== "project" || !state.project) return state;
  const table = await tableOf(app, "names", {});
  const { project_id: ids, year: years } = table.columns;
  const mine = [...ids.values.keys()].filter((row) => ids.values[row] === state.project);
  if (!mine.length) return { ...state, project: "" };
  const wanted = mine.find((row) => String(years.values[row]) === state.year) ?? mine[mine.length - 1];
  return { ...state, year: String(years.values[wanted]), department: valueAt(table, "department", wanted) };
}

/** The links of the frame lead to the other pages with what is chosen here. */
function pointLinks(frame, page, state) {
  for (const link of frame.nav.querySelectorAll("a")) {
    const id = link.dataset.page;
    const project = id === "project" ? state.project : "";
    const there = { ...state, page: id, severity: "", title: "", issue_state: "", list: "", project };
    link.setAttribute("href", addressOf(there));
    if (id === state.page) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (!frame.whatIf) return;
  const asked = new URLSearchParams(kept(state, ["project", "year", "evaluation"]));
  frame.whatIf.href = page.needs === "project" && state.project ? `${WHAT_IF}?${asked}` : WHAT_IF;
}

/** Show what the address asks for. */
async function show(app, frame) {
  const { board, root } = app;
  app.version += 1;
  const { version } = app;
  const before = app.state.page;
  app.state = readState(app);
  const page = board.pages[app.state.page];
  const state = await settleProject(app, page, app.state).catch(() => app.state);
  if (version !== app.version) return;
  app.state = state;
  if (app.dialog.open && !state.list) app.dialog.close();
  pointLinks(frame, page, state);
  document.title = `${page.title} - ${board.title}`;
  frame.choosers.replaceChildren(...fillChoosers(app, page), app.search);
  if (before !== state.page || !app.views.length) {
    clearAll(app);
    frame.title.textContent = page.title;
    frame.question.textContent = page.question;
    app.views = page.panels.map((panel) => buildPanel(app, panel));
  }
  const isEmpty = page.needs === "ledger" && !("issues" in board.chunks);
  const isReady = !isEmpty && (page.needs !== "project" || state.project);
  const empty = make("p", { class: "nothing" }, isEmpty ? board.ledger : board.words.no_project);
  const wanted = isReady ? app.views.map((view) => view.element) : [empty];
  const { panels } = frame;
  if (wanted.length !== panels.children.length || wanted[0] !== panels.children[0]) panels.replaceChildren(...wanted);
  frame.unknown.hidden = !app.unknown.length;
  frame.unknown.textContent = fill(board.words.unknown, { names: app.unknown.join("、") });
  frame.about.replaceChildren(...told(app).map((line) => make("p", {}, line)));
  if (isReady) await Promise.all(app.views.map((view) => fillPanel(app, view, page, state)));
  if (version === app.version && state.list) await showNamed(app, state.list, choiceOf(app, page, null, state));
  if (version === app.version) root.dataset.shown = String(Number(root.dataset.shown ?? 0) + 1);
}

/** Figures are as wide as the paper while the page is printed. */
function resize(app, isPrinted = false) {
  for (const { plot } of app.views) {
    if (plot?.dataset.drawn) window.Plotly.relayout(plot, isPrinted ? { width: 660 } : { width: null, autosize: true });
  }
}
