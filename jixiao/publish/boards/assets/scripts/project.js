// What a project is: its score first, then its years, then who and where.

import { addressOf } from "./choices.js";
import { tableOf } from "./data.js";
import { make, makeTable } from "./elements.js";
import { answer, chooseRows } from "./queries.js";
import { valueAt } from "./tables.js";
import { fill, moneyText, write } from "./words.js";

const YEARS = ["year", "evaluation", "total_reported", "reported_grade", "total", "execution_rate", "findings"];
const VERDICT = {
  table: "verdicts",
  evaluation: "preferred",
  by: ["evaluation"],
  values: Object.fromEntries(
    ["total_reported", "reported_grade", "total", "findings", "errors"].map((name) => [name, `first ${name}`]),
  ),
};
const FUNDS = {
  table: "funds",
  evaluation: "preferred",
  where: { fund: ["total"] },
  by: [],
  values: {
    annual_budget_wan: "sum annual_budget_wan",
    executed_wan: "sum executed_wan",
    execution_rate: "ratio executed_wan/annual_budget_wan",
  },
};

/** What one year of a project came to; nothing where it has no evaluation. */
async function yearOfProject(app, choice) {
  const [verdicts, funds] = [await tableOf(app, "verdicts", choice), await tableOf(app, "funds", choice)];
  const [verdict] = answer(app.board, VERDICT, verdicts, choice);
  const [money] = answer(app.board, FUNDS, funds, choice);
  return { year: choice.year, ...money, ...verdict, isThere: Boolean(verdict) };
}

/** The years of a project, the newest first. */
async function yearsOfProject(app, choice) {
  const table = await tableOf(app, "names", {});
  const rows = [...table.columns.project_id.values.keys()].filter(
    (row) => table.columns.project_id.values[row] === choice.project_id,
  );
  const years = rows.map((row) => ({
    year: valueAt(table, "year", row),
    department: valueAt(table, "department", row),
  }));
  const made = await Promise.all(years.map((one) => yearOfProject(app, { ...choice, ...one })));
  return made.filter((one) => one.isThere).sort((one, other) => other.year - one.year);
}

function cards(board, now) {
  const { words } = board;
  const card = (name, label, value, below) =>
    make(
      "div",
      { class: "card", "data-name": name },
      make("dt", {}, label),
      make("dd", {}, make("span", { class: "value" }, value), make("div", { class: "below" }, below)),
    );
  const text = (name) => write(board, name, now[name]);
  const grade = now.reported_grade ? ` ${text("reported_grade")}` : "";
  const known = now.total !== null && now.total_reported !== null;
  const gap = known ? Math.round(now.total * 100) - Math.round(now.total_reported * 100) : 0;
  const way = gap > 0 ? words.project_more : words.project_less;
  const told = known && gap ? fill(words.project_gap, { way, points: write(board, "total", Math.abs(gap) / 100) }) : "";
  const money = { budget: moneyText(board, now.annual_budget_wan), executed: moneyText(board, now.executed_wan) };
  return make(
    "dl",
    { class: "cards of-4" },
    card(
      "total_reported",
      words.project_printed,
      text("total_reported") + grade,
      fill(words.project_kind, { evaluation: write(board, "evaluation", now.evaluation) }),
    ),
    card("total", words.project_rule, text("total"), told),
    card("execution_rate", board.labels.execution_rate.label, text("execution_rate"), fill(words.project_spent, money)),
    card("findings", words.project_found, text("findings"), fill(words.project_errors, { count: now.errors })),
  );
}

/** What a project is, and the links to its reports. */
export async function fillFacts(app, panel, view, choice) {
  const { board } = app;
  const [facts, verdicts] = [await tableOf(app, "facts", choice), await tableOf(app, "verdicts", choice)];
  const [row] = chooseRows(board, {}, facts, choice);
  if (row === undefined) {
    view.body.replaceChildren(make("p", { class: "nothing" }, board.words.nothing));
    return;
  }
  const names = ["project", "department", "unit", "year", "place"];
  const pairs = names.flatMap((name) => {
    const value = valueAt(facts, name, row);
    const address = addressOf({ page: "department", department: value });
    const shown = write(board, name, value);
    const told = name === "department" && value ? make("a", { href: address }, shown) : shown;
    return [make("dt", {}, board.labels[name].label), make("dd", {}, told)];
  });
  const links = chooseRows(board, {}, verdicts, { ...choice, evaluation: "" })
    .map((at) => [valueAt(verdicts, "report", at), valueAt(verdicts, "evaluation", at)])
    .filter(([address]) => address)
    .map(([address, kind]) =>
      make(
        "a",
        { class: "button", href: address },
        fill(board.words.report, { evaluation: write(board, "evaluation", kind) }),
      ),
    );
  const told = links.length
    ? make("p", { class: "links" }, ...links)
    : make("p", { class: "note" }, board.words.no_report);
  const now = await yearOfProject(app, choice);
  const years = await yearsOfProject(app, choice);
  view.body.replaceChildren(
    now.isThere ? cards(board, now) : "",
    years.length > 1 ? makeTable(board, board.words.project_years, YEARS, years) : "",
    make("dl", { class: "facts" }, ...pairs),
    told,
  );
}
