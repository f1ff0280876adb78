// The questions that need a decision.

import { showList } from "./behind.js";
import { addressOf, listNamed, projectLink } from "./choices.js";
import { tableOf } from "./data.js";
import { make } from "./elements.js";
import { answer, chooseRows, comparing } from "./queries.js";
import { listed, valueAt } from "./tables.js";
import { fill, moneyText } from "./words.js";

/** The questions that need a decision: how many, how much money, the largest, and the list behind. */
export async function fillQuestions(app, panel, view, choice) {
  const { board } = app;
  const items = [];
  for (const question of board.questions) {
    const table = await tableOf(app, question.table, choice);
    const rows = chooseRows(board, question, table, choice);
    const values = { annual_budget_wan: "sum annual_budget_wan", unspent_wan: "sum unspent_wan" };
    const [sums] = answer(board, { ...question, by: [], values }, table, choice);
    const words = board.words;
    const facts = [
      fill(question.evaluation === "each" ? words.question_reports : words.question_count, { count: rows.length }),
    ];
    if (sums.annual_budget_wan !== null)
      facts.push(fill(words.question_money, { money: moneyText(board, sums.annual_budget_wan) }));
    if (sums.unspent_wan > 0) facts.push(fill(words.question_unspent, { money: moneyText(board, sums.unspent_wan) }));
    const size = (row) => table.columns.annual_budget_wan.values[row] ?? 0;
    const largest = [...rows].sort((one, other) => size(other) - size(one)).slice(0, 3);
    const names = largest.map((row) =>
      make(
        "li",
        {},
        make("a", { href: projectLink(listed(table, [row], ["project_id"])[0]) }, valueAt(table, "project", row)),
      ),
    );
    const address = addressOf({ ...app.state, list: question.id });
    items.push(
      make(
        "li",
        { class: rows.length ? "" : "zero", "data-question": question.id, "data-count": rows.length },
        make("div", {}, make("h3", {}, question.title), make("p", { class: "note" }, question.note)),
        make(
          "div",
          {},
          make("p", { class: "facts" }, rows.length ? facts.join("　") : words.question_none),
          rows.length ? make("ul", { class: "largest" }, ...names) : null,
        ),
        rows.length ? make("a", { class: "button", href: address }, words.behind) : null,
      ),
    );
  }
  view.body.replaceChildren(make("ol", { class: "questions" }, ...items));
}

/** Show the declared list that the address asks for, over the page. */
export async function showNamed(app, id, choice) {
  const { board } = app;
  const asked = listNamed(board, id);
  const table = await tableOf(app, asked.table, choice);
  const name = asked.sort.replace(/^-/, "");
  const compare = comparing(board, name);
  const turn = asked.sort.startsWith("-") ? -1 : 1;
  const rows = listed(table, chooseRows(board, asked, table, choice), asked.columns).sort((one, other) =>
    one[name] === null || other[name] === null ? compare(one, other) : turn * compare(one, other),
  );
  showList(app, asked.title, asked.columns, rows);
}
