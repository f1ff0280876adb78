@echo off
rem Install jixiao @VERSION@ from the wheels beside this file; nothing is fetched. Usage: install.bat [folder]
chcp 65001 >nul
setlocal
set "HERE=%~dp0"
set "TARGET=%~1"
if "%TARGET%"=="" set "TARGET=%LOCALAPPDATA%\jixiao"
py -@PYTHON@ -m venv "%TARGET%" 2>nul || python -m venv "%TARGET%" || goto missing
"%TARGET%\Scripts\python.exe" -c "import sys; sys.exit('%%d.%%d' %% sys.version_info[:2] != '@PYTHON@')" || goto missing
"%TARGET%\Scripts\python.exe" -m pip install --quiet --disable-pip-version-check --no-index --find-links "%HERE%wheels" jixiao || goto failed
echo 已装入 %TARGET%。新建工作目录："%TARGET%\Scripts\jixiao.exe" new 我的评价
exit /b 0
:missing
echo 需要 Python @PYTHON@，请先安装（安装时勾选 py launcher），再运行本文件
exit /b 1
:failed
echo 安装没有完成，请保留上面的提示并反馈
exit /b 1
