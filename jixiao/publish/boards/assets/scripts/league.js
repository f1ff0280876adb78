// The departments in one table: places, points by the unit and by the rules, money, errors, and the years as a small line.

import { addressOf, yearOf } from "./choices.js";
import { tableOf } from "./data.js";
import { make, makeTable } from "./elements.js";
import { rankMove } from "./figure_texts.js";
import { answer } from "./queries.js";
import { fill, write } from "./words.js";

const MONEY = {
  evaluation: "merged",
  where: { is_known: [1] },
  by: ["department"],
  values: { execution_rate: "ratio executed_wan/annual_budget_wan", unspent_wan: "sum unspent_wan" },
};
const POINTS = {
  evaluation: "preferred",
  known: ["total_reported"],
  by: ["department"],
  values: { evaluations: "count", mean_points: "mean total_reported", score_difference: "mean score_difference" },
};
const ERRORS = {
  evaluation: "any",
  where: { severity: ["error"] },
  by: ["department"],
  values: { errors: "sum findings" },
};
const RANKS = {
  evaluation: "preferred",
  by: ["department"],
  values: { rank: "first rank", peer_count: "first peer_count", rank_change: "first rank_change" },
};
const COLUMNS = [
  "department",
  "mean_points",
  "rank",
  "score_difference",
  "evaluations",
  "execution_rate",
  "unspent_wan",
  "errors",
];

/** The years of each department as a line of points. */
async function trendsOf(app, choice) {
  const ranking = await tableOf(app, "ranking", { ...choice, year: "all" });
  const query = {
    evaluation: "preferred",
    known: ["mean_points"],
    by: ["department", "year"],
    values: { mean_points: "first mean_points" },
    sort: "year",
  };
  const trends = new Map();
  for (const row of answer(app.board, query, ranking, { ...choice, year: "all" })) {
    trends.set(row.department, [...(trends.get(row.department) ?? []), row]);
  }
  return trends;
}

/** A small line over the years; what it shows is said in words, too. */
function spark(board, rows) {
  if (rows.length < 2) return "";
  const values = rows.map((row) => row.mean_points);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (at) => 3 + (at * 74) / (rows.length - 1);
  const y = (value) => (high > low ? 21 - ((value - low) * 18) / (high - low) : 12);
  const said = rows
    .map((row) =>
      fill(board.words.trend_point, { year: row.year, points: write(board, "mean_points", row.mean_points) }),
    )
    .join(board.words.trend_join);
  const svg = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const picture = svg("svg", { viewBox: "0 0 80 24", width: 80, height: 24, role: "img", "aria-label": said });
  const points = values.map((value, at) => `${x(at)},${y(value)}`).join(" ");
  const title = svg("title", {});
  title.textContent = said;
  picture.append(
    title,
    svg("polyline", { points, fill: "none", stroke: "#005A8F", "stroke-width": 2 }),
    svg("circle", { cx: x(rows.length - 1), cy: y(values[values.length - 1]), r: 2.5, fill: "#005A8F" }),
  );
  return picture;
}

/** The table of the departments, the best first; a department leads to its own page. */
export async function fillLeague(app, panel, view, choice) {
  const { board } = app;
  const year = yearOf(app, choice);
  const one = { ...choice, year };
  const [projects, counts] = [await tableOf(app, "projects", one), await tableOf(app, "counts", one)];
  const ranking = await tableOf(app, "ranking", one);
  const found = [
    ...answer(board, MONEY, projects, one),
    ...answer(board, POINTS, projects, one),
    ...answer(board, ERRORS, counts, one),
    ...answer(board, RANKS, ranking, one),
  ];
  const blank = Object.fromEntries([...COLUMNS, "peer_count", "rank_change"].map((name) => [name, null]));
  const rows = new Map();
  for (const part of found)
    rows.set(part.department, { ...(rows.get(part.department) ?? { ...blank, errors: 0 }), ...part });
  rows.delete("");
  const trends = await trendsOf(app, choice);
  const sorted = [...rows.values()].sort(
    (left, right) =>
      (right.mean_points ?? -1) - (left.mean_points ?? -1) || left.department.localeCompare(right.department, "zh"),
  );
  const place = (row) => {
    if (row.rank === null) return board.words.missing;
    if (row.peer_count < 2) return board.words.league_no_rank;
    return fill(board.words.league_rank, { rank: row.rank, count: row.peer_count, move: rankMove(board, row) });
  };
  const cells = {
    rank: place,
    trend: (row) => spark(board, trends.get(row.department) ?? []),
  };
  const link = (row) => addressOf({ page: "department", department: row.department, year: String(year) });
  const table = makeTable(board, panel.title, [...COLUMNS, "trend"], sorted, { link, cells, linked: "department" });
  view.heading.textContent = fill(board.words.title_of_year, { title: panel.title, year });
  Object.assign(view, { rows: sorted, names: COLUMNS });
  view.tools.hidden = !sorted.length;
  view.body.replaceChildren(
    sorted.length ? table : make("p", { class: "nothing" }, board.words.nothing),
    make("p", { class: "note" }, panel.note),
  );
}
