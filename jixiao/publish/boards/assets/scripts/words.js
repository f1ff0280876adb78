// How values are written.

/** Fill the names in braces of a sentence. */
export function fill(sentence, parts) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in parts ? String(parts[name]) : whole));
}

export function withCommas(value, decimals, trim = false) {
  const text = value.toLocaleString("en-US", {
    minimumFractionDigits: trim ? 0 : decimals,
    maximumFractionDigits: decimals,
  });
  return text.replace(/^-/, "−");
}

/** Write one value of a column for a reader. */
export function write(board, name, value) {
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
export function moneyText(board, wan) {
  if (wan === null) return board.words.missing;
  const isLarge = Math.abs(wan) >= 10000;
  return `${withCommas(isLarge ? wan / 10000 : wan, 2)}${isLarge ? board.words.money.yi : board.words.money.wan}`;
}

export function splitUnit(text) {
  const [, number, unit] = text.match(/^([−\d.,]+)(.*)$/u) ?? [text, text, ""];
  return [number, unit];
}

/** The header of a column, with its unit. */
export function heading(board, name) {
  const { label, type } = board.labels[name];
  return label + (type === "money" ? `（${board.words.money.wan}）` : "");
}
