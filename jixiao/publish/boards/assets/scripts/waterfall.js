// The way of the money.

import { axisScale, unitAbove } from "./axes.js";
import { wrapped } from "./figure_texts.js";
import { withCommas } from "./words.js";

/** The way of the money: whole amounts, and between them what was added or taken away. */
export function drawWaterfall(board, chart, rows) {
  const row = rows[0];
  if (!row || chart.values.some((name) => row[name] === null)) return { data: [], layout: {}, left: 0, count: 0 };
  const [scale, unit] = axisScale(
    board,
    chart.values[0],
    chart.values.map((name) => row[name]),
  );
  const levels = chart.values.map((name) => Number((row[name] / scale).toPrecision(15)));
  const steps = levels.slice(1).map((level, at) => level - levels[at]);
  const names = chart.values.flatMap((name, at) =>
    at ? [board.words.step, board.labels[name].label] : [board.labels[name].label],
  );
  const bar = (x, y, base, name, paint, text) => ({
    type: "bar",
    x,
    y,
    base,
    name,
    marker: paint,
    text,
    textposition: "outside",
    cliponaxis: false,
    width: 0.7,
    customdata: x.map(() => 0),
    hovertemplate: `%{text} ${unit}<extra></extra>`,
  });
  const data = [
    bar(
      levels.map((_, at) => at * 2),
      levels,
      levels.map(() => 0),
      board.labels.amount_wan.label,
      board.colours.series[0],
      levels.map((level) => withCommas(level, 2)),
    ),
  ];
  for (const [name, paint, keep] of [
    [board.words.less, board.colours.less, (step) => step < 0],
    [board.words.more, board.colours.more, (step) => step >= 0],
  ]) {
    const mine = steps.map((step, at) => [step, at]).filter(([step]) => keep(step));
    if (mine.length)
      data.push(
        bar(
          mine.map(([, at]) => at * 2 + 1),
          mine.map(([step]) => Math.abs(step)),
          mine.map(([, at]) => Math.min(levels[at], levels[at + 1])),
          name,
          paint,
          mine.map(([step]) => (step > 0 ? "+" : "") + withCommas(step, 2)),
        ),
      );
  }
  const xaxis = {
    tickmode: "array",
    tickvals: names.map((_, at) => at),
    ticktext: names.map((name) => wrapped(name, 5, 2)),
    showgrid: false,
    zeroline: false,
  };
  return {
    data,
    layout: {
      height: 340,
      barmode: "overlay",
      xaxis,
      yaxis: { tickformat: ",~f", range: [0, Math.max(...levels) * 1.15] },
      annotations: unitAbove(unit),
    },
    left: 0,
    count: levels.length,
  };
}
