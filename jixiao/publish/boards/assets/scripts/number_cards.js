// Big numbers.

import { tableOf } from "./data.js";
import { make } from "./elements.js";
import { answer } from "./queries.js";
import { fill, moneyText, splitUnit, withCommas } from "./words.js";

/** Big numbers, each with a line below. */
export async function fillNumbers(app, panel, view, choice) {
  const { board } = app;
  const cards = [];
  for (const name of panel.cards) {
    const card = board.cards[name];
    const table = await tableOf(app, card.query.table, choice);
    const made = answer(board, { ...card.query, by: [] }, table, choice)[0];
    const { value } = made;
    let [text, unit] = [board.words.missing, ""];
    if (value !== null) {
      if (card.unit === "money") [text, unit] = splitUnit(moneyText(board, value));
      else if (card.unit === "%") [text, unit] = [withCommas(value * 100, 2), "%"];
      else [text, unit] = [withCommas(value, 0), card.unit];
    }
    const isExact = card.unit === "money" && value !== null && Math.abs(value) >= 10000;
    const below = isExact
      ? `${withCommas(value, 2)}${board.words.money.wan}`
      : value !== null && card.note
        ? fill(card.note, made)
        : "";
    cards.push(
      make(
        "div",
        { class: `card ${card.mood ?? ""} ${value ? "" : "zero"}`, "data-name": name },
        make("dt", {}, card.label),
        make(
          "dd",
          {},
          make("span", { class: "value" }, text),
          make("span", { class: "unit" }, unit),
          make("div", { class: "below" }, below),
          value === null ? null : await changeOf(app, card, value, choice),
        ),
      ),
    );
  }
  view.body.replaceChildren(make("dl", { class: `cards of-${cards.length}`, "aria-live": "polite" }, ...cards));
}

/** How a number stands against the year before, when one year is shown and the year before has it. */
async function changeOf(app, card, value, choice) {
  const { board } = app;
  const { words } = board;
  if (card.still || choice.year === "all" || !board.years.includes(choice.year - 1)) return null;
  const before = { ...choice, year: choice.year - 1 };
  const table = await tableOf(app, card.query.table, before);
  const { value: old } = answer(board, { ...card.query, by: [] }, table, before)[0];
  if (old === null || (!old && !value)) return null;
  const isShare = card.unit === "%";
  const step = isShare ? Math.round(value * 1e4) - Math.round(old * 1e4) : value - old;
  const size = Math.abs(isShare ? step / 100 : step);
  const unit = isShare ? words.percent_points : card.unit;
  const written = card.unit === "money" ? moneyText(board, size) : `${withCommas(size, isShare ? 2 : 0)}${unit}`;
  const said = step ? fill(step > 0 ? words.card_up : words.card_down, { size: written }) : words.card_same;
  return make("div", { class: `below change ${step > 0 ? "up" : step < 0 ? "down" : ""}` }, said);
}
