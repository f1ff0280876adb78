// The queries on the tables: choose rows, count, add whole numbers, divide sums. Nothing else is worked out here.

import { valueAt } from "./tables.js";

/** The tests that the choices of a reader and the query itself put on the rows of a table. */
function testsOf(board, query, table, choice) {
  const { columns } = table;
  const tests = [];
  const demand = (name, wanted) => tests.push([columns[name].values, new Set(wanted)]);
  for (const name of ["department", "department_kind", "severity", "title", "issue_state", "project_id"]) {
    if (choice[name] && columns[name]) demand(name, [choice[name]]);
  }
  if (columns.year && choice.year !== "all") demand("year", [choice.year]);
  if (query.evaluation === "merged") {
    demand("evaluation", [choice.evaluation || ""]);
    demand("is_top", [1]);
  } else if (query.evaluation === "each") {
    demand("evaluation", choice.evaluation ? [choice.evaluation] : board.evaluations);
  } else if (choice.evaluation && columns.evaluation) {
    demand("evaluation", [choice.evaluation]);
  }
  for (const [name, wanted] of Object.entries(query.where ?? {})) demand(name, wanted);
  return tests;
}

/** The numbers of the rows that a query takes. */
export function chooseRows(board, query, table, choice) {
  const tests = testsOf(board, query, table, choice);
  const known = (query.known ?? []).map((name) => table.columns[name].values);
  let rows = [];
  for (let row = 0; row < table.count; row += 1) {
    if (!tests.every(([values, wanted]) => wanted.has(values[row]))) continue;
    if (known.every((values) => values[row] !== null && values[row] !== "")) rows.push(row);
  }
  if (query.evaluation === "preferred" && !choice.evaluation) {
    const kinds = table.columns.evaluation.values;
    const there = new Set(rows.map((row) => kinds[row]));
    const first = ["self", "department", "finance", ...there].find((kind) => there.has(kind));
    rows = rows.filter((row) => kinds[row] === first);
  }
  return rows;
}

/** What one value of a query is over some rows; a sum of no money or points is missing, never zero. */
function measure(table, rows, asked, made) {
  const [verb, about = ""] = asked.split(" ");
  const values = (name) => table.columns[name].values;
  const sum = (name, over = rows) => {
    const known = over.filter((row) => values(name)[row] !== null);
    return known.length ? known.reduce((total, row) => total + values(name)[row], 0) : null;
  };
  if (verb === "count") return rows.length;
  if (verb === "distinct") return new Set(rows.map((row) => values(about)[row])).size;
  if (verb === "first") return rows.length ? valueAt(table, about, rows[0]) : null;
  if (verb === "sum") {
    const total = sum(about) ?? (table.columns[about].scale === 1 ? 0 : null); // no findings are none, no money is unknown
    return total === null ? null : total / (table.columns[about].scale || 1);
  }
  if (verb === "mean") {
    const count = rows.filter((row) => values(about)[row] !== null).length;
    return count ? sum(about) / count / (table.columns[about].scale || 1) : null;
  }
  if (verb === "ratio") {
    const [part, whole] = about.split("/");
    const both = rows.filter((row) => values(part)[row] !== null && values(whole)[row] > 0);
    return both.length ? sum(part, both) / sum(whole, both) : null;
  }
  if (verb === "counted") {
    const [name, wanted] = about.split("=");
    const codes = new Set(wanted.split("|"));
    return rows.filter((row) => codes.has(values(name)[row])).length;
  }
  const [part, whole] = about.split("/");
  if (verb === "less") return made[part] === null || made[whole] === null ? null : made[part] - made[whole];
  return made[whole] ? made[part] / made[whole] : null;
}

/** Compare two values of a column: coded ones in the order of their words, numbers by size, missing last. */
export function comparing(board, name) {
  const order = Object.keys(board.values[name] ?? {});
  return (one, other) => {
    const [left, right] = [one[name], other[name]];
    if (left === null || right === null) return (left === null) - (right === null);
    if (order.length) return order.indexOf(String(left)) - order.indexOf(String(right));
    return typeof left === "number" ? left - right : String(left).localeCompare(String(right), "zh");
  };
}

/** Compare rows by a column, from the largest down where its name has a minus; missing last either way. */
export function sorting(board, sort) {
  const name = sort.replace(/^-/, "");
  const compare = comparing(board, name);
  const turn = sort.startsWith("-") ? -1 : 1;
  return (one, other) =>
    one[name] === null || other[name] === null ? compare(one, other) : turn * compare(one, other);
}

/** Answer a query: one object per group with its key, its values and, under `rows`, the rows of the table behind it. */
export function answer(board, query, table, choice) {
  const groups = new Map();
  const keys = query.by ?? [];
  for (const row of chooseRows(board, query, table, choice)) {
    const key = keys.map((name) => table.columns[name].values[row]).join("\u0001");
    (groups.get(key) ?? groups.set(key, []).get(key)).push(row);
  }
  if (!keys.length && !groups.size) groups.set("", []);
  const answers = [...groups.values()].map((rows) => {
    const made = {};
    for (const name of keys) made[name] = valueAt(table, name, rows[0]);
    for (const [name, asked] of Object.entries(query.values)) made[name] = measure(table, rows, asked, made);
    Object.defineProperty(made, "rows", { value: rows });
    return made;
  });
  for (const name of [...keys].reverse()) answers.sort(comparing(board, name));
  return query.sort ? answers.sort(sorting(board, query.sort)) : answers;
}
