"""Everything is declared in pyproject.toml; this adds what setuptools forgets."""

from setuptools import Distribution, setup


class WithData(Distribution):
    """An installation in place (``pip install -e``) puts the settings for Jupyter into the environment as well."""

    has_data = Distribution.has_data_files  # the name that setuptools asks for there


setup(distclass=WithData)
