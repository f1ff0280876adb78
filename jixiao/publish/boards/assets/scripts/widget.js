// The board under Voila and in JupyterLab: chunks come from the kernel, which only hands out what was prepared.

import { startBoard } from "./board.js";

function render({ model, el }) {
  const asked = new Map();
  const receive = (content, buffers) => {
    asked.get(content.name)?.(content, buffers);
    asked.delete(content.name);
  };
  model.on("msg:custom", receive);
  const load = (name) =>
    new Promise((resolve, reject) => {
      asked.set(name, (content, buffers) => {
        if (buffers.length) resolve(new TextDecoder().decode(buffers[0]));
        else reject(Object.assign(new Error(name), { code: name }));
      });
      model.send({ name });
    });
  const askPlotly = () =>
    load("plotly").then((text) => {
      const script = document.createElement("script");
      script.textContent = text;
      document.head.append(script);
      return window.Plotly;
    });
  const plotly = () => {
    if (window.Plotly) return Promise.resolve(window.Plotly);
    window.jixiaoPlotly = window.jixiaoPlotly?.catch(askPlotly) ?? askPlotly();
    return window.jixiaoPlotly;
  };
  let stop = () => {};
  load("pages").then((text) => {
    stop = startBoard(el, { base: JSON.parse(text), load: (name) => load(name).then(JSON.parse), plotly });
  });
  return () => {
    stop();
    model.off("msg:custom", receive);
  };
}

export default { render };
