// A chart of a page, the table behind it, and what a click opens.

import { showList } from "./behind.js";
import { choiceOf, projectLink, yearOf } from "./choices.js";
import { tableOf } from "./data.js";
import { clear, watch } from "./plots.js";
import { NARROW, draw } from "./draw.js";
import { make, makeTable } from "./elements.js";
import { answer, chooseRows } from "./queries.js";
import { listed } from "./tables.js";
import { fill, write } from "./words.js";

/** A chart with the table behind it. */
export async function fillChart(app, panel, view, choice) {
  const { board } = app;
  const table = await tableOf(app, panel.query.table, choice);
  const rows = answer(board, panel.query, table, choice);
  const open = (row) => openBehind(app, panel, table, row, choice);
  const names = [...(panel.query.by ?? []), ...Object.keys(panel.query.values)].filter(
    (name) => name !== "project_id" && !(panel.hidden ?? []).includes(name),
  );
  const canOpen =
    panel.query.by.length > 0 &&
    !["funds", "verdicts", "indicators"].includes(panel.query.table) &&
    !panel.query.by.includes("project_id");
  const isBare = rows.every((row) => row.rows.length === 0);
  const shown = isBare ? [] : rows;
  const isOneYear =
    panel.query.year === "latest" && choiceOf(app, board.pages[app.state.page], null, app.state).year === "all";
  view.heading.textContent = isOneYear
    ? fill(board.words.title_of_year, { title: panel.title, year: choice.year })
    : panel.title;
  Object.assign(view, {
    rows: shown,
    names,
    open: canOpen || panel.query.by.includes("project_id") ? open : null,
    chart: panel.chart,
  });
  const tableShown = makeTable(board, panel.title, names, shown, {
    open: canOpen ? open : null,
    link: (row) => (row.project_id ? projectLink(row) : null),
  });
  view.behind.hidden = !shown.length;
  view.tools.hidden = !shown.length;
  view.behind.open = view.behind.open || Boolean(panel.open);
  view.behind.replaceChildren(make("summary", {}, board.words.table), tableShown);
  if (!shown.length) {
    clear(view);
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
      clear(view);
      view.plot.replaceChildren(make("p", { class: "nothing" }, board.words.nothing_drawn));
      return;
    }
    view.cut.textContent = drawn.left
      ? fill(panel.chart.ends ? board.words.chart_ends : board.words.chart_cut, {
          shown: drawn.count - drawn.left,
          count: drawn.count,
        })
      : "";
    view.plot.setAttribute(
      "aria-label",
      `${panel.title}：${fill(board.words.behind_count, { count: view.rows.length })}。${panel.note ?? ""}`,
    );
    view.plot.style.minHeight = `${drawn.layout.height}px`;
    await Plotly.react(view.plot, drawn.data, drawn.layout, {
      displayModeBar: false,
      responsive: false,
      displaylogo: false,
    });
    if (!view.plot.dataset.drawn) {
      view.plot.on("plotly_click", ({ points }) => {
        const at = points[0].customdata;
        if (view.open && view.rows[at]) view.open(view.rows[at]);
      });
      watch(app, view, () => drawView(app, panel, view));
    }
    view.plot.dataset.drawn = String(Number(view.plot.dataset.drawn ?? 0) + 1);
  } catch (error) {
    console.error(error);
    clear(view);
    view.plot.replaceChildren(
      make(
        "p",
        { class: "failure", role: "alert" },
        fill(board.words.chart_failed, { code: `${app.state.page}-${panel.id}` }),
      ),
    );
  } finally {
    view.plot.classList.remove("waiting");
  }
}

/** Show what stands behind one row of a chart: the projects, or the project itself. */
async function openBehind(app, panel, table, row, choice) {
  const { board } = app;
  const { by } = panel.query;
  if (row.project_id) {
    window.location.hash = projectLink(row);
    return;
  }
  const named = by.map((name) => write(board, name, row[name])).join("　");
  const title = fill(board.words.behind_title, { title: panel.title, name: named });
  const where = Object.fromEntries(by.map((name) => [name, [row[name]]]));
  if (panel.behind === "findings") {
    const wanted = { ...choice, year: row.year ?? choice.year };
    const found = await tableOf(app, "findings", wanted);
    const query = {
      where,
      by: ["project_id", "project", "department", "year", "evaluation"],
      values: { findings: "count" },
      sort: "-findings",
    };
    showList(
      app,
      title,
      ["project", "department", "year", "evaluation", "findings"],
      answer(board, query, found, wanted),
    );
  } else if (table.columns.project_id) {
    const names = board.lists[panel.query.table].filter((name) => table.columns[name]);
    showList(app, title, names, listed(table, row.rows, names));
  } else {
    const wanted = { ...choice, year: panel.query.year === "latest" ? yearOf(app, choice) : choice.year };
    const projects = await tableOf(app, "projects", wanted);
    const rows = chooseRows(board, { evaluation: "each", where: { department: [row.department] } }, projects, wanted);
    showList(app, title, board.lists.projects, listed(projects, rows, board.lists.projects));
  }
}
