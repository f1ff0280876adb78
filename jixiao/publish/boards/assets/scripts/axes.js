// Axes: their units, ticks and room.

/** A little room between the names of an axis and what stands on it. */
export const AIR = { ticks: "outside", ticklen: 6, tickcolor: "rgba(0,0,0,0)" };

/** By what the values of a column are divided for an axis, and the unit they then have. */
export function axisScale(board, name, values) {
  const { type } = board.labels[name];
  const most = Math.max(0, ...values.filter((value) => value !== null).map(Math.abs));
  if (type === "money") return most >= 10000 ? [10000, board.words.money.yi] : [1, board.words.money.wan];
  if (type === "rate") return [0.01, name === "rate_change" ? board.words.percent_points : board.words.percent];
  return [1, type === "points" ? board.words.points : board.words.count];
}

/** A unit above a standing axis, written across: Chinese signs do not turn well. */
export function unitAbove(text) {
  return [
    {
      text,
      xref: "paper",
      yref: "paper",
      x: 0,
      y: 1,
      xanchor: "left",
      yanchor: "bottom",
      xshift: -10,
      yshift: 6,
      showarrow: false,
      font: { size: 12, color: "#52606d" },
    },
  ];
}

/** Numbers of pieces stand at whole ticks only. */
export function numberAxis(board, name, values, more = {}) {
  const [, unit] = axisScale(board, name, values);
  const isCount = board.labels[name].type === "integer";
  const most = Math.max(0, ...values.map((value) => value ?? 0));
  const whole = isCount ? { tickformat: ",d", ...(most <= 8 ? { dtick: 1 } : {}) } : { tickformat: ",~f" };
  return { title: { text: unit, standoff: 8 }, rangemode: "tozero", ...whole, ...more };
}
