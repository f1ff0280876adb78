// The figures: the answer to a query becomes a plotly description. Every point carries the number of its row.

import { drawBars } from "./bars.js";
import { drawDots } from "./dots.js";
import { drawHeat } from "./heat.js";
import { drawLines } from "./lines.js";
import { drawWaterfall } from "./waterfall.js";

export const NARROW = 560;

/** Draw the answer to a query: the plotly description, and how many names were left out. */
export function draw(board, chart, rows, width) {
  const narrow = width < NARROW;
  const ways = {
    bars: drawBars,
    columns: drawBars,
    lines: drawLines,
    dots: drawDots,
    heat: drawHeat,
    waterfall: drawWaterfall,
  };
  const drawn = rows.length
    ? ways[chart.kind](board, chart, rows, narrow, width)
    : { data: [], layout: {}, left: 0, count: 0 };
  const legend =
    drawn.data.filter((trace) => trace.showlegend !== false && trace.type !== "heatmap").length > 1 ||
    drawn.data.some((trace) => trace.showlegend === true);
  const theme = board.theme;
  const layout = {
    ...theme,
    ...drawn.layout,
    font: { ...theme.font, size: narrow ? 12 : width > 800 ? 15 : theme.font.size },
    margin: { l: 8, r: narrow ? 12 : 20, t: (legend ? 44 : 12) + (drawn.layout.annotations ? 22 : 0), b: 44 },
    legend: {
      ...theme.legend,
      y: 1,
      yanchor: "bottom",
      ...(drawn.layout.annotations ? { yref: "container", y: 1, yanchor: "top" } : {}),
    },
    dragmode: false,
    showlegend: legend,
    hovermode: "closest",
    xaxis: { ...theme.xaxis, ...drawn.layout.xaxis },
    yaxis: { ...theme.yaxis, ...drawn.layout.yaxis },
  };
  return { ...drawn, layout };
}
