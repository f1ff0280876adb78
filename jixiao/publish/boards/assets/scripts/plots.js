// A drawn figure in its place: taken away, and drawn again when its place becomes narrow or wide.

import { NARROW } from "./draw.js";

export function clear(view) {
  if (view.plot?.dataset.drawn) window.Plotly?.purge(view.plot);
  if (view.plot) {
    delete view.plot.dataset.drawn;
    view.plot.style.minHeight = "";
  }
}

export function watch(app, view, redraw) {
  const observer = new ResizeObserver(() => {
    if (!view.plot.clientWidth || !view.plot.dataset.drawn) return;
    if (view.plot.clientWidth < NARROW !== view.narrow) redraw();
    else window.Plotly.Plots.resize(view.plot);
  });
  observer.observe(view.plot);
  app.observers.push(observer);
}

/** Take every figure away and stop watching. */
export function clearAll(app) {
  app.observers.forEach((observer) => observer.disconnect());
  app.observers = [];
  app.views.forEach(clear);
}
