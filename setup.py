"""Everything is declared in pyproject.toml; this adds what setuptools forgets."""

import shutil
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

SHIPPED = {"notebooks": "notebooks", "sample": "data/sample"}
"""Folders of the repository that a wheel carries inside the package, in ``jixiao/shipped``."""


class WithShipped(build_py):
    """A wheel is enough: it carries the notebooks and the made-up forms. In the repository they stay where they are."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        unwanted = shutil.ignore_patterns("*.py", "__pycache__", ".ipynb_checkpoints")
        for name, folder in SHIPPED.items():
            target = Path(self.build_lib) / "jixiao" / "shipped" / name
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(folder, target, ignore=unwanted)


class WithData(Distribution):
    """An installation in place (``pip install -e``) puts the settings for Jupyter into the environment as well."""

    has_data = Distribution.has_data_files  # the name that setuptools asks for there


setup(distclass=WithData, cmdclass={"build_py": WithShipped})
