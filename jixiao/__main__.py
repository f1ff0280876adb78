"""``python -m jixiao``: the command line (命令行)."""

import sys
from pathlib import Path

_FIRST = Path(sys.path[0] or ".").resolve()
if Path.cwd() == _FIRST and Path(__file__).resolve().parents[1] != _FIRST:
    del sys.path[0]  # ``python -m`` puts the current folder first; what lies there is data, not code

from jixiao.cli.main import main  # noqa: E402 - after that

if __name__ == "__main__":
    main()
