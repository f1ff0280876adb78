"""Figures drawn by a real browser with the plotly.js of the installed package, and measured there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jixiao.show.figures import Figure, plotly_script

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

MEASURE = """
(name) => {
  const svg = document.querySelector('#figure'), canvas = svg.getBoundingClientRect();
  const seen = [...svg.querySelectorAll('text')].filter(t => {
    const box = t.getBoundingClientRect(), style = getComputedStyle(t);
    return t.textContent.trim() && box.width > 0 && style.visibility !== 'hidden' && style.opacity !== '0'
      && !t.closest('.hoverlayer') && !t.closest('.modebar');
  }).map(t => {
    const b = t.getBoundingClientRect();
    return {text: t.textContent, left: b.left, right: b.right, top: b.top, bottom: b.bottom};
  });
  const wrong = [];
  for (const t of seen)
    if (t.left < canvas.left - 1 || t.right > canvas.right + 1
        || t.top < canvas.top - 1 || t.bottom > canvas.bottom + 1)
      wrong.push('outside: ' + t.text);
  for (let i = 0; i < seen.length; i++)
    for (let j = i + 1; j < seen.length; j++) {
      const a = seen[i], b = seen[j];
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 1.5 && high > 3.5) wrong.push('overlap: ' + a.text + ' | ' + b.text);
    }
  return {count: seen.length, wrong: wrong.slice(0, 12)};
}
"""


@contextmanager
def browser_page(width: int = 900) -> Iterator[Any]:
    """Open an empty page that holds plotly.js; nothing may be asked of any host."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.route("**/*", lambda route: route.abort())
        page.set_content("<body style='margin:0;background:white'><div id='figure'></div></body>")
        page.add_script_tag(content=plotly_script().read_text(encoding="utf-8"))
        try:
            yield page
        finally:
            browser.close()


def measure(page: Any, figure: Figure, *, picture: Path | None = None) -> dict[str, Any]:
    """Draw one figure; return how many texts it shows and which of them overlap or leave the canvas."""
    text = json.dumps(figure.to_dict(), ensure_ascii=False, allow_nan=False)
    page.evaluate(
        """async (text) => {
          const f = JSON.parse(text), holder = document.querySelector('#figure');
          Plotly.purge(holder);
          holder.style.height = f.layout.height + 'px';
          await Plotly.newPlot(holder, f.data, f.layout, {...f.config, displayModeBar: false});
          await document.fonts.ready;
        }""",
        text,
    )
    if picture:
        page.locator("#figure").screenshot(path=str(picture))
    return dict(page.evaluate(MEASURE))


def wrong_figures(page: Any, drawn: Mapping[str, Figure], folder: Path | None = None) -> dict[str, list[str]]:
    """Return what is wrong with each figure that is not right."""
    found = {
        name: measure(page, figure, picture=folder / f"{name.replace(' ', '_')}.png" if folder else None)["wrong"]
        for name, figure in drawn.items()
    }
    return {name: wrong for name, wrong in found.items() if wrong}
