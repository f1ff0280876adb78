// Bars, lying (bars) or standing (columns).

import { AIR, axisScale, numberAxis, unitAbove } from "./axes.js";
import { hover, labelOf, noted, wrapped } from "./figure_texts.js";
import { marker, namesOf, seriesOf } from "./series.js";
import { withCommas, write } from "./words.js";

/** Bars lying (bars) or standing (columns). */
export function drawBars(board, chart, rows, narrow) {
  const lying = chart.kind === "bars";
  const { names, left } = namesOf(chart, rows);
  const place = new Map(names.map((name, at) => [name, at]));
  const shown = rows.filter((row) => place.has(row[chart.name]));
  const series = seriesOf(board, chart, rows).map((one) => ({
    ...one,
    rows: one.rows.filter(([row]) => place.has(row[chart.name])),
  }));
  const every = shown.flatMap((row) => chart.values.map((name) => row[name]));
  const stacked = chart.stack
    ? names.map((name) =>
        shown.filter((row) => row[chart.name] === name).reduce((sum, row) => sum + (row[chart.values[0]] ?? 0), 0),
      )
    : every;
  const [scale] = axisScale(board, chart.values[0], stacked);
  const sums = new Map(names.map((name, at) => [name, stacked[at]]));
  const data = series.map((one, number) => {
    const part = (row) => {
      const value = row[one.value];
      if (value === null) return null;
      return chart.full ? (value / sums.get(row[chart.name])) * 100 : Number((value / scale).toPrecision(15));
    };
    const isRoomy = (row) =>
      row[one.value] / (chart.full ? sums.get(row[chart.name]) : Math.max(...stacked)) > (lying ? 0.05 : 0.07);
    const texts = one.rows.map(([row]) => {
      if (row[one.value] === null || (chart.text && number > 0) || chart.values.length > 2) return "";
      if (chart.stack) return isRoomy(row) ? String(row[one.value]) : "";
      if (chart.text || board.labels[one.value].type !== "money") return noted(board, chart, row, one.value);
      return withCommas(row[one.value] / scale, 2);
    });
    const values = one.rows.map(([row]) => part(row));
    const places = one.rows.map(([row]) => place.get(row[chart.name]));
    const coloured = chart.coloured
      ? one.rows.map(([row]) => marker(board, chart.coloured, row[chart.coloured], 0))
      : null;
    const paint = coloured
      ? {
          color: coloured.map((each) => each.color),
          pattern: { shape: coloured.map((each) => each.pattern.shape), fgcolor: "rgba(255,255,255,0.6)", size: 7 },
        }
      : chart.signed
        ? {
            color: values.map((value) => (value < 0 ? board.colours.worse : board.colours.better)),
            pattern: {
              shape: values.map((value) => (value < 0 ? "x" : "")),
              fgcolor: "rgba(255,255,255,0.6)",
              size: 7,
            },
          }
        : chart.mark
          ? board.colours.series[3]
          : one.marker;
    const inside = Boolean(chart.stack || chart.mark);
    const more = chart.near
      ? {
          type: "scatter",
          mode: "markers+text",
          textposition: "middle right",
          marker: { size: 13, color: paint.color },
        }
      : { type: "bar", marker: paint };
    return {
      orientation: lying ? "h" : "v",
      [lying ? "x" : "y"]: values,
      [lying ? "y" : "x"]: places,
      name: one.name,
      customdata: one.rows.map(([, at]) => at),
      hovertemplate: one.rows.map(([row]) => hover(board, chart, row, one.value)),
      text: texts,
      textangle: 0,
      textposition: inside ? "inside" : "outside",
      insidetextanchor: chart.mark ? "start" : "middle",
      constraintext: "none",
      cliponaxis: false,
      insidetextfont: { color: chart.mark ? "#1F2933" : (paint.ink ?? "#1F2933"), size: 12 },
      showlegend: series.length > 1 || Boolean(chart.mark ?? chart.stack),
      ...more,
    };
  });
  if (chart.mark) {
    data.push({
      type: "scatter",
      mode: "markers",
      x: shown.map((row) => row[chart.mark] / axisScale(board, chart.mark, [])[0]),
      y: shown.map((row) => place.get(row[chart.name])),
      name: board.labels[chart.mark].label,
      marker: { symbol: "diamond", size: 10, color: board.colours.worse, line: { width: 1, color: "#1F2933" } },
      customdata: shown.map((row) => rows.indexOf(row)),
      hovertemplate: shown.map((row) => hover(board, chart, row, chart.mark)),
    });
  }
  const ticks = {
    tickmode: "array",
    tickvals: names.map((_, at) => at),
    ticktext: names.map((name) =>
      lying ? labelOf(board, chart, name, narrow) : wrapped(write(board, chart.name, name), narrow ? 5 : 10, 2),
    ),
    showgrid: false,
    zeroline: false,
    automargin: true,
    ...AIR,
  };
  const numbersOf = chart.full ? [100] : stacked.map((value) => (value ?? 0) / scale);
  const zero = chart.near ? numbersOf[0] : 0;
  const [low, high] = [Math.min(zero, ...numbersOf), Math.max(zero, ...numbersOf)];
  const axis = chart.full
    ? { title: { text: board.words.percent }, range: [0, 100] }
    : numberAxis(
        board,
        chart.values[0],
        stacked,
        chart.near
          ? { range: nearRange(low, high, narrow), rangemode: "normal" }
          : rangeOf(chart, low, high, lying && narrow),
      );
  const perRow = chart.stack || chart.values.length === 1 ? 28 : 14 * chart.values.length + 12;
  const barmode = chart.stack ? "stack" : "group";
  const line = chart.line
    ? [
        {
          type: "line",
          x0: chart.line * 100,
          x1: chart.line * 100,
          y0: -0.6,
          y1: names.length - 0.4,
          line: { color: "#1F2933", dash: "dot", width: 1 },
          layer: "between",
        },
      ]
    : [];
  const layout = lying
    ? {
        height: 96 + Math.max(narrow ? 40 : 0, perRow) * Math.max(names.length, 2),
        yaxis: { ...ticks, range: [names.length - 0.4, -0.6] },
        xaxis: axis,
        shapes: line,
      }
    : {
        height: 340,
        xaxis: { ...ticks, range: [-0.6, names.length - 0.4] },
        yaxis: { ...axis, title: { text: "" } },
        annotations: unitAbove(axis.title.text),
      };
  return {
    data,
    layout: { ...layout, barmode, bargap: lying ? 0.25 : Math.max(0.25, 0.8 - 0.12 * names.length) },
    left,
    count: names.length + left,
  };
}

function nearRange(low, high, narrow) {
  const span = Math.max(high - low, 1);
  return [low - span * 0.1, high + span * (narrow ? 0.8 : 0.6)];
}

/** Leave room for the numbers that stand beside the bars; totals near each other are dots, so their axis may start where they differ. */
function rangeOf(chart, low, high, narrow) {
  if (chart.high !== undefined && chart.low !== undefined) return { range: [chart.low, chart.high] };
  if (chart.stack) return { range: [low, high * 1.05 || 1] };
  const room = (high - low || 1) * (narrow ? 0.5 : 0.22);
  return { range: [low < 0 ? low - room : 0, high > 0 ? high + room : room] };
}
