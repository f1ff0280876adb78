// What a figure shows: its series and the names along its axis, in order.

import { comparing } from "./queries.js";
import { write } from "./words.js";

export function unique(values) {
  return [...new Set(values)];
}

export function marker(board, column, value, at) {
  return board.colours[column]?.[value] ?? board.colours.series[at % board.colours.series.length];
}

/** The series of a chart: one per measure, or one per value of the column they are stacked by. */
export function seriesOf(board, chart, rows) {
  const column = chart.stack ?? chart.over;
  if (!column) {
    return chart.values.map((name, at) => ({
      name: board.labels[name].label,
      value: name,
      rows: rows.map((row, number) => [row, number]),
      marker: marker(board, "measures", name, at),
    }));
  }
  const numbered = rows.map((row, number) => [row, number]);
  return unique(rows.map((row) => row[column]))
    .sort((one, other) => comparing(board, column)({ [column]: one }, { [column]: other }))
    .map((value, at) => ({
      name: column === "year_count" ? `${value}${board.words.years}` : write(board, column, value),
      value: chart.values[0],
      key: value,
      rows: numbered.filter(([row]) => row[column] === value),
      marker: marker(board, column, value, at),
    }));
}

/** The names along the axis, in order, and how many are left out. */
export function namesOf(chart, rows) {
  let names = unique(rows.map((row) => row[chart.name]));
  const total = (name, of) =>
    rows
      .filter((row) => row[chart.name] === name && of(row))
      .reduce((sum, row) => sum + (row[chart.values[0]] ?? 0), 0);
  if (chart.stack && chart.full) {
    const share = (name) => total(name, (row) => row[chart.stack] === "red") / (total(name, () => true) || 1);
    names = names
      .map((name) => [name, share(name)])
      .sort((one, other) => other[1] - one[1])
      .map(([name]) => name);
  } else if (chart.stack && chart.kind === "bars") {
    names = names
      .map((name) => [name, total(name, () => true)])
      .sort((one, other) => other[1] - one[1])
      .map(([name]) => name);
  } else if (chart.kind === "heat" && chart.high) {
    const mean = (name) => {
      const known = rows.filter((row) => row[chart.name] === name && row[chart.values[0]] !== null);
      return known.length ? known.reduce((sum, row) => sum + row[chart.values[0]], 0) / known.length : 2;
    };
    names = names
      .map((name) => [name, mean(name)])
      .sort((one, other) => one[1] - other[1])
      .map(([name]) => name);
  }
  const most = chart.most ?? names.length;
  const left = Math.max(0, names.length - most);
  if (left && chart.ends) return { names: [...names.slice(0, most / 2), ...names.slice(-most / 2)], left };
  return { names: names.slice(0, most), left };
}
