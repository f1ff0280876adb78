// What a reader takes away: the table behind a panel as a workbook, its figure as a picture.

import { told } from "./choices.js";
import { saveFile } from "./elements.js";
import { makeWorkbook } from "./workbook.js";
import { heading, write } from "./words.js";

function sheetsOf(app, title, names, rows) {
  const { board } = app;
  const value = (row, name) => {
    const { type } = board.labels[name];
    if (row[name] === null || row[name] === undefined) return "";
    const isFigure = typeof row[name] === "number" && !board.values[name] && type !== "text";
    return isFigure ? row[name] : write(board, name, row[name]);
  };
  const lines = [
    names.map((name) => heading(board, name)),
    ...rows.map((row) => names.map((name) => value(row, name))),
  ];
  return [
    { name: board.words.sheet_data, lines },
    { name: board.words.sheet_about, lines: [[title], ...told(app).map((line) => [line])] },
  ];
}

export function saveTable(app, title, names, rows) {
  const address = URL.createObjectURL(makeWorkbook(sheetsOf(app, title, names, rows)));
  saveFile(`${title}.xlsx`, address);
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

export async function savePicture(app, view, title) {
  const Plotly = await app.source.plotly();
  const { width, height } = view.plot.getBoundingClientRect();
  saveFile(`${title}.png`, await Plotly.toImage(view.plot, { format: "png", width, height, scale: 2 }));
}
