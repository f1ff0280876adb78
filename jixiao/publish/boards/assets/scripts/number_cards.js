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
        ),
      ),
    );
  }
  view.body.replaceChildren(make("dl", { class: `cards of-${cards.length}`, "aria-live": "polite" }, ...cards));
}
