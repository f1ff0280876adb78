(function () {
  const data = JSON.parse(document.getElementById("data").textContent),
    words = data.words,
    SIZE = 200;
  const form = document.getElementById("filters"),
    shown = document.getElementById("shown"),
    pages = document.getElementById("pages");
  const table = document.getElementById("reports"),
    head = table.tHead.insertRow(),
    body = table.tBodies[0];
  let order = { column: -1, down: false },
    page = 0,
    rows = data.rows;
  function make(tag, text, into) {
    const made = document.createElement(tag);
    made.textContent = text;
    into.appendChild(made);
    return made;
  }
  function rank(row, column) {
    const value = row.cells[column][0];
    return data.grades.columns.indexOf(column) >= 0 && value !== null ? data.grades.order.indexOf(value) : value;
  }
  function compare(one, other) {
    const a = rank(one, order.column),
      b = rank(other, order.column);
    if (a === b) return 0;
    if (a === null || a === "") return 1; // what is missing stands last, whichever way
    if (b === null || b === "") return -1;
    const found = typeof a === "number" ? a - b : String(a).localeCompare(String(b), "zh");
    return order.down ? -found : found;
  }
  function address(row, name) {
    return (row.folder + "/" + name).split("/").map(encodeURIComponent).join("/");
  }
  function draw(size) {
    body.textContent = "";
    rows.slice(page * size, (page + 1) * size).forEach(function (row) {
      const line = body.insertRow();
      row.cells.forEach(function (cell, number) {
        const made = line.insertCell();
        made.textContent = cell[1];
        if (data.numeric.indexOf(number) >= 0) made.className = "number";
      });
      const last = line.insertCell();
      if (row.error) {
        last.className = "error";
        last.textContent = words.failed + row.error;
        return;
      }
      Object.keys(data.formats).forEach(function (format) {
        if (row.files[format]) make("a", data.formats[format], last).href = address(row, row.files[format]);
      });
      if (!last.firstChild) last.textContent = words.not_made;
    });
    shown.textContent = words.shown.replace("{shown}", rows.length).replace("{all}", data.rows.length);
    pages.textContent = "";
    if (rows.length <= size) return;
    for (let number = 0; number * size < rows.length; number += 1) {
      const button = make("button", number + 1, pages);
      if (number === page) button.setAttribute("aria-current", "page");
      button.addEventListener("click", function () {
        page = number;
        draw(size);
      });
    }
  }
  function choose() {
    const text = form.elements.search.value.trim().toLowerCase();
    rows = data.rows.filter(function (row) {
      return (
        fields.every(function (field) {
          return !field.value || row.cells[field.column][1] === field.value;
        }) &&
        (!text ||
          row.cells.some(function (cell) {
            return cell[1].toLowerCase().indexOf(text) >= 0;
          }))
      );
    });
    if (order.column >= 0) rows.sort(compare);
    page = 0;
    draw(SIZE);
  }
  data.heads.forEach(function (name, column) {
    const cell = make("th", "", head),
      button = make("button", name, cell);
    cell.scope = "col";
    button.addEventListener("click", function () {
      order = { column: column, down: order.column === column && !order.down };
      Array.prototype.forEach.call(head.cells, function (other) {
        other.removeAttribute("aria-sort");
      });
      cell.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      choose();
    });
  });
  make("th", words.files, head).scope = "col";
  const search = make("label", words.search, form),
    box = make("input", "", search),
    fields = [0, 1, 3, 5].map(function (column) {
      const field = make("select", "", make("label", data.heads[column], form)),
        values = {};
      make("option", words.all, field).value = "";
      data.rows.forEach(function (row) {
        if (row.cells[column][1]) values[row.cells[column][1]] = 1;
      });
      Object.keys(values)
        .sort()
        .forEach(function (value) {
          make("option", value, field).value = value;
        });
      field.column = column;
      return field;
    });
  box.type = "search";
  box.name = "search";
  form.addEventListener("input", choose);
  form.addEventListener("submit", function (event) {
    event.preventDefault();
  });
  window.addEventListener("beforeprint", function () {
    page = 0;
    draw(1 / 0);
  });
  window.addEventListener("afterprint", function () {
    page = 0;
    draw(SIZE);
  });
  choose();
})();
