(function () {
  const form = document.getElementById("filters"),
    shown = document.getElementById("shown");
  const rows = Array.prototype.slice.call(document.querySelectorAll("article"));
  const texts = rows.map(function (row) {
    return row.textContent.toLowerCase();
  });
  function apply() {
    const wanted = {};
    let search = "",
      count = 0;
    Array.prototype.forEach.call(form.elements, function (field) {
      if (field.name === "search") search = field.value.trim().toLowerCase();
      else if (field.name && field.value) wanted[field.name] = field.value;
    });
    rows.forEach(function (row, number) {
      const fits = Object.keys(wanted).every(function (name) {
        return row.getAttribute("data-" + name) === wanted[name];
      });
      row.hidden = !(fits && texts[number].indexOf(search) >= 0);
      if (!row.hidden) count += 1;
    });
    shown.textContent = shown.getAttribute("data-words").replace("{shown}", count).replace("{all}", rows.length);
  }
  form.addEventListener("input", apply);
  form.addEventListener("submit", function (event) {
    event.preventDefault();
  });
  const button = document.getElementById("print");
  if (button)
    button.addEventListener("click", function () {
      window.print();
    });
  apply();
})();
