// The figures: the answer to a query becomes a plotly description. Every point carries the number of its row.

const NARROW = 560;
/** A little room between the names of an axis and what stands on it. */
const AIR = { ticks: "outside", ticklen: 6, tickcolor: "rgba(0,0,0,0)" };

/** Escape a text for plotly, which reads a little HTML in texts. */
function plain(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

/** Break a name over lines; the last one ends with … when it is longer. */
function wrapped(text, length, lines) {
  const signs = [...text];
  const parts = [];
  for (let at = 0; at < signs.length && parts.length < lines; at += length) parts.push(signs.slice(at, at + length).join(""));
  if (signs.length > length * lines) parts[lines - 1] = `${[...parts[lines - 1]].slice(0, -1).join("")}…`;
  return parts.map(plain).join("<br>");
}

function unique(values) {
  return [...new Set(values)];
}

/** By what the values of a column are divided for an axis, and the unit they then have. */
function axisScale(board, name, values) {
  const { type } = board.labels[name];
  const most = Math.max(0, ...values.filter((value) => value !== null).map(Math.abs));
  if (type === "money") return most >= 10000 ? [10000, board.words.money.yi] : [1, board.words.money.wan];
  if (type === "rate") return [0.01, name === "rate_change" ? board.words.percent_points : board.words.percent];
  return [1, type === "points" ? board.words.points : board.words.count];
}

/** A unit above a standing axis, written across: Chinese signs do not turn well. */
function unitAbove(text) {
  return [{ text, xref: "paper", yref: "paper", x: 0, y: 1, xanchor: "left", yanchor: "bottom", xshift: -10, yshift: 6, showarrow: false, font: { size: 12, color: "#52606d" } }];
}

/** Numbers of pieces stand at whole ticks only. */
function numberAxis(board, name, values, more = {}) {
  const [, unit] = axisScale(board, name, values);
  const isCount = board.labels[name].type === "integer";
  const most = Math.max(0, ...values.map((value) => value ?? 0));
  const whole = isCount ? { tickformat: ",d", ...(most <= 8 ? { dtick: 1 } : {}) } : { tickformat: ",~f" };
  return { title: { text: unit, standoff: 8 }, rangemode: "tozero", ...whole, ...more };
}

function marker(board, column, value, at) {
  return board.colours[column]?.[value] ?? board.colours.series[at % board.colours.series.length];
}

/** The series of a chart: one per measure, or one per value of the column they are stacked by. */
function seriesOf(board, chart, rows) {
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
function namesOf(chart, rows) {
  let names = unique(rows.map((row) => row[chart.name]));
  const total = (name, of) => rows.filter((row) => row[chart.name] === name && of(row)).reduce((sum, row) => sum + (row[chart.values[0]] ?? 0), 0);
  if (chart.stack && chart.full) {
    const share = (name) => total(name, (row) => row[chart.stack] === "red") / (total(name, () => true) || 1);
    names = names.map((name) => [name, share(name)]).sort((one, other) => other[1] - one[1]).map(([name]) => name);
  } else if (chart.stack && chart.kind === "bars") {
    names = names.map((name) => [name, total(name, () => true)]).sort((one, other) => other[1] - one[1]).map(([name]) => name);
  } else if (chart.kind === "heat" && chart.high) {
    const mean = (name) => {
      const known = rows.filter((row) => row[chart.name] === name && row[chart.values[0]] !== null);
      return known.length ? known.reduce((sum, row) => sum + row[chart.values[0]], 0) / known.length : 2;
    };
    names = names.map((name) => [name, mean(name)]).sort((one, other) => one[1] - other[1]).map(([name]) => name);
  }
  const most = chart.most ?? names.length;
  const left = Math.max(0, names.length - most);
  if (left && chart.ends) return { names: [...names.slice(0, most / 2), ...names.slice(-most / 2)], left };
  return { names: names.slice(0, most), left };
}

function labelOf(board, chart, row, narrow) {
  const text = write(board, chart.name, row);
  return narrow ? wrapped(text, 8, 2) : wrapped(text, 18, 1);
}

function hover(board, chart, row, name) {
  const head = chart.name ? plain(write(board, chart.name, row[chart.name])) : "";
  const rest = chart.stack || chart.over ? `${plain(write(board, chart.stack ?? chart.over, row[chart.stack ?? chart.over]))} ` : "";
  return `${head}<br>${rest}${board.labels[name].label} ${write(board, name, row[name])}<extra></extra>`;
}

function noted(board, chart, row, name) {
  if (chart.text === "rank") return row.rank === null || row.peer_count < 2 ? write(board, name, row[name]) : `${write(board, name, row[name])}（${row.rank}/${row.peer_count}）`;
  if (chart.text) return write(board, chart.text, row[chart.text]);
  if (board.labels[name].type === "money") return withCommas(row[name] / axisScale(board, name, [row.top ?? row[name]])[0], 2);
  return write(board, name, row[name]);
}

/** Bars lying (bars) or standing (columns). */
function drawBars(board, chart, rows, narrow) {
  const lying = chart.kind === "bars";
  const { names, left } = namesOf(chart, rows);
  const place = new Map(names.map((name, at) => [name, at]));
  const shown = rows.filter((row) => place.has(row[chart.name]));
  const series = seriesOf(board, chart, rows).map((one) => ({ ...one, rows: one.rows.filter(([row]) => place.has(row[chart.name])) }));
  const every = shown.flatMap((row) => chart.values.map((name) => row[name]));
  const stacked = chart.stack ? names.map((name) => shown.filter((row) => row[chart.name] === name).reduce((sum, row) => sum + (row[chart.values[0]] ?? 0), 0)) : every;
  const [scale] = axisScale(board, chart.values[0], stacked);
  const sums = new Map(names.map((name, at) => [name, stacked[at]]));
  const data = series.map((one, number) => {
    const part = (row) => {
      const value = row[one.value];
      if (value === null) return null;
      return chart.full ? (value / sums.get(row[chart.name])) * 100 : Number((value / scale).toPrecision(15));
    };
    const isRoomy = (row) => row[one.value] / (chart.full ? sums.get(row[chart.name]) : Math.max(...stacked)) > (lying ? 0.05 : 0.07);
    const texts = one.rows.map(([row]) => {
      if (row[one.value] === null || (chart.text && number > 0) || chart.values.length > 2) return "";
      if (chart.stack) return isRoomy(row) ? String(row[one.value]) : "";
      if (chart.text || board.labels[one.value].type !== "money") return noted(board, chart, row, one.value);
      return withCommas(row[one.value] / scale, 2);
    });
    const values = one.rows.map(([row]) => part(row));
    const places = one.rows.map(([row]) => place.get(row[chart.name]));
    const coloured = chart.coloured ? one.rows.map(([row]) => marker(board, chart.coloured, row[chart.coloured], 0)) : null;
    const paint = coloured
      ? { color: coloured.map((each) => each.color), pattern: { shape: coloured.map((each) => each.pattern.shape), fgcolor: "rgba(255,255,255,0.6)", size: 7 } }
      : chart.signed
        ? { color: values.map((value) => (value < 0 ? board.colours.worse : board.colours.better)), pattern: { shape: values.map((value) => (value < 0 ? "x" : "")), fgcolor: "rgba(255,255,255,0.6)", size: 7 } }
        : chart.mark
          ? board.colours.series[3]
          : one.marker;
    const inside = Boolean(chart.stack || chart.mark);
    const more = chart.near
      ? { type: "scatter", mode: "markers+text", textposition: "middle right", marker: { size: 13, color: paint.color } }
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
    ticktext: names.map((name) => (lying ? labelOf(board, chart, name, narrow) : wrapped(write(board, chart.name, name), narrow ? 5 : 10, 2))),
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
    : numberAxis(board, chart.values[0], stacked, chart.near ? { range: nearRange(low, high, narrow), rangemode: "normal" } : rangeOf(chart, low, high, lying && narrow));
  const perRow = chart.stack || chart.values.length === 1 ? 28 : 14 * chart.values.length + 12;
  const barmode = chart.stack ? "stack" : "group";
  const line = chart.line ? [{ type: "line", x0: chart.line * 100, x1: chart.line * 100, y0: -0.6, y1: names.length - 0.4, line: { color: "#1F2933", dash: "dot", width: 1 }, layer: "below" }] : [];
  const layout = lying
    ? { height: 96 + Math.max(narrow ? 40 : 0, perRow) * Math.max(names.length, 2), yaxis: { ...ticks, range: [names.length - 0.4, -0.6] }, xaxis: axis, shapes: line }
    : { height: 340, xaxis: { ...ticks, range: [-0.6, names.length - 0.4] }, yaxis: { ...axis, title: { text: "" } }, annotations: unitAbove(axis.title.text) };
  return { data, layout: { ...layout, barmode, bargap: lying ? 0.25 : Math.max(0.25, 0.8 - 0.12 * names.length) }, left, count: names.length + left };
}

function nearRange(low, high, narrow) {
  const span = Math.max(high - low, 1);
  return [low - span * 0.1, high + span * (narrow ? 0.8 : 0.35)];
}

/** Leave room for the numbers that stand beside the bars; totals near each other are dots, so their axis may start where they differ. */
function rangeOf(chart, low, high, narrow) {
  if (chart.high !== undefined && chart.low !== undefined) return { range: [chart.low, chart.high] };
  if (chart.stack) return { range: [low, high * 1.05 || 1] };
  const room = (high - low || 1) * (narrow ? 0.5 : 0.22);
  return { range: [low < 0 ? low - room : 0, high > 0 ? high + room : room] };
}

function drawLines(board, chart, rows) {
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
  return { data, layout: { height: 340, xaxis, yaxis: { range: [low - room, high + room] }, annotations: unitAbove(board.words.points) }, left: 0, count: rows.length };
}

/** Which dots are named, and on which side: names that would cover another dot or name are left to the hover. */
function namedDots(board, chart, shown, [left, right], [low, high], width, radius) {
  const at = (row) => [((Math.min(row[chart.x], 1.5) * 100 - left) / (right - left)) * (width - 60), (1 - (row[chart.y] - low) / (high - low)) * 340];
  const taken = shown.map(([row]) => at(row)).map(([x, y], number) => {
    const reach = radius(shown[number][0]);
    return [x - reach, y - reach, x + reach, y + reach];
  });
  const spots = new Map();
  for (const [row] of chart.size || shown.length <= 15 ? shown.slice(0, 60) : []) {
    const [x, y] = at(row);
    const half = Math.min(9, [...write(board, chart.name, row[chart.name])].length) * 5.6;
    const sides = [["top center", x - half, y - radius(row) - 18], ["bottom center", x - half, y + radius(row) + 3], ["middle right", x + radius(row) + 4, y - 8], ["middle left", x - radius(row) - 4 - 2 * half, y - 8]];
    const free = sides.find(([, from, top]) => from > 0 && from + 2 * half < width - 60 && !taken.some(([x0, y0, x1, y1]) => from < x1 && from + 2 * half > x0 && top < y1 && top + 15 > y0));
    if (!free) continue;
    spots.set(row, free[0]);
    taken.push([free[1], free[2], free[1] + 2 * half, free[2] + 15]);
  }
  return spots;
}

function drawDots(board, chart, rows, narrow, width) {
  const shown = rows.map((row, number) => [row, number]).filter(([row]) => row[chart.x] !== null && row[chart.y] !== null);
  const most = Math.max(1, ...shown.map(([row]) => row[chart.size] ?? 0));
  const groups = chart.coloured ? unique(shown.map(([row]) => row[chart.coloured])).sort((one, other) => comparing(board, chart.coloured)({ [chart.coloured]: one }, { [chart.coloured]: other })) : [null];
  const cap = 1.5;
  const sizeOf = (row) => (chart.size ? 8 + 26 * Math.sqrt((row[chart.size] ?? 0) / most) : 10);
  const { rate, points } = board.cut;
  const line = { color: "#1F2933", dash: "dash", width: 1 };
  const xs = shown.map(([row]) => Math.min(row[chart.x], cap) * 100);
  const ys = shown.map(([row]) => row[chart.y]);
  const [left, right] = [Math.min(rate * 100, ...xs), Math.max(rate * 100, ...xs)];
  const [low, high] = [Math.min(points, ...ys), Math.max(points, ...ys)];
  const [wide, tall] = [Math.max(4, (right - left) * 0.12), Math.max(2, (high - low) * 0.12)];
  const spots = namedDots(board, chart, shown, [left - wide, right + wide], [low - tall, high + tall], width, (row) => sizeOf(row) / 2);
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
      hovertemplate: mine.map(([row]) => `${plain(write(board, chart.name, row[chart.name]))}<br>${board.labels[chart.x].label} ${write(board, chart.x, row[chart.x])}<br>${board.labels[chart.y].label} ${write(board, chart.y, row[chart.y])}<extra></extra>`),
      showlegend: group !== null,
    };
  });
  const layout = {
    height: 420,
    shapes: [
      { type: "line", x0: rate * 100, x1: rate * 100, y0: 0, y1: 1, yref: "paper", line, layer: "below" },
      { type: "line", x0: 0, x1: 1, xref: "paper", y0: points, y1: points, line, layer: "below" },
    ],
    xaxis: { title: { text: `${board.labels[chart.x].label}（%）` }, range: [left - wide, right + wide] },
    yaxis: { range: [low - tall, high + tall] },
    annotations: unitAbove(`${board.labels[chart.y].label}（${board.words.points}）`),
  };
  return { data: shown.length ? data : [], layout, left: 0, count: shown.length };
}

function drawHeat(board, chart, rows, narrow) {
  const { names, left } = namesOf(chart, rows);
  const over = unique(rows.map((row) => row[chart.over])).sort((one, other) => comparing(board, chart.over)({ [chart.over]: one }, { [chart.over]: other }));
  if (chart.over === "category") over.sort((one, other) => board.categories.indexOf(one) - board.categories.indexOf(other));
  const value = chart.values[0];
  const isRate = board.labels[value].type === "rate";
  const cells = names.map((name) => over.map((key) => rows.findIndex((row) => row[chart.name] === name && row[chart.over] === key)));
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
      hovertemplate: cells.map((line) => line.map((number) => (number < 0 ? "<extra></extra>" : hover(board, chart, rows[number], value)))),
      hoverongaps: false,
    },
  ];
  const yaxis = { tickmode: "array", tickvals: names.map((_, number) => number), ticktext: names.map((name) => labelOf(board, chart, name, narrow)), range: [names.length - 0.5, -0.5], ...AIR, showgrid: false, zeroline: false, automargin: true };
  return { data, layout: { height: 96 + Math.max(34, narrow ? 40 : 34) * Math.max(names.length, 2), yaxis, xaxis: { type: "category", side: "bottom", ticks: "", showgrid: false } }, left, count: names.length + left };
}

