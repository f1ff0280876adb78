// Texts on a figure: escaped and broken over lines.

import { axisScale } from "./axes.js";
import { fill, moneyText, withCommas, write } from "./words.js";

/** Escape a text for plotly, which reads a little HTML in texts. */
export function plain(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

/** Break a name over lines; the last one ends with … when it is longer. */
export function wrapped(text, length, lines) {
  const signs = [...text];
  const parts = [];
  for (let at = 0; at < signs.length && parts.length < lines; at += length)
    parts.push(signs.slice(at, at + length).join(""));
  if (signs.length > length * lines) parts[lines - 1] = `${[...parts[lines - 1]].slice(0, -1).join("")}…`;
  return parts.map(plain).join("<br>");
}

export function labelOf(board, chart, row, narrow) {
  const text = write(board, chart.name, row);
  return narrow ? wrapped(text, 8, 2) : wrapped(text, 18, 1);
}

/** What a point says; `hover` the same as the template of a point of its own. */
export function pointText(board, chart, row, name) {
  const head = chart.name ? plain(write(board, chart.name, row[chart.name])) : "";
  const rest =
    chart.stack || chart.over
      ? `${plain(write(board, chart.stack ?? chart.over, row[chart.stack ?? chart.over]))} `
      : "";
  const isMoney = board.labels[name].type === "money";
  const value = isMoney ? moneyText(board, row[name]) : write(board, name, row[name]);
  const rate =
    isMoney && typeof row.execution_rate === "number"
      ? `<br>${board.labels.execution_rate.label} ${write(board, "execution_rate", row.execution_rate)}`
      : "";
  return `${head}<br>${rest}${board.labels[name].label} ${value}${rate}`;
}

export function hover(board, chart, row, name) {
  return `${pointText(board, chart, row, name)}<extra></extra>`;
}

export function noted(board, chart, row, name) {
  if (chart.text === "rank")
    return row.rank === null || row.peer_count < 2
      ? write(board, name, row[name])
      : write(board, name, row[name]) + rankText(board, row);
  if (chart.text) return write(board, chart.text, row[chart.text]);
  if (board.labels[name].type === "money") {
    const [scale, unit] = axisScale(board, name, [row.top ?? row[name]]);
    const own = moneyText(board, row[name]);
    return own.endsWith(unit) ? withCommas(row[name] / scale, 2) : own; // a small bar beside large ones in its own unit
  }
  return write(board, name, row[name]);
}

/** The place of a department among its like, and how it moved. */
export function rankMove(board, { rank_change: change }) {
  if (!change) return "";
  const { words } = board;
  return fill(change > 0 ? words.rank_up : words.rank_down, { places: Math.abs(change) });
}

function rankText(board, row) {
  const move = rankMove(board, row);
  return fill(board.words.rank, { rank: row.rank, count: row.peer_count, move });
}
