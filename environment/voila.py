"""How a notebook is shown by Voila, alone and inside JupyterLab: installed as ``etc/jupyter/voila.py`` of the environment.

A page loads nothing from another host: the template ``jixiao-reader`` draws charts with the plotly.js of the installed
package, which is served as if it were an extension of JupyterLab. Their own extension for charts is left out: inside
Voila it fails on every chart. Whatever a folder or a user's own ``voila.json`` says goes before this.
"""

from importlib.util import find_spec
from pathlib import Path

c = get_config()  # noqa: F821  (given by traitlets)
_plotly = find_spec("plotly")
if _plotly is not None and _plotly.origin:
    c.VoilaConfiguration.extra_labextensions_path = [str(Path(_plotly.origin).parent / "package_data")]
c.VoilaConfiguration.extension_denylist = ["jupyterlab-plotly", "@voila-dashboards/jupyterlab-preview"]
c.VoilaConfiguration.template = "jixiao-reader"
c.VoilaConfiguration.allow_template_override = "NO"
c.VoilaConfiguration.allow_theme_override = "NO"