/** The way of the money: whole amounts, and between them what was added or taken away. */
function drawWaterfall(board, chart, rows) {
  const row = rows[0];
  if (!row || chart.values.some((name) => row[name] === null)) return { data: [], layout: {}, left: 0, count: 0 };
  const [scale, unit] = axisScale(board, chart.values[0], chart.values.map((name) => row[name]));
  const levels = chart.values.map((name) => Number((row[name] / scale).toPrecision(15)));
  const steps = levels.slice(1).map((level, at) => level - levels[at]);
  const names = chart.values.flatMap((name, at) => (at ? [board.words.step, board.labels[name].label] : [board.labels[name].label]));
  const bar = (x, y, base, name, paint, text) => ({ type: "bar", x, y, base, name, marker: paint, text, textposition: "outside", cliponaxis: false, width: 0.7, customdata: x.map(() => 0), hovertemplate: `%{text} ${unit}<extra></extra>` });
  const data = [bar(levels.map((_, at) => at * 2), levels, levels.map(() => 0), board.labels.amount_wan.label, board.colours.series[0], levels.map((level) => withCommas(level, 2)))];
  for (const [name, paint, keep] of [[board.words.less, board.colours.less, (step) => step < 0], [board.words.more, board.colours.more, (step) => step >= 0]]) {
    const mine = steps.map((step, at) => [step, at]).filter(([step]) => keep(step));
    if (mine.length) data.push(bar(mine.map(([, at]) => at * 2 + 1), mine.map(([step]) => Math.abs(step)), mine.map(([, at]) => Math.min(levels[at], levels[at + 1])), name, paint, mine.map(([step]) => (step > 0 ? "+" : "") + withCommas(step, 2))));
  }
  const xaxis = { tickmode: "array", tickvals: names.map((_, at) => at), ticktext: names.map((name) => wrapped(name, 5, 2)), showgrid: false, zeroline: false };
  return { data, layout: { height: 340, barmode: "overlay", xaxis, yaxis: { tickformat: ",~f", range: [0, Math.max(...levels) * 1.15] }, annotations: unitAbove(unit) }, left: 0, count: levels.length };
}

