// Draws one figure, handed over as a JSON text, with the one plotly.js of the page.

const NARROW = 560;

/** Ask the kernel for plotly.js and run it. */
function askKernel(model) {
  return new Promise((resolve, reject) => {
    const receive = (content, buffers) => {
      if (content.kind !== "plotly") return;
      model.off("msg:custom", receive);
      const address = URL.createObjectURL(new Blob([buffers[0]], { type: "text/javascript" }));
      const script = Object.assign(document.createElement("script"), { src: address }); // No page of ours runs text.
      script.onload = () => (window.Plotly ? resolve(window.Plotly) : reject(new Error("plotly.js")));
      script.onerror = reject;
      document.head.append(script);
    };
    model.on("msg:custom", receive);
    model.send({ kind: "plotly" });
  });
}

/** The plotly.js of the page, else the one of the kernel, asked for once. Nothing comes from the network. */
function loadPlotly(model) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  window.jixiaoPlotly = window.jixiaoPlotly?.catch(() => askKernel(model)) ?? askKernel(model);
  return window.jixiaoPlotly;
}

/** Break a name over lines, a closing bracket such as the year on a line of its own; an escaped character counts as one. */
function wrap(text, length, lines) {
  const [, name, end] = text.match(/^(.+?)(（[^（）]*）)?$/su);
  const room = end ? lines - 1 : lines;
  const signs = name.match(/&[a-z0-9#]+;|[^]/giu);
  const parts = [];
  for (let start = 0; start < signs.length && parts.length < room; start += length) {
    parts.push(signs.slice(start, start + length).join(""));
  }
  if (signs.length > length * room) parts[room - 1] = parts[room - 1].replace(/(&[a-z0-9#]+;|[^])$/iu, "…");
  return [...parts, ...(end ? [end] : [])].join("<br>");
}

/** Fit a figure to the page: the title stands above it as text, and dragging scrolls the page instead of zooming.
 * On a narrow page: smaller letters, names over three lines, no colour bar (its numbers are printed). */
function fit(figure, narrow) {
  const { data, layout } = figure;
  const named = data.filter((trace) => trace.type !== "heatmap" && trace.showlegend !== false);
  delete layout.title;
  layout.dragmode = false;
  layout.margin = { ...layout.margin, t: named.length > 1 ? 40 : 12 };
  if (!data.length) layout.height = 120;
  layout.legend = { ...layout.legend, traceorder: "normal" };
  if (layout.yaxis?.ticktext) Object.assign(layout.yaxis, { showgrid: false, zeroline: false });
  for (const trace of data) if (trace.type === "bar") Object.assign(trace, { textangle: 0, constraintext: "none" });
  if (!narrow) return { data, layout };
  const ticks = layout.yaxis?.ticktext;
  layout.font = { ...layout.font, size: 11 };
  layout.margin = { ...layout.margin, l: 4, r: 12 };
  if (ticks) {
    layout.yaxis.ticktext = ticks.map((name) => wrap(name, 8, 3));
    layout.height += 20 * ticks.length;
  }
  if (layout.xaxis?.range) layout.xaxis.range[1] *= 1.18; // Numbers stand right of the bars.
  for (const trace of data) if (trace.type === "heatmap") trace.showscale = false;
  return { data, layout };
}

function render({ model, el }) {
  el.classList.add("jixiao-chart");
  const title = Object.assign(document.createElement("h2"), { className: "jixiao-chart-title" });
  const plot = Object.assign(document.createElement("div"), { className: "jixiao-plot jixiao-waiting" });
  const note = Object.assign(document.createElement("p"), { className: "jixiao-note" });
  const behind = document.createElement("details");
  const summary = document.createElement("summary");
  const table = Object.assign(document.createElement("div"), { className: "jixiao-scroll" });
  behind.append(summary, table);
  el.append(title, plot, note, behind);
  plot.setAttribute("role", "img");

  let narrow = null;
  let Plotly = null;

  const draw = async () => {
    const shown = JSON.parse(model.get("figure"));
    const locale = { dictionary: model.get("words").plotly, format: {} };
    const config = { ...shown.config, modeBarButtons: [["toImage"]], locale: "zh", locales: { zh: locale } };
    title.textContent = shown.layout.title.text;
    summary.textContent = model.get("words").table_behind.replace("{title}", title.textContent);
    plot.setAttribute("aria-label", shown.alt);
    if (!plot.dataset.drawn) plot.style.minHeight = `${shown.layout.height}px`;
    try {
      Plotly = await loadPlotly(model);
      narrow = plot.clientWidth > 0 && plot.clientWidth < NARROW;
      const fitted = fit(shown, narrow);
      plot.style.minHeight = `${fitted.layout.height}px`;
      if (!fitted.data.length) Plotly.purge(plot); // Margins made for the names of an earlier figure would stay.
      await Plotly.react(plot, fitted.data, fitted.layout, config);
      plot.dataset.drawn = String(Number(plot.dataset.drawn ?? 0) + 1);
    } catch (error) {
      plot.style.minHeight = "";
      plot.textContent = model.get("words").chart_failed;
      console.error(error);
    }
    plot.classList.remove("jixiao-waiting");
  };
  const fill = () => {
    table.innerHTML = model.get("table");
    note.textContent = model.get("note");
    note.hidden = !model.get("note");
    behind.hidden = !model.get("table");
  };
  const resize = () => {
    if (!Plotly || !plot.clientWidth) return;
    if (plot.clientWidth < NARROW !== narrow) draw();
    else Plotly.Plots.resize(plot);
  };
  const printed = () => Plotly?.relayout(plot, { width: Math.min(plot.clientWidth, 680) });
  const afterwards = () => Plotly?.relayout(plot, { width: null, autosize: true });

  model.on("change:figure", draw);
  model.on("change:table change:note", fill);
  const observer = new ResizeObserver(resize);
  observer.observe(plot);
  window.addEventListener("beforeprint", printed);
  window.addEventListener("afterprint", afterwards);
  fill();
  draw();
  return () => {
    observer.disconnect();
    model.off("change:figure", draw);
    model.off("change:table change:note", fill);
    window.removeEventListener("beforeprint", printed);
    window.removeEventListener("afterprint", afterwards);
    Plotly?.purge(plot);
  };
}

export default { render };
