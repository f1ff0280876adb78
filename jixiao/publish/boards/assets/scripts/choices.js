// What a reader has chosen: kept in the address, offered as options, and asked of each panel.

import { fill } from "./words.js";

export const CHOICES = ["year", "department_kind", "department", "evaluation", "severity", "title", "issue_state"];

/** What is chosen of some choices, as an address holds it. */
export function kept(state, names) {
  return names.filter((name) => state[name] !== "").map((name) => [name, state[name]]);
}

export function addressOf(state) {
  return `#${new URLSearchParams(kept(state, Object.keys(state)))}`;
}

export function projectLink(row) {
  return addressOf({
    page: "project",
    project: row.project_id,
    year: String(row.year ?? ""),
    department: row.department ?? "",
  });
}

/** The choice of the address; what is not offered is not chosen. */
export function readState(app) {
  const { board } = app;
  const given = new URLSearchParams(window.location.hash.slice(1));
  const page = board.pages[given.get("page")] ? given.get("page") : Object.keys(board.pages)[0];
  const state = { page, project: given.get("project") ?? "", list: "" };
  app.unknown = given.get("page") && !board.pages[given.get("page")] ? [given.get("page")] : [];
  const take = (name, isKnown) => {
    const value = given.get(name) ?? "";
    if (value && !isKnown(value)) app.unknown.push(value);
    state[name] = isKnown(value) ? value : "";
  };
  for (const name of CHOICES) {
    const options = optionsOf({ board, state }, name).map(([value]) => value);
    take(name, (value) => options.includes(value));
  }
  take("list", (value) => Boolean(listNamed(board, value)));
  return state;
}

/** Change the choice; the page follows its address. */
export function go(app, change) {
  window.location.hash = addressOf({ ...app.state, ...change });
}

/** A declared list of projects: a question, or one that a sentence leads to. */
export function listNamed(board, id) {
  return [...board.questions, ...board.drills].find((one) => one.id === id);
}

/** The options of a choice: code and words. */
export function optionsOf(app, name) {
  const { board, state } = app;
  if (name === "year") {
    const years = [...board.years].reverse().map((year) => [String(year), fill(board.words.year_option, { year })]);
    return [["all", board.all.year], ...years];
  }
  if (name === "department") {
    const isOffered = (kind) => !state.department_kind || kind === state.department_kind || state.page === "department";
    return board.departments.filter(([, kind]) => isOffered(kind)).map(([text]) => [text, text]);
  }
  if (name === "department_kind") {
    return [...new Set(board.departments.map(([, kind]) => kind))].map((kind) => [
      kind,
      board.values.department_kind[kind],
    ]);
  }
  if (name === "evaluation") return board.evaluations.map((kind) => [kind, board.values.evaluation[kind]]);
  if (name === "severity" || name === "issue_state") return Object.entries(board.values[name]);
  return board.titles.map((text) => [text, text]);
}

/** What a panel is asked: the choices its page offers, with the page's own default year. */
export function choiceOf(app, page, panel, state) {
  const { board } = app;
  const choice = {};
  for (const name of CHOICES) choice[name] = page.choosers.includes(name) ? state[name] : "";
  const chosen = choice.year || (page.year === "latest" ? String(board.opening.year) : "all");
  choice.year = panel?.every_year || chosen === "all" ? "all" : Number(chosen);
  if (panel?.query?.year === "latest") choice.year = yearOf(app, choice);
  if (page.needs === "department") choice.department = state.department || board.opening.department;
  if (page.needs === "project") choice.project_id = state.project;
  return choice;
}

/** Say whether a choice has anything in the year that is shown. */
export function isHeld(app, name, value, year) {
  const { board } = app;
  const held = board.held[year];
  if (!held || !value) return true;
  if (name === "evaluation") return held.evaluations.includes(value);
  const here = held.departments.map((number) => board.departments[number]);
  if (name === "department") return here.some(([text]) => text === value);
  if (name === "department_kind") return here.some(([, kind]) => kind === value);
  return true;
}

/** The one year of a choice: the newest where all are chosen. */
export function yearOf(app, choice) {
  return choice.year === "all" ? newest(app.board) : choice.year;
}

function newest(board) {
  return board.years[board.years.length - 1];
}

/** The lines that say what the data are and what is chosen of them. */
export function told(app) {
  const { board } = app;
  const page = board.pages[app.state.page];
  const choice = choiceOf(app, page, null, app.state);
  const name = (each) => {
    const value = String(choice[each] ?? "");
    return optionsOf(app, each).find(([code]) => code === value)?.[1] ?? (value || board.all[each]);
  };
  const lines = [fill(board.words.chosen, { chosen: page.choosers.map(name).join("、") })];
  if (choice.evaluation) lines.push(fill(board.words.chosen_evaluation, { evaluation: name("evaluation") }));
  return [...lines, ...(board.told[app.state.page] ?? []), ...board.about];
}