/** Draw the answer to a query: the plotly description, and how many names were left out. */
function draw(board, chart, rows, width) {
  const narrow = width < NARROW;
  const ways = { bars: drawBars, columns: drawBars, lines: drawLines, dots: drawDots, heat: drawHeat, waterfall: drawWaterfall };
  const drawn = rows.length ? ways[chart.kind](board, chart, rows, narrow, width) : { data: [], layout: {}, left: 0, count: 0 };
  const legend = drawn.data.filter((trace) => trace.showlegend !== false && trace.type !== "heatmap").length > 1 || drawn.data.some((trace) => trace.showlegend === true);
  const theme = board.theme;
  const layout = {
    ...theme,
    ...drawn.layout,
    font: { ...theme.font, size: narrow ? 12 : width > 800 ? 15 : theme.font.size },
    margin: { l: 8, r: narrow ? 12 : 20, t: (legend ? 44 : 12) + (drawn.layout.annotations ? 22 : 0), b: 44 },
    legend: { ...theme.legend, y: 1, yanchor: "bottom", ...(drawn.layout.annotations ? { yref: "container", y: 1, yanchor: "top" } : {}) },
    dragmode: false,
    showlegend: legend,
    hovermode: "closest",
    xaxis: { ...theme.xaxis, ...drawn.layout.xaxis },
    yaxis: { ...theme.yaxis, ...drawn.layout.yaxis },
  };
  return { ...drawn, layout };
}
