(async () => {
  const told = document.getElementById("pictures");
  const style = document.getElementById("font").textContent;
  const paint = (svg, { width, height, scale }) =>
    new Promise((resolve, reject) => {
      const image = new Image();
      image.addEventListener("error", () => reject(new Error("image")));
      image.addEventListener("load", async () => {
        await image.decode();
        const canvas = document.createElement("canvas");
        canvas.width = width * scale;
        canvas.height = height * scale;
        canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
        resolve(canvas.toDataURL("image/png"));
      });
      image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg);
    });
  await document.fonts.load("13px " + document.getElementById("font").dataset.family);
  for (const { figure, options } of JSON.parse(document.getElementById("charts").textContent)) {
    const item = document.createElement("i");
    try {
      const drawn = await window.Plotly.toImage(figure, { ...options, format: "svg", scale: 1 });
      if (options.format === "svg") {
        item.textContent = drawn;
      } else {
        const svg = decodeURIComponent(drawn.slice(drawn.indexOf(",") + 1));
        // A picture inside a page sees no font of the page: it carries its own.
        const at = svg.indexOf(">", svg.indexOf("<svg")) + 1;
        item.textContent = await paint(svg.slice(0, at) + "<style>" + style + "</style>" + svg.slice(at), options);
      }
    } catch {
      item.className = "failed";
    }
    told.append(item);
  }
  told.className = "done";
})();
