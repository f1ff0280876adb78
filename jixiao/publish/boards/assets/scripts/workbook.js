// A workbook made in the page (.xlsx): texts as inline strings, so that none of them becomes a formula.

import { zipped } from "./archive.js";

function xmlText(text) {
  const kept = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "").slice(0, 32767);
  return kept.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}

function sheetText(lines, widths) {
  const cell = (value) => {
    if (value === null || value === undefined || value === "") return "<c/>";
    if (typeof value === "number") return `<c><v>${value}</v></c>`;
    return `<c t="inlineStr"><is><t xml:space="preserve">${xmlText(String(value))}</t></is></c>`;
  };
  const columns = widths.map(
    (width, number) => `<col min="${number + 1}" max="${number + 1}" width="${width}" customWidth="1"/>`,
  );
  const rows = lines.map((line) => `<row>${line.map(cell).join("")}</row>`);
  return (
    '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' +
    `<cols>${columns.join("")}</cols><sheetData>${rows.join("")}</sheetData></worksheet>`
  );
}

/** Make a workbook of sheets: name, lines of texts and numbers. */
export function makeWorkbook(sheets) {
  const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
  const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const packages = "http://schemas.openxmlformats.org/package/2006";
  const start = '<?xml version="1.0" encoding="UTF-8"?>';
  const numbers = sheets.map((_, number) => number + 1);
  const kind = "application/vnd.openxmlformats-officedocument.spreadsheetml";
  const parts = numbers.map(
    (n) => `<Override PartName="/xl/worksheets/sheet${n}.xml" ContentType="${kind}.worksheet+xml"/>`,
  );
  const names = sheets.map(({ name }, at) => `<sheet name="${xmlText(name)}" sheetId="${at + 1}" r:id="r${at + 1}"/>`);
  const links = numbers.map(
    (n) => `<Relationship Id="r${n}" Type="${office}/worksheet" Target="worksheets/sheet${n}.xml"/>`,
  );
  const width = (lines, at) =>
    Math.min(60, Math.max(8, ...lines.slice(0, 200).map((line) => 2.2 * String(line[at] ?? "").length)));
  return zipped([
    [
      "[Content_Types].xml",
      `${start}<Types xmlns="${packages}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
        `<Override PartName="/xl/workbook.xml" ContentType="${kind}.sheet.main+xml"/>${parts.join("")}</Types>`,
    ],
    [
      "_rels/.rels",
      `${start}<Relationships xmlns="${packages}/relationships"><Relationship Id="r1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ],
    [
      "xl/workbook.xml",
      `${start}<workbook xmlns="${main}" xmlns:r="${office}"><sheets>${names.join("")}</sheets></workbook>`,
    ],
    [
      "xl/_rels/workbook.xml.rels",
      `${start}<Relationships xmlns="${packages}/relationships">${links.join("")}</Relationships>`,
    ],
    ...sheets.map(({ lines }, at) => [
      `xl/worksheets/sheet${at + 1}.xml`,
      sheetText(
        lines,
        lines[0].map((_, column) => width(lines, column)),
      ),
    ]),
  ]);
}
