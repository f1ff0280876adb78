"""nbval runs every notebook on its defaults; the sample data are read once, not once for each notebook."""

import os
import shutil
import tempfile
from pathlib import Path


def pytest_configure(config):
    if hasattr(config, "workerinput"):
        return  # a worker has the folder of the run that started it
    from jixiao.builds.run import build
    from jixiao.core.files import workbench

    home = Path(tempfile.mkdtemp(prefix="jixiao-notebooks-"))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    (home / "notebooks").mkdir()
    shutil.copytree(workbench() / "data" / "scenarios", home / "data" / "scenarios")
    build("sample", home / "data" / "sample")
    os.environ["JIXIAO_HOME"] = str(home)
