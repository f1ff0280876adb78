// How values are written, and the pieces of a page that carry text. Text from data only ever becomes text, never markup.

/** Fill the names in braces of a sentence. */
function fill(sentence, parts) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in parts ? String(parts[name]) : whole));
}

function withCommas(value, decimals, trim = false) {
  const text = value.toLocaleString("en-US", { minimumFractionDigits: trim ? 0 : decimals, maximumFractionDigits: decimals });
  return text.replace(/^-/, "−");
}

/** Write one value of a column for a reader. */
function write(board, name, value) {
  const { type } = board.labels[name];
  if (name === "evaluation" && value === "") return board.words.merged;
  if (value === null || value === undefined) return board.words.missing;
  if (board.values[name]) return board.values[name][String(value)] ?? (String(value) || board.words.missing);
  if (name === "department" && value === "") return board.words.no_department;
  if (name === "rate_change" || name === "mean_change") return signedText(board, name, value);
  if (type === "rate") return `${withCommas(value * 100, 2)}%`;
  if (type === "points") return withCommas(value, 2);
  if (type === "money") return withCommas(value, 4, true);
  return String(value);
}

function signedText(board, name, value) {
  const isRate = board.labels[name].type === "rate";
  const text = withCommas(isRate ? value * 100 : value, 2);
  return (value > 0 ? `+${text}` : text) + (isRate ? board.words.percent_points : "");
}

/** Write money with the unit that keeps it short: 亿元 from 10,000 万元 on. */
function moneyText(board, wan) {
  if (wan === null) return board.words.missing;
  const isLarge = Math.abs(wan) >= 10000;
  return `${withCommas(isLarge ? wan / 10000 : wan, 2)}${isLarge ? board.words.money.yi : board.words.money.wan}`;
}

/** The header of a column, with its unit. */
function heading(board, name) {
  const { label, type } = board.labels[name];
  return label + (type === "money" ? `（${board.words.money.wan}）` : "");
}

/** Make an element; children are elements or texts. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Make a table of some rows; `open(row)` of a row, when there is one, stands as a button in its first cell. */
function makeTable(board, caption, names, rows, { most = 200, open = null, link = null, label = board.words.behind } = {}) {
  const isNumber = (name) => !board.values[name] && !["text", "date"].includes(board.labels[name].type) && name !== "year";
  const head = names.map((name) => make("th", { scope: "col", class: isNumber(name) ? "number" : null }, heading(board, name)));
  if (open) head.push(make("th", { scope: "col", class: "act" }, board.words.behind));
  const body = rows.slice(0, most).map((row) => {
    const cells = names.map((name) => {
      const text = write(board, name, row[name]);
      const address = link && name === "project" ? link(row) : null;
      const kind = isNumber(name) ? "number" : text.length > 12 ? "words" : "short";
      return make("td", { class: kind, "data-label": heading(board, name) }, address ? make("a", { href: address }, text) : text);
    });
    if (open) cells.push(make("td", { class: "act" }, make("button", { type: "button", class: "plain", onclick: () => open(row) }, label)));
    return make("tr", {}, ...cells);
  });
  const table = make("table", { class: names.length > 5 ? "stacked" : null }, make("caption", {}, caption), make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body));
  const cut = rows.length > most ? make("p", { class: "note" }, fill(board.words.table_cut, { shown: most, count: rows.length })) : null;
  return make("div", {}, cut, make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, table));
}

/** Offer a file that was made in the page. */
function saveFile(name, address) {
  const link = make("a", { href: address, download: name.replace(/[\\/:*?"<>|\s]+/g, "_").slice(0, 80) });
  document.body.append(link);
  link.click();
  link.remove();
}
