"""Build the forms under data/source from the facts under data/facts.

python data/making/make_source.py                    rewrite data/source
python data/making/make_source.py --check            list the files that differ from what would be made (exit 1)
python data/making/make_source.py --documents DIR    compare the facts with the published texts in DIR
"""

import argparse
import hashlib
import json
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from fact_check import check_documents
from source_forms import make_budget_list, make_department_workbook, make_final_account, make_report, make_self_form

Facts = dict[str, Any]

DATA = Path(__file__).resolve().parents[1]
FACTS = DATA / "facts"
SOURCE = DATA / "source"
RECEIVED = "2026-11-21"


class IndentedDumper(yaml.SafeDumper):
    """Indents lists below their key, as the rules files do."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Never leave a list unindented."""
        super().increase_indent(flow, False)


def load_facts(folder: Path = FACTS) -> Facts:
    """Read every facts file, by its name."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def catalogue(facts: Facts) -> list[tuple[Facts, str, int, list[str]]]:
    """Every form with its kind of evaluation, its year and the tables of facts it is made from."""
    cells = facts["form_cells"]
    budgets, totals = "budgets.json", "extras.json#score_totals"
    entries: list[tuple[Facts, str, list[str]]] = [
        (form, "self", [f"indicators.json#{form['table']}", budgets, totals]) for form in cells["self_forms"]
    ]
    workbook = cells["department_workbook"]
    entries.append((workbook, "department", [f"indicators.json#{workbook['table']}", budgets, totals]))
    for form in cells["reports"]:
        tables = [f"indicators.json#{form[key]}" for key in ("table", "overview_table") if form[key]]
        entries.append((form, form["evaluation"], [*tables, budgets, totals]))
    entries.append((cells["budget_list"], "budget_list", [budgets]))
    entries.append((cells["final_account"], "final_account", ["final_account.json#rows"]))
    return [
        (form, evaluation, int(form["file"][:4]), [*tables, "form_cells.json"]) for form, evaluation, tables in entries
    ]


def write_manifest(target: Path, entries: Iterable[Facts]) -> None:
    """Write manifest.yaml: for every file from whom, when, its checksum and whether it is public."""
    listed = [
        {
            **entry,
            "public": True,
            "received": RECEIVED,
            "sha256": hashlib.sha256((target / entry["file"]).read_bytes()).hexdigest(),
        }
        for entry in entries
    ]
    order = ["file", "title", "publisher", "year", "evaluation", "public", "received", "sha256", "facts"]
    ordered = [{key: entry[key] for key in order} for entry in listed]
    text = yaml.dump(
        ordered, Dumper=IndentedDumper, allow_unicode=True, sort_keys=False, width=118, explicit_start=True
    )
    (target / "manifest.yaml").write_text(text, encoding="utf-8")


def build(target: Path) -> None:
    """Write every form and the manifest under ``target``."""
    facts = load_facts()
    cells = facts["form_cells"]
    for form in cells["self_forms"]:
        make_self_form(target, form, facts)
    make_department_workbook(target, cells["department_workbook"], facts)
    for form in cells["reports"]:
        make_report(target, form, facts)
    make_budget_list(target, cells["budget_list"], facts)
    make_final_account(target, cells["final_account"], facts)
    write_manifest(
        target,
        [
            {
                "file": form["file"],
                "title": form["title"],
                "publisher": form["publisher"],
                "year": year,
                "evaluation": evaluation,
                "facts": tables,
            }
            for form, evaluation, year, tables in catalogue(facts)
        ],
    )


def differences(made: Path, kept: Path, ignored: Iterable[str] = ()) -> list[str]:
    """Files that are missing, left over or different in ``kept``.

    Office files are compared part by part and the manifest without its checksums: the compressed bytes depend on the
    zlib of the machine, their content does not.
    """
    names = {
        path.relative_to(folder).as_posix() for folder in (made, kept) for path in folder.rglob("*") if path.is_file()
    }
    return sorted(
        name
        for name in names - set(ignored)
        if not (made / name).is_file() or not (kept / name).is_file() or _content(made / name) != _content(kept / name)
    )


def _content(path: Path) -> object:
    """What a file says, apart from how it is compressed."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    if path.name == "manifest.yaml":
        return [
            line for line in path.read_text(encoding="utf-8").splitlines() if not line.strip().startswith("sha256:")
        ]
    return path.read_bytes()


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare data/source with what would be made")
    parser.add_argument("--documents", type=Path, metavar="DIR", help="compare the facts with the published texts")
    options = parser.parse_args(arguments)
    if options.documents:
        result = check_documents(load_facts(), options.documents)
        print("\n".join(result.lines()))
        return 1 if result.unconfirmed else 0
    if options.check:
        with tempfile.TemporaryDirectory() as folder:
            build(Path(folder))
            changed = differences(Path(folder), SOURCE)
        print("\n".join(changed) or "data/source is up to date")
        return 1 if changed else 0
    build(SOURCE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
