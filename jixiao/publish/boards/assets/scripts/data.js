// The chunks of the tables: which a choice needs, loaded once each and put together.

import { joinTables, unpack } from "./tables.js";

function load(app, name) {
  if (!app.chunks.has(name)) {
    const unpacked = (tables) =>
      Object.fromEntries(Object.entries(tables).map(([key, packed]) => [key, unpack(packed)]));
    app.chunks.set(name, app.source.load(name).then(unpacked));
  }
  return app.chunks.get(name);
}

function chunksOf(app, table, choice) {
  const { board } = app;
  const pattern = board.tables[table];
  const years = choice.year === "all" ? [0, ...board.years] : [choice.year];
  const numbers = choice.department
    ? [board.departments.findIndex(([text]) => text === choice.department)]
    : [...board.departments.keys(), 999];
  const nameOf = (year, number) => pattern.replace("YEAR", year).replace("NUMBER", String(number).padStart(3, "0"));
  const names = years.flatMap((year) => numbers.map((number) => nameOf(year, number)));
  return [...new Set(names)].filter((name) => name in board.chunks);
}

/** How many rows the chunks of a choice hold at most. */
export function countOf(app, table, choice) {
  return chunksOf(app, table, choice).reduce((sum, name) => sum + app.board.chunks[name], 0);
}

/** The rows of a table that a choice may need, loaded when they are first asked for. */
export async function tableOf(app, table, choice) {
  const names = chunksOf(app, table, choice);
  const key = [table, ...names].join(" ");
  if (!app.joined.has(key)) {
    const parts = (await Promise.all(names.map((name) => load(app, name)))).map((tables) => tables[table]);
    const blank = app.board.columns[table].map((name) => [name, { scale: 0, values: [] }]);
    app.joined.set(key, parts.length ? joinTables(parts) : { count: 0, columns: Object.fromEntries(blank) });
  }
  return app.joined.get(key);
}
