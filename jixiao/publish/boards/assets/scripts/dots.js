// Dots between two measures, with the lines that part them.

import { unitAbove } from "./axes.js";
import { plain, wrapped } from "./figure_texts.js";
import { comparing } from "./queries.js";
import { marker, unique } from "./series.js";
import { write } from "./words.js";

/** Which dots are named, and on which side: names that would cover another dot or name are left to the hover. */
function namedDots(board, chart, shown, [left, right], [low, high], width, radius) {
  const at = (row) => [
    ((Math.min(row[chart.x], 1.5) * 100 - left) / (right - left)) * (width - 60),
    (1 - (row[chart.y] - low) / (high - low)) * 340,
  ];
  const taken = shown
    .map(([row]) => at(row))
    .map(([x, y], number) => {
      const reach = radius(shown[number][0]);
      return [x - reach, y - reach, x + reach, y + reach];
    });
  const spots = new Map();
  for (const [row] of chart.size || shown.length <= 15 ? shown.slice(0, 60) : []) {
    const [x, y] = at(row);
    const half = Math.min(9, [...write(board, chart.name, row[chart.name])].length) * 5.6;
    const sides = [
      ["top center", x - half, y - radius(row) - 18],
      ["bottom center", x - half, y + radius(row) + 3],
      ["middle right", x + radius(row) + 4, y - 8],
      ["middle left", x - radius(row) - 4 - 2 * half, y - 8],
    ];
    const free = sides.find(
      ([, from, top]) =>
        from > 0 &&
        from + 2 * half < width - 60 &&
        !taken.some(([x0, y0, x1, y1]) => from < x1 && from + 2 * half > x0 && top < y1 && top + 15 > y0),
    );
    if (!free) continue;
    spots.set(row, free[0]);
    taken.push([free[1], free[2], free[1] + 2 * half, free[2] + 15]);
  }
  return spots;
}

export function drawDots(board, chart, rows, narrow, width) {
  const shown = rows
    .map((row, number) => [row, number])
    .filter(([row]) => row[chart.x] !== null && row[chart.y] !== null);
  const most = Math.max(1, ...shown.map(([row]) => row[chart.size] ?? 0));
  const groups = chart.coloured
    ? unique(shown.map(([row]) => row[chart.coloured])).sort((one, other) =>
        comparing(board, chart.coloured)({ [chart.coloured]: one }, { [chart.coloured]: other }),
      )
    : [null];
  const cap = 1.5;
  const sizeOf = (row) => (chart.size ? 8 + 26 * Math.sqrt((row[chart.size] ?? 0) / most) : 10);
  const { rate, points } = board.cut;
  const line = { color: "#1F2933", dash: "dash", width: 1 };
  const xs = shown.map(([row]) => Math.min(row[chart.x], cap) * 100);
  const ys = shown.map(([row]) => row[chart.y]);
  const [left, right] = [Math.min(rate * 100, ...xs), Math.max(rate * 100, ...xs)];
  const [low, high] = [Math.min(points, ...ys), Math.max(points, ...ys)];
  const [wide, tall] = [Math.max(4, (right - left) * 0.12), Math.max(2, (high - low) * 0.12)];
  const spots = namedDots(
    board,
    chart,
    shown,
    [left - wide, right + wide],
    [low - tall, high + tall],
    width,
    (row) => sizeOf(row) / 2,
  );
  const data = groups.map((group, at) => {
    const mine = shown.filter(([row]) => group === null || row[chart.coloured] === group);
    const paint = group === null ? board.colours.series[0] : marker(board, chart.coloured, group, at);
    return {
      type: "scatter",
      mode: "markers+text",
      x: mine.map(([row]) => Math.min(row[chart.x], cap) * 100),
      y: mine.map(([row]) => row[chart.y]),
      name: group === null ? "" : write(board, chart.coloured, group),
      text: mine.map(([row]) => (spots.has(row) ? wrapped(write(board, chart.name, row[chart.name]), 9, 1) : "")),
      textposition: mine.map(([row]) => spots.get(row) ?? "top center"),
      textfont: { size: 11 },
      cliponaxis: false,
      marker: {
        size: mine.map(([row]) => sizeOf(row)),
        color: paint.color,
        symbol: ["circle", "square", "diamond", "x"][at % 4],
        opacity: 0.75,
        line: { width: 1, color: "#1F2933" },
      },
      customdata: mine.map(([, number]) => number),
      hovertemplate: mine.map(
        ([row]) =>
          `${plain(write(board, chart.name, row[chart.name]))}<br>${board.labels[chart.x].label} ${write(board, chart.x, row[chart.x])}<br>${board.labels[chart.y].label} ${write(board, chart.y, row[chart.y])}<extra></extra>`,
      ),
      showlegend: group !== null,
    };
  });
  const layout = {
    height: 420,
    shapes: [
      { type: "line", x0: rate * 100, x1: rate * 100, y0: 0, y1: 1, yref: "paper", line, layer: "between" },
      { type: "line", x0: 0, x1: 1, xref: "paper", y0: points, y1: points, line, layer: "between" },
    ],
    xaxis: { title: { text: `${board.labels[chart.x].label}（%）` }, range: [left - wide, right + wide] },
    yaxis: { range: [low - tall, high + tall] },
    annotations: unitAbove(`${board.labels[chart.y].label}（${board.words.points}）`),
  };
  return { data: shown.length ? data : [], layout, left: 0, count: shown.length };
}
