// While it is printed a chart is as wide as the sheet, A4 landscape less its margins, whatever the window was; one that
// is taller than the sheet is drawn smaller.
addEventListener("beforeprint", () => fit((chart) => Math.min(1, 640 / chart.layout.height)));
addEventListener("afterprint", () => fit(() => 0));
function fit(sized) {
  for (const chart of document.querySelectorAll(".js-plotly-plot")) {
    const zoom = sized(chart);
    chart.style.zoom = zoom || "";
    window.Plotly.relayout(chart, { width: zoom ? 1016 / zoom : undefined, autosize: !zoom });
  }
}
