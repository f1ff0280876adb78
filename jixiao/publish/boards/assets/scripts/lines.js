// Lines over the years.

import { unitAbove } from "./axes.js";
import { hover } from "./figure_texts.js";
import { namesOf, seriesOf, unique } from "./series.js";
import { write } from "./words.js";

export function drawLines(board, chart, rows) {
  const { names } = namesOf(chart, rows);
  const name = chart.values[0];
  const values = rows.map((row) => row[name]).filter((value) => value !== null);
  const lines = unique(rows.map((row) => row[chart.over])).length;
  const data = seriesOf(board, chart, rows).map((one, at) => ({
    type: "scatter",
    mode: "lines+markers+text",
    x: one.rows.map(([row]) => String(row[chart.name])),
    y: one.rows.map(([row]) => row[name]),
    name: one.name,
    line: { color: one.marker.color, width: 3, dash: ["solid", "dash", "dot"][at % 3] },
    marker: { size: 10, symbol: ["circle", "square", "diamond"][at % 3], color: one.marker.color },
    text: one.rows.map(([row]) => (lines > 1 ? "" : write(board, name, row[name]))), // those of several lines would cover each other
    textposition: "top center",
    cliponaxis: false,
    customdata: one.rows.map(([, number]) => number),
    hovertemplate: one.rows.map(([row]) => hover(board, chart, row, name)),
    showlegend: true,
  }));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(1, (high - low) * 0.3);
  const xaxis = { type: "category", categoryorder: "array", categoryarray: names.map(String), showgrid: false };
  return {
    data,
    layout: {
      height: 340,
      xaxis,
      yaxis: { range: [low - room, high + room] },
      annotations: unitAbove(board.words.points),
    },
    left: 0,
    count: rows.length,
  };
}
