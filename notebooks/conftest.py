"""nbval runs every notebook on its defaults; the sample data are read once, not once for each notebook."""

import os
import tempfile
from pathlib import Path


def pytest_configure(config):
    from jixiao.store import build

    home = Path(tempfile.mkdtemp(prefix="jixiao-notebooks-"))
    (home / "notebooks").mkdir()
    build("sample", home / "data" / "sample")
    os.environ["JIXIAO_HOME"] = str(home)
