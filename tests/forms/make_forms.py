"""Write the corpus of forms and what must be read from each: ``python tests/forms/make_forms.py [--check]``.

Files and expectations come from ``content/`` and from the facts of the published documents, never from what the reader
made of them. ``--check`` writes nothing: it compares the committed expectations and the texts of the committed files
with the content.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "data" / "making")]

import form_expected as expected  # noqa: E402
import form_tables as tables  # noqa: E402
from form_check import missing_texts  # noqa: E402
from form_content import load_facts, load_projects, read_yaml  # noqa: E402
from form_pages import Page, declaration_page, self_page  # noqa: E402
from form_writing import write_file  # noqa: E402

DOCUMENTS = (".docx", ".doc", ".wps")
FILES = HERE / "files"
HABIT_OPTIONS = {
    *("spaced", "fullwidth", "traditional", "prefix", "no_weights", "weight_first", "halves", "notes", "extra_head"),
    *("rates_as_numbers", "dates_as_serials", "codes_as_numbers", "thousands", "year_in_title"),
}
Facts = dict[str, Any]


class Corpus:
    """The corpus: every file with its sheets of pages and what must be read from it."""

    def __init__(self) -> None:
        self.facts = load_facts()
        self.projects = load_projects()
        self.layouts = read_yaml("layouts.yaml")
        self.specs = read_yaml("files.yaml")

    def build(self, spec: Facts) -> tuple[list[Facts], Facts]:
        """Return the sheets of one file and its expectation."""
        sheets, forms = [], []
        for sheet in spec["sheets"]:
            pages: list[Page] = []
            own: list[Facts] = []
            for options in sheet.get("forms", []):
                more, form, apart = self.lay_out(options)
                own += [{"name": name, "pages": [page]} for name, page in apart]
                pages += more
                if form not in forms:
                    forms.append(form)
            sheets += own if own else [{"name": "Sheet1"} | sheet | {"pages": pages}]
        is_document = Path(spec["file"]).suffix in DOCUMENTS  # there a note is a paragraph, no cell
        notes = [note for sheet in sheets for page in sheet["pages"] for note in page.notes if not is_document]
        guesses = [
            str(row["actual"])
            for sheet in spec["sheets"]
            for options in sheet.get("forms", [])
            for row in self.projects.get(options["content"], {}).get("indicators", [])
            if row.get("guess")
        ]
        found = {"habits": sorted(self.habits(spec)), "forms": forms, "skipped": notes, "guesses": guesses}
        return sheets, found

    def lay_out(self, options: Facts) -> tuple[list[Page], Facts, list[tuple[str, Page]]]:
        """Return the pages of one form, what must be read from it, and pages that want sheets of their own."""
        kind = options["layout"]
        if kind == "account":
            pages = tables.account_pages(self.facts, options["tables"])
            figures = tables.account_figures(self.facts, options["tables"])
            form = {"form": "final_account", "family": "national", "year": self.facts["final_account"]["year"]}
            return [], form | {"evaluation": "final_account", "accounts": figures}, pages
        content = self.projects[options["content"]]
        if kind == "list":
            return [tables.list_page(content, options)], expected.expected_list(content), []
        if kind == "declaration":
            return [declaration_page(content, options)], expected.expected_declaration(content, options), []
        if kind == "scoring":
            pages = tables.scoring_pages(tables.with_level_weights(content), options)
            apart = [(page.title, page) for page in pages[1:]] if options.get("as_sheets") else []
            return ([] if apart else pages), expected.expected_scoring(content), apart
        layout = self.layouts[kind]
        return [self_page(layout, content, options)], expected.expected_self(layout, content, options), []

    def habits(self, spec: Facts) -> set[str]:
        """Return the habits of one file: those of its options, of its content and those it names."""
        found = set(spec.get("habits", []))
        sheets = [sheet for sheet in spec["sheets"] if sheet.get("forms")]
        suffix = Path(spec["file"]).suffix
        if len(sheets) > 1 and not spec.get("repeated"):
            found.add("several_tables" if suffix in (*DOCUMENTS, ".pdf") else "several_sheets")
        if any(not sheet.get("forms") for sheet in spec["sheets"]):
            found.add("instruction_sheet")
        for sheet in sheets:
            if len(sheet["forms"]) > 1:
                found.add("stacked_forms")
            found |= {name for name in ("edge", "nested") if sheet.get(name)}
            found |= {f"split_{sheet['split']}"} if sheet.get("split") else set()
            found |= {"page_header"} if sheet.get("page_header") and suffix == ".pdf" else set()
            for form in sheet["forms"]:
                found |= self._form_habits(form, suffix)
        return found

    def _form_habits(self, form: Facts, suffix: str) -> set[str]:
        content, layout = self.projects.get(form["content"], {}), self.layouts.get(form["layout"], {})
        found = set(content.get("habits", [])) | {name for name in HABIT_OPTIONS if form.get(name)}
        if form["layout"] == "account":
            return found | {"several_sheets", "published_facts"}
        if form["layout"] in ("list", "scoring"):
            return found | ({"codes_kept"} if form["layout"] == "list" else {"several_tables"})
        if form["layout"] == "declaration":
            return found | {"fund_columns_1", "target_columns_1"}
        found.add(f"levels_{form.get('levels', 'merged')}")
        found.add(f"unit_in_{form.get('unit_in', 'label')}")
        found |= {f"weight_in_label_{form['weight_in_label']}"} if form.get("weight_in_label") else set()
        found |= {f"grade_{form['grade']}"} if form.get("grade") else set()
        apart = (
            3 if "sign" in layout["columns"] else 2 if "unit" in layout["columns"] else form.get("target_columns", 1)
        )
        found.add(f"target_columns_{apart}")
        amounts = sum(name in layout["funds"] for name in ("initial", "annual", "executed"))
        found.add(f"fund_columns_{min(amounts, form.get('fund_columns', 3))}")
        if any(row["leftover"] for row in content.get("indicators", [])):
            found.add("leftover_rows")
        if "boxes" in layout:
            found.add("boxes_in_head")
        return found


def yaml_text(found: Facts) -> str:
    """Write an expectation as YAML."""
    return yaml.safe_dump(found, allow_unicode=True, sort_keys=False, default_flow_style=None, width=200)


def main() -> int:
    """Write the corpus, or compare it with the content."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only")
    parser.add_argument("--only", default="", help="write only files whose name contains this")
    arguments = parser.parse_args()
    corpus, wrong = Corpus(), []
    names = set()
    for spec in corpus.specs:
        sheets, found = corpus.build(spec)
        path = FILES / spec["file"]
        beside = FILES / f"{spec['file']}.yaml"
        names |= {path.name, beside.name}
        if arguments.only not in spec["file"]:
            continue
        if arguments.check:
            if not beside.exists() or yaml.safe_load(beside.read_text(encoding="utf-8")) != found:
                wrong.append(f"{beside.name}: differs from the content")
            wrong += [f"{path.name}: {text!r} is missing" for text in missing_texts(path, sheets)]
            continue
        FILES.mkdir(exist_ok=True)
        write_file(path, sheets, spec.get("encoding", "utf-8"), via=spec.get("via", ""))
        beside.write_text(yaml_text(found), encoding="utf-8")
    extra = {path.name for path in FILES.iterdir()} - names
    wrong += [f"{name}: belongs to no file of the content" for name in sorted(extra)]
    print("\n".join(wrong) or f"{len(corpus.specs)} files, nothing differs")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
