#!/bin/sh
# Install jixiao @VERSION@ from the wheels beside this file; nothing is fetched. Usage: sh install.sh [folder]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-"$HOME/jixiao"}
python=${PYTHON:-python@PYTHON@}
command -v "$python" >/dev/null 2>&1 || python=python3
"$python" -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "@PYTHON@")' || {
  echo "需要 Python @PYTHON@（含 venv），请先安装；或用环境变量 PYTHON 指明它的位置" >&2
  exit 1
}
"$python" -m venv "$target"
"$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-index --find-links "$here/wheels" jixiao
echo "已装入 $target。新建工作目录：$target/bin/jixiao new 我的评价"
