// A field of figures, coloured by size.

import { AIR } from "./axes.js";
import { labelOf, pointText, wrapped } from "./figure_texts.js";
import { comparing } from "./queries.js";
import { namesOf, unique } from "./series.js";
import { write } from "./words.js";

export function drawHeat(board, chart, rows, narrow) {
  const { names, left } = namesOf(chart, rows);
  const over = unique(rows.map((row) => row[chart.over])).sort((one, other) =>
    comparing(board, chart.over)({ [chart.over]: one }, { [chart.over]: other }),
  );
  if (chart.over === "category")
    over.sort((one, other) => board.categories.indexOf(one) - board.categories.indexOf(other));
  const value = chart.values[0];
  const isRate = board.labels[value].type === "rate";
  const cells = names.map((name) =>
    over.map((key) => rows.findIndex((row) => row[chart.name] === name && row[chart.over] === key)),
  );
  const at = (number) => (number < 0 || rows[number][value] === null ? null : rows[number][value] * (isRate ? 100 : 1));
  const figures = cells.map((line) => line.map(at));
  const most = Math.max(1, ...figures.flat().map((each) => each ?? 0));
  const data = [
    {
      type: "heatmap",
      z: figures,
      x: over.map((key) => wrapped(write(board, chart.over, key), narrow ? 4 : 10, 2)),
      y: names.map((_, number) => number),
      text: figures.map((line) => line.map((each) => (each === null ? "" : isRate ? each.toFixed(1) : String(each)))),
      texttemplate: "%{text}",
      textfont: { size: 13, color: "#1F2933" },
      zmin: (chart.low ?? 0) * (isRate ? 100 : 1),
      zmax: chart.high ? chart.high * (isRate ? 100 : 1) : most,
      colorscale: isRate ? board.colours.scale : board.colours.counts,
      xgap: 2,
      ygap: 2,
      showscale: false,
      customdata: cells,
      hovertext: cells.map((line) =>
        line.map((number) => (number < 0 ? "" : pointText(board, chart, rows[number], value))),
      ),
      hovertemplate: "%{hovertext}<extra></extra>", // one text: plotly fails on a field of them
      hoverongaps: false,
    },
  ];
  const yaxis = {
    tickmode: "array",
    tickvals: names.map((_, number) => number),
    ticktext: names.map((name) => labelOf(board, chart, name, narrow)),
    range: [names.length - 0.5, -0.5],
    ...AIR,
    showgrid: false,
    zeroline: false,
    automargin: true,
  };
  return {
    data,
    layout: {
      height: 96 + Math.max(34, narrow ? 40 : 34) * Math.max(names.length, 2),
      yaxis,
      xaxis: { type: "category", side: "bottom", ticks: "", showgrid: false },
    },
    left,
    count: names.length + left,
  };
}
