// The pages as files, beside a page or at an address of a server: chunks come as scripts, so that a folder will do, too.

import { startBoard } from "./board.js";

const here = document.currentScript.src.replace(/[^/]*$/u, "");
const root = document.getElementById("board");
const loading = new Map();

window.jixiaoChunk = (name, stamp, tables) => loading.get(name)?.(stamp, tables);

/** Load one chunk by its name. */
function loadChunk(name, stamp) {
  return new Promise((resolve, reject) => {
    const fail = (renewed) => reject(Object.assign(new Error(name), { code: name, renewed }));
    loading.set(name, (its, tables) => (stamp && its !== stamp ? fail(true) : resolve(tables)));
    const script = document.createElement("script");
    script.src = `${here}data/${name}.js?${stamp || root.dataset.stamp}`;
    script.addEventListener("error", () => fail(false));
    document.head.append(script);
  });
}

/** The plotly.js of the page, once it is there. */
function awaitPlotly() {
  const script = document.getElementById("plotly");
  return new Promise((resolve, reject) => {
    const check = () => (window.Plotly ? resolve(window.Plotly) : reject(new Error("plotly.js")));
    if (window.Plotly || document.readyState === "complete") check();
    script.addEventListener("load", check);
    window.addEventListener("load", check); // comes last, also when the script failed before this one ran
  });
}

loadChunk("pages", "").then(
  (base) => startBoard(root, { base, load: (name) => loadChunk(name, base.stamp), plotly: awaitPlotly }),
  () => document.getElementById("failed").removeAttribute("hidden"),
);
