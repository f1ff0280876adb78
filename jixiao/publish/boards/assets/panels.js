// The parts of a page: big numbers, questions, charts with their tables, lists. Each fills one element and can be filled again.

/** The rows of a table as objects of the columns a list shows. */
function listed(table, rows, names) {
  const columns = [...new Set([...names, "project_id", "year", "department"])].filter((name) => table.columns[name]);
  return rows.map((row) => Object.fromEntries(columns.map((name) => [name, valueAt(table, name, row)])));
}

/** Big numbers, each with a line below. */
async function fillNumbers(app, panel, view, choice) {
  const { board } = app;
  const cards = [];
  for (const name of panel.cards) {
    const card = board.cards[name];
    const table = await app.table(card.query.table, choice);
    const made = answer(board, { ...card.query, by: [] }, table, choice)[0];
    const { value } = made;
    let [text, unit] = [board.words.missing, ""];
    if (value !== null) {
      if (card.unit === "money") [text, unit] = splitUnit(moneyText(board, value));
      else if (card.unit === "%") [text, unit] = [withCommas(value * 100, 2), "%"];
      else [text, unit] = [withCommas(value, 0), card.unit];
    }
    const isExact = card.unit === "money" && value !== null && Math.abs(value) >= 10000;
    const below = isExact ? `${withCommas(value, 2)}${board.words.money.wan}` : value !== null && card.note ? fill(card.note, made) : "";
    cards.push(
      make(
        "div",
        { class: `card ${card.mood ?? ""} ${value ? "" : "zero"}`, "data-name": name },
        make("dt", {}, card.label),
        make("dd", {}, make("span", { class: "value" }, text), make("span", { class: "unit" }, unit), make("div", { class: "below" }, below)),
      ),
    );
  }
  view.body.replaceChildren(make("dl", { class: `cards of-${cards.length}`, "aria-live": "polite" }, ...cards));
}

function splitUnit(text) {
  const [, number, unit] = text.match(/^([−\d.,]+)(.*)$/u) ?? [text, text, ""];
  return [number, unit];
}

/** The questions that need a decision: how many, how much money, the largest, and the list behind. */
async function fillQuestions(app, panel, view, choice) {
  const { board } = app;
  const items = [];
  for (const question of board.questions) {
    const table = await app.table(question.table, choice);
    const rows = chooseRows(board, question, table, choice);
    const values = { annual_budget_wan: "sum annual_budget_wan", unspent_wan: "sum unspent_wan" };
    const [sums] = answer(board, { ...question, by: [], values }, table, choice);
    const words = board.words;
    const facts = [fill(question.evaluation === "each" ? words.question_reports : words.question_count, { count: rows.length })];
    if (sums.annual_budget_wan !== null) facts.push(fill(words.question_money, { money: moneyText(board, sums.annual_budget_wan) }));
    if (sums.unspent_wan > 0) facts.push(fill(words.question_unspent, { money: moneyText(board, sums.unspent_wan) }));
    const size = (row) => table.columns.annual_budget_wan.values[row] ?? 0;
    const largest = [...rows].sort((one, other) => size(other) - size(one)).slice(0, 3);
    const names = largest.map((row) => make("li", {}, make("a", { href: app.projectLink(listed(table, [row], ["project_id"])[0]) }, valueAt(table, "project", row))));
    const open = () => app.showList(question.title, board.lists.projects, listed(table, rows, board.lists.projects));
    items.push(
      make(
        "li",
        { class: rows.length ? "" : "zero", "data-question": question.id, "data-count": rows.length },
        make("h3", {}, question.title),
        make("p", { class: "facts" }, rows.length ? facts.join("　") : words.question_none),
        rows.length ? make("ul", { class: "largest" }, ...names) : null,
        make("p", { class: "note" }, question.note),
        rows.length ? make("button", { type: "button", onclick: open }, words.behind) : null,
      ),
    );
  }
  view.body.replaceChildren(make("ol", { class: "questions" }, ...items));
}

/** A chart with the table behind it. */
async function fillChart(app, panel, view, choice) {
  const { board } = app;
  const table = await app.table(panel.query.table, choice);
  const rows = answer(board, panel.query, table, choice);
  const open = (row) => openBehind(app, panel, table, row, choice);
  const names = [...(panel.query.by ?? []), ...Object.keys(panel.query.values)].filter((name) => name !== "project_id" && !(panel.hidden ?? []).includes(name));
  const canOpen = panel.query.by.length > 0 && !["funds", "verdicts", "indicators"].includes(panel.query.table) && !panel.query.by.includes("project_id");
  const isBare = rows.every((row) => row.rows.length === 0);
  const shown = isBare ? [] : rows;
  Object.assign(view, { rows: shown, names, open: canOpen || panel.query.by.includes("project_id") ? open : null, chart: panel.chart });
  const tableShown = makeTable(board, panel.title, names, shown, { open: canOpen ? open : null, link: (row) => (row.project_id ? app.projectLink(row) : null) });
  view.behind.hidden = !shown.length;
  view.tools.hidden = !shown.length;
  view.behind.open = view.behind.open || Boolean(panel.open);
  view.behind.replaceChildren(make("summary", {}, board.words.table), tableShown);
  if (!shown.length) {
    app.clear(view);
    view.plot.replaceChildren(make("p", { class: "nothing" }, panel.nothing ?? board.words.nothing));
    return;
  }
  view.plot.querySelector(".nothing")?.remove();
  await drawView(app, panel, view);
}

