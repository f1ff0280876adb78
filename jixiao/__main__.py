"""``python -m jixiao``: the command line (命令行)."""

from jixiao.cli.main import main

if __name__ == "__main__":
    main()
