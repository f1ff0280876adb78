// The board: reads the choice from the address, asks the panels of the page, and keeps the choice in the address.

const FILLERS = { numbers: fillNumbers, questions: fillQuestions, list: fillList, facts: fillFacts };
const WHAT_IF = "/70_what_if";
const CHOICES = ["year", "department_kind", "department", "evaluation", "severity", "title"];

/** What is chosen of some choices, as an address holds it. */
function kept(state, names) {
  return names.filter((name) => state[name] !== "").map((name) => [name, state[name]]);
}

/** Start the board in an element. A source gives its base, its chunks by name and plotly.js. */
function startBoard(root, source) {
  const board = source.base;
  const app = { board, source, root, version: 0, state: {}, views: [], chunks: new Map(), joined: new Map(), observers: [] };

  // The choice and the address

  const readState = () => {
    const given = new URLSearchParams(window.location.hash.slice(1));
    const page = board.pages[given.get("page")] ? given.get("page") : Object.keys(board.pages)[0];
    const state = { page, project: given.get("project") ?? "" };
    for (const name of CHOICES) {
      const options = app.options(name).map(([value]) => value);
      state[name] = options.includes(given.get(name)) ? given.get(name) : "";
    }
    return state;
  };
  const addressOf = (state) => {
    return `#${new URLSearchParams(kept(state, Object.keys(state)))}`;
  };
  app.go = (change) => {
    window.location.hash = addressOf({ ...app.state, ...change });
  };
  app.projectLink = (row) => addressOf({ page: "project", project: row.project_id, year: String(row.year ?? ""), department: row.department ?? "" });
  const newest = () => board.years[board.years.length - 1];

  app.options = (name) => {
    if (name === "year") return [["all", board.all.year], ...[...board.years].reverse().map((year) => [String(year), fill(board.words.year_option, { year })])];
    if (name === "department") return board.departments.filter(([, kind]) => !app.state.department_kind || kind === app.state.department_kind || app.state.page === "department").map(([text]) => [text, text]);
    if (name === "department_kind") return [...new Set(board.departments.map(([, kind]) => kind))].map((kind) => [kind, board.values.department_kind[kind]]);
    if (name === "evaluation") return board.evaluations.map((kind) => [kind, board.values.evaluation[kind]]);
    if (name === "severity") return Object.entries(board.values.severity);
    return board.titles.map((text) => [text, text]);
  };

  /** What a panel is asked: the choices its page offers, with the page's own default year. */
  const choiceOf = (page, panel, state) => {
    const choice = {};
    for (const name of CHOICES) choice[name] = page.choosers.includes(name) ? state[name] : "";
    const chosen = choice.year || (page.year === "latest" ? String(newest()) : "all");
    choice.year = panel?.every_year || chosen === "all" ? "all" : Number(chosen);
    if (panel?.query?.year === "latest") choice.year = app.yearOf(panel, choice);
    if (page.needs === "department") choice.department = state.department || board.departments[0]?.[0] || "";
    if (page.needs === "project") choice.project_id = state.project;
    return choice;
  };
  app.yearOf = (panel, choice) => (choice.year === "all" ? newest() : choice.year);

  // The data

  const load = (name) => {
    if (!app.chunks.has(name)) app.chunks.set(name, source.load(name).then((tables) => Object.fromEntries(Object.entries(tables).map(([key, packed]) => [key, unpack(packed)]))));
    return app.chunks.get(name);
  };
  const chunksOf = (table, choice) => {
    const pattern = board.tables[table];
    const years = choice.year === "all" ? [0, ...board.years] : [choice.year];
    const numbers = choice.department ? [board.departments.findIndex(([text]) => text === choice.department)] : [...board.departments.keys(), 999];
    const names = years.flatMap((year) => numbers.map((number) => pattern.replace("YEAR", year).replace("NUMBER", String(number).padStart(3, "0"))));
    return [...new Set(names)].filter((name) => name in board.chunks);
  };
  app.countOf = (table, choice) => chunksOf(table, choice).reduce((sum, name) => sum + board.chunks[name], 0);
  app.table = async (table, choice) => {
    const names = chunksOf(table, choice);
    const key = [table, ...names].join(" ");
    if (!app.joined.has(key)) {
      const parts = (await Promise.all(names.map(load))).map((tables) => tables[table]);
      const empty = { count: 0, columns: Object.fromEntries(board.columns[table].map((name) => [name, { scale: 0, values: [] }])) };
      app.joined.set(key, parts.length ? joinTables(parts) : empty);
    }
    return app.joined.get(key);
  };

  // The page

  app.clear = (view) => {
    if (view.plot?.dataset.drawn) window.Plotly?.purge(view.plot);
    if (view.plot) {
      delete view.plot.dataset.drawn;
      view.plot.style.minHeight = "";
    }
  };
  app.watch = (view, redraw) => {
    const observer = new ResizeObserver(() => {
      if (!view.plot.clientWidth || !view.plot.dataset.drawn) return;
      if (view.plot.clientWidth < NARROW !== view.narrow) redraw();
      else window.Plotly.Plots.resize(view.plot);
    });
    observer.observe(view.plot);
    app.observers.push(observer);
  };

  const sheetsOf = (title, names, rows) => {
    const value = (row, name) => {
      const { type } = board.labels[name];
      if (row[name] === null || row[name] === undefined) return "";
      return typeof row[name] === "number" && !board.values[name] && type !== "text" ? row[name] : write(board, name, row[name]);
    };
    const lines = [names.map((name) => heading(board, name)), ...rows.map((row) => names.map((name) => value(row, name)))];
    return [
      { name: board.words.sheet_data, lines },
      { name: board.words.sheet_about, lines: [[title], ...told().map((line) => [line])] },
    ];
  };
  const saveTable = (title, names, rows) => {
    const address = URL.createObjectURL(makeWorkbook(sheetsOf(title, names, rows)));
    saveFile(`${title}.xlsx`, address);
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  };
  const savePicture = async (view, title) => {
    const Plotly = await source.plotly();
    const { width, height } = view.plot.getBoundingClientRect();
    saveFile(`${title}.png`, await Plotly.toImage(view.plot, { format: "png", width, height, scale: 2 }));
  };

  app.showList = (title, names, rows) => {
    const { words } = board;
    const close = make("button", { type: "button", onclick: () => dialog.close() }, words.close);
    const save = make("button", { type: "button", onclick: () => saveTable(title, names, rows) }, words.save_table);
    const body = rows.length ? makeTable(board, title, names, rows, { most: 500, link: (row) => (row.project_id ? app.projectLink(row) : null) }) : make("p", { class: "nothing" }, words.nothing);
    dialog.replaceChildren(make("header", {}, make("h2", {}, title), make("div", { class: "tools" }, save, close)), make("p", { class: "note" }, fill(words.behind_count, { count: rows.length })), body);
    dialog.setAttribute("aria-label", title);
    if (!dialog.open) dialog.showModal();
    close.focus();
  };

  /** The lines that say what the data are. */
  const told = () => {
    const page = board.pages[app.state.page];
    const choice = choiceOf(page, null, app.state);
    const name = (each) => {
      const value = String(choice[each] ?? "");
      return app.options(each).find(([code]) => code === value)?.[1] ?? (value || board.all[each]);
    };
    const lines = [fill(board.words.chosen, { chosen: page.choosers.map(name).join("、") })];
    if (choice.evaluation) lines.push(fill(board.words.chosen_evaluation, { evaluation: name("evaluation") }));
    if (app.state.page === "monitoring") lines.push(...board.monitored);
    return [...lines, ...board.about];
  };

  const buildPanel = (panel) => {
    const { words } = board;
    const heading2 = panel.title ? make("h2", {}, panel.title) : null;
    const view = { panel, body: make("div", { class: "body" }), cut: make("p", { class: "note" }) };
    view.tools = make("div", { class: "tools", hidden: true });
    view.tools.append(make("button", { type: "button", class: "plain", "data-save": "table", onclick: () => saveTable(panel.title, view.names, view.rows) }, words.save_table));
    const parts = [];
    if (panel.chart) {
      view.plot = make("div", { class: "jixiao-plot waiting", role: "img", "aria-label": panel.title, style: null });
      view.behind = make("details", { hidden: true });
      view.tools.append(make("button", { type: "button", class: "plain", "data-save": "picture", onclick: () => savePicture(view, panel.title) }, words.save_picture));
      parts.push(view.plot, view.cut, panel.note ? make("p", { class: "note" }, panel.note) : null, view.behind);
    } else {
      view.body.classList.add("waiting");
      parts.push(view.body);
    }
    const head = heading2 ? make("header", {}, heading2, view.tools) : null;
    view.element = make("section", { class: `panel panel-${panel.kind ?? "chart"} ${panel.wide ? "wide" : ""}`, "data-panel": panel.id, "aria-label": panel.title ?? null }, head, ...parts);
    return view;
  };

  const fillPanel = async (view, page, state) => {
    const { panel } = view;
    const version = app.version;
    try {
      await (FILLERS[panel.kind] ?? fillChart)(app, panel, view, choiceOf(page, panel, state));
    } catch (error) {
      console.error(error);
      if (version !== app.version) return;
      app.clear(view);
      const sentence = error.code ? (error.renewed ? board.words.renewed : fill(board.words.load_failed, error)) : fill(board.words.panel_failed, { code: `${state.page}-${panel.id}` });
      (view.plot ?? view.body).replaceChildren(make("p", { class: "failure", role: "alert" }, sentence));
    } finally {
      (view.plot ?? view.body).classList.remove("waiting");
    }
  };

  const fillChoosers = (page) => {
    const fields = page.choosers.map((name) => {
      const isNeeded = name === "year" || page.needs === name;
      const options = isNeeded ? app.options(name) : [["", board.all[name]], ...app.options(name)];
      const value = String(choiceOf(page, null, app.state)[name] ?? "");
      const select = make("select", { "data-choice": name, onchange: () => app.go({ [name]: select.value, ...(name === "department_kind" ? { department: "" } : {}), ...(name !== "evaluation" && name !== "year" ? { project: "" } : {}) }) });
      for (const [code, text] of options) select.append(make("option", { value: code, selected: code === value }, text));
      return make("label", {}, make("span", {}, board.choosers[name]), select);
    });
    choosers.replaceChildren(...fields, searcher);
  };

  /** A project page needs a year in which the project is; without one it takes the newest. */
  const settleProject = async (page, state) => {
    if (page.needs !== "project" || !state.project) return state;
    const table = await app.table("names", {});
    const { project_id: ids, year: years } = table.columns;
    const mine = [...ids.values.keys()].filter((row) => ids.values[row] === state.project);
    if (!mine.length) return { ...state, project: "" };
    const wanted = mine.find((row) => String(years.values[row]) === state.year) ?? mine[mine.length - 1];
    return { ...state, year: String(years.values[wanted]), department: valueAt(table, "department", wanted) };
  };

  const show = async () => {
    app.version += 1;
    const version = app.version;
    const before = app.state.page;
    app.state = readState();
    const page = board.pages[app.state.page];
    const state = await settleProject(page, app.state).catch(() => app.state);
    if (version !== app.version) return;
    app.state = state;
    if (dialog.open) dialog.close();
    for (const link of nav.querySelectorAll("a")) {
      const id = link.dataset.page;
      const there = { ...state, page: id, severity: "", title: "", project: id === "project" ? state.project : "" };
      link.setAttribute("href", addressOf(there));
      if (id === state.page) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (whatIf) whatIf.href = page.needs === "project" && state.project ? `${WHAT_IF}?${new URLSearchParams(kept(state, ["project", "year", "evaluation"]))}` : WHAT_IF;
    document.title = `${page.title} - ${board.title}`;
    fillChoosers(page);
    if (before !== state.page || !app.views.length) {
      app.observers.forEach((observer) => observer.disconnect());
      app.observers = [];
      app.views.forEach(app.clear);
      title.textContent = page.title;
      question.textContent = page.question;
      app.views = page.panels.map(buildPanel);
    }
    const isReady = page.needs !== "project" || state.project;
    const empty = make("p", { class: "nothing" }, board.words.no_project);
    const wanted = isReady ? app.views.map((view) => view.element) : [empty];
    if (wanted.length !== panels.children.length || wanted[0] !== panels.children[0]) panels.replaceChildren(...wanted);
    about.replaceChildren(...told().map((line) => make("p", {}, line)));
    if (isReady) await Promise.all(app.views.map((view) => fillPanel(view, page, state)));
    if (version === app.version) root.dataset.shown = String(Number(root.dataset.shown ?? 0) + 1);
  };

  // Searching by name

  const search = make("input", { type: "search", placeholder: board.words.search_hint, "aria-label": board.words.search, autocomplete: "off", oninput: () => find(), onkeydown: (event) => event.key === "Enter" && results.querySelector("a")?.click() });
  const results = make("ul", { class: "results", hidden: true, "aria-label": board.words.search, "aria-live": "polite" });
  const searcher = make("div", { class: "search" }, make("label", {}, make("span", {}, board.words.search), search), results);
  const find = async () => {
    const text = search.value.trim();
    results.hidden = !text;
    if (!text) return;
    const table = await app.table("names", {});
    const found = new Map();
    const names = table.columns.project.values;
    for (let row = names.length - 1; row >= 0; row -= 1) if (names[row].includes(text)) found.set(table.columns.project_id.values[row], row);
    const rows = listed(table, [...found.values()], ["project"]);
    const items = rows.slice(0, 12).map((row) => make("li", {}, make("a", { href: app.projectLink({ ...row, year: "" }), onclick: () => { results.hidden = true; search.value = ""; } }, row.project, make("small", {}, `　${write(board, "department", row.department)}`))));
    if (!rows.length) items.push(make("li", { class: "note" }, fill(board.words.search_none, { text })));
    if (rows.length > 12) items.push(make("li", { class: "note" }, fill(board.words.search_more, { count: rows.length - 12 })));
    results.replaceChildren(...items);
  };

  // The frame around the panels

  const nav = make("nav", { "aria-label": board.words.pages }, ...Object.entries(board.pages).map(([id, page]) => make("a", { "data-page": id, href: `#page=${id}` }, page.title)));
  const [title, question, choosers, panels, about] = [make("h1"), make("p", { class: "question" }), make("form", { class: "choosers", "aria-label": board.words.choosers, onsubmit: (event) => event.preventDefault() }), make("div", { class: "panels" }), make("footer", { class: "about" })];
  const dialog = make("dialog", { class: "behind" });
  const warnings = board.warnings.map((text) => make("p", { class: "warning", role: "status" }, text));
  const whatIf = root.dataset.way ? make("a", { class: "button", href: WHAT_IF }, board.words.what_if) : null;
  const printer = make("button", { type: "button", class: "plain print", onclick: () => window.print() }, board.words.print);
  root.replaceChildren(make("header", { class: "top" }, make("strong", {}, board.title), nav, whatIf, printer), make("main", {}, ...warnings, title, question, choosers, panels, about), dialog);
  root.classList.add("board");

  const printed = () => app.views.forEach((view) => view.plot?.dataset.drawn && window.Plotly.relayout(view.plot, { width: 660 }));
  const afterwards = () => app.views.forEach((view) => view.plot?.dataset.drawn && window.Plotly.relayout(view.plot, { width: null, autosize: true }));
  window.addEventListener("beforeprint", printed);
  window.addEventListener("afterprint", afterwards);
  window.addEventListener("hashchange", show);
  show();
  return () => {
    window.removeEventListener("hashchange", show);
    window.removeEventListener("beforeprint", printed);
    window.removeEventListener("afterprint", afterwards);
    app.observers.forEach((observer) => observer.disconnect());
    app.views.forEach(app.clear);
  };
}