/** Draw or redraw the chart of a view in place. */
async function drawView(app, panel, view) {
  const { board } = app;
  const version = app.version;
  if (!view.plot.dataset.drawn) view.plot.classList.add("waiting");
  try {
    const Plotly = await app.source.plotly();
    if (version !== app.version) return;
    view.narrow = view.plot.clientWidth < NARROW;
    const drawn = draw(board, panel.chart, view.rows, view.plot.clientWidth);
    if (!drawn.data.length) {
      app.clear(view);
      view.plot.replaceChildren(make("p", { class: "nothing" }, board.words.nothing_drawn));
      return;
    }
    view.cut.textContent = drawn.left ? fill(panel.chart.ends ? board.words.chart_ends : board.words.chart_cut, { shown: drawn.count - drawn.left, count: drawn.count }) : "";
    view.plot.setAttribute("aria-label", `${panel.title}：${fill(board.words.behind_count, { count: view.rows.length })}。${panel.note ?? ""}`);
    view.plot.style.minHeight = `${drawn.layout.height}px`;
    await Plotly.react(view.plot, drawn.data, drawn.layout, { displayModeBar: false, responsive: false, displaylogo: false });
    if (!view.plot.dataset.drawn) {
      view.plot.on("plotly_click", ({ points }) => {
        const at = points[0].customdata;
        if (view.open && view.rows[at]) view.open(view.rows[at]);
      });
      app.watch(view, () => drawView(app, panel, view));
    }
    view.plot.dataset.drawn = String(Number(view.plot.dataset.drawn ?? 0) + 1);
  } catch (error) {
    console.error(error);
    app.clear(view);
    view.plot.replaceChildren(make("p", { class: "failure", role: "alert" }, fill(board.words.chart_failed, { code: `${app.state.page}-${panel.id}` })));
  } finally {
    view.plot.classList.remove("waiting");
  }
}

/** Show what stands behind one row of a chart: the projects, or the project itself. */
async function openBehind(app, panel, table, row, choice) {
  const { board } = app;
  const { by } = panel.query;
  if (row.project_id) {
    window.location.hash = app.projectLink(row);
    return;
  }
  const named = by.map((name) => write(board, name, row[name])).join("　");
  const title = fill(board.words.behind_title, { title: panel.title, name: named });
  const where = Object.fromEntries(by.map((name) => [name, [row[name]]]));
  if (panel.behind === "findings") {
    const wanted = { ...choice, year: row.year ?? choice.year };
    const found = await app.table("findings", wanted);
    const query = { where, by: ["project_id", "project", "department", "year", "evaluation"], values: { findings: "count" }, sort: "-findings" };
    app.showList(title, ["project", "department", "year", "evaluation", "findings"], answer(board, query, found, wanted));
  } else if (table.columns.project_id) {
    const names = (panel.query.table === "projects" ? board.lists.projects : ["project", "department", "title", "year_count", "findings"]).filter((name) => table.columns[name]);
    app.showList(title, names, listed(table, row.rows, names));
  } else {
    const wanted = { ...choice, year: panel.query.year === "latest" ? app.yearOf(panel, choice) : choice.year };
    const projects = await app.table("projects", wanted);
    const rows = chooseRows(board, { evaluation: "each", where: { department: [row.department] } }, projects, wanted);
    app.showList(title, board.lists.projects, listed(projects, rows, board.lists.projects));
  }
}

/** A list of findings with their words. */
async function fillList(app, panel, view, choice) {
  const { board } = app;
  const count = app.countOf(panel.table, choice);
  if (panel.most && count > panel.most) {
    view.tools.hidden = true;
    view.body.replaceChildren(make("p", { class: "nothing" }, fill(board.words.too_many, { count })));
    return;
  }
  const table = await app.table(panel.table, choice);
  const names = board.lists[panel.table];
  const rows = listed(table, chooseRows(board, {}, table, choice), names).sort(comparing(board, "severity"));
  Object.assign(view, { rows, names });
  view.tools.hidden = !rows.length;
  const body = rows.length
    ? makeTable(board, panel.title, names, rows, { link: (row) => (row.project_id ? app.projectLink(row) : null) })
    : make("p", { class: "nothing" }, choice.project_id ? board.words.no_findings : board.words.nothing);
  view.body.replaceChildren(body);
}

/** What a project is, and the links to its reports. */
async function fillFacts(app, panel, view, choice) {
  const { board } = app;
  const [facts, verdicts] = [await app.table("facts", choice), await app.table("verdicts", choice)];
  const [row] = chooseRows(board, {}, facts, choice);
  if (row === undefined) {
    view.body.replaceChildren(make("p", { class: "nothing" }, board.words.nothing));
    return;
  }
  const names = ["project", "department", "unit", "year", "place"];
  const pairs = names.flatMap((name) => [make("dt", {}, board.labels[name].label), make("dd", {}, write(board, name, valueAt(facts, name, row)))]);
  const links = chooseRows(board, {}, verdicts, { ...choice, evaluation: "" })
    .map((at) => [valueAt(verdicts, "report", at), valueAt(verdicts, "evaluation", at)])
    .filter(([address]) => address)
    .map(([address, kind]) => make("a", { class: "button", href: address }, fill(board.words.report, { evaluation: write(board, "evaluation", kind) })));
  const told = links.length ? make("p", { class: "links" }, ...links) : make("p", { class: "note" }, board.words.no_report);
  view.body.replaceChildren(make("dl", { class: "facts" }, ...pairs), told);
}
