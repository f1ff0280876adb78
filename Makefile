.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
SCRIPTS := jixiao/show/assets/pictures.js jixiao/publish/boards/assets/scripts jixiao/publish/findings/assets/filter.js jixiao/publish/reports/assets/index.js jixiao/publish/reports/assets/print.js
export PYTHONSAFEPATH := 1
export PYTHONDONTWRITEBYTECODE :=# compiled once: every command then starts in two thirds of the time

.PHONY: help run test soak vulnerabilities bundle env system check golden notebooks report dashboard lock clean

help: ## 列出全部命令
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: env ## 读取 data/source，计分、核查，生成全部报告，并说明看板如何打开
	@$(BIN)/jixiao build; built=$$?; $(BIN)/jixiao report --all || exit $$?; \
	echo "报告：用浏览器打开 reports/index.html"; \
	echo "问题清单：$(BIN)/jixiao audit"; \
	echo "看板：运行 make dashboard，再按提示的地址打开"; \
	exit $$built

test: env system check ## 运行全部检查和测试
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --doctest-modules jixiao tests
	$(BIN)/python -m pytest --nbval-lax --numprocesses auto --dist loadfile notebooks

soak: env system ## 运行耗时的长测试（随机输入、断电、压力），次数和时间有上限
	JIXIAO_EXAMPLES=soak $(BIN)/python -m pytest -m hypothesis tests
	$(BIN)/python -m pytest -s tests/soak

vulnerabilities: env ## 核对锁定依赖的已知漏洞和被撤回的版本；数据库或索引访问不到时说明没有核对
	@PYTHON=$(BIN)/python bash .ci/vulnerabilities

bundle: env ## 写出离线安装包 dist/jixiao-…-offline-….zip；其他平台用 PLATFORM=win_amd64
	$(BIN)/python bundle/make_bundle.py $(if $(PLATFORM),--platform $(PLATFORM))

env: .venv/.ready ## 建立 .venv，安装锁定的依赖

.venv/.ready: requirements.lock pyproject.toml
	@test -d .venv || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

system: ## 在 Debian 上以 root 安装浏览器测试和文档渲染所需的软件
	@bash .ci/system

check: env ## 格式、静态检查、类型、脚本、YAML
	$(BIN)/ruff format --check jixiao tests data benchmarks bundle
	$(BIN)/ruff check jixiao tests data benchmarks bundle
	$(BIN)/oxfmt --check $(SCRIPTS)
	$(BIN)/oxlint --quiet $(SCRIPTS)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache pyproject.toml
	$(BIN)/yamllint --strict -c .yamllint jixiao/rules tests/cases tests/audit data/corrections.yaml data/aliases.yaml data/suppressions.yaml data/scenarios data/source/manifest.yaml

golden: env ## 重写 tests/golden（须在 CHANGELOG 说明原因）
	JIXIAO_GOLDEN=write $(BIN)/python -m pytest tests/test_golden.py tests/test_readme.py tests/test_notebooks.py

notebooks: env ## 在 JupyterLab 中打开笔记本
	$(BIN)/jixiao notebooks

report: env ## 生成全部报告
	$(BIN)/jixiao report --all

dashboard: env ## 启动看板
	$(BIN)/jixiao dashboard

lock: ## 重新锁定依赖（需要 uv）
	uv pip compile pyproject.toml --extra test --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --quiet -o requirements.lock

clean: ## 删除构建结果和报告（不动原始文件和原表存底）
	test ! -d data/built || find data/built -mindepth 1 -maxdepth 1 ! -name originals -exec rm -rf {} +
	rm -rf reports/2* reports/index.* reports/plotly.min.js reports/report.log reports/.[alm]* tests/artefacts
