"""The columns and keys of the frames of whole reports (文稿数据表结构): passages, and what they state."""

from __future__ import annotations

PROVENANCE = {"source_file": "str", "source_sheet": "str", "source_row": "Int64", "source_cell": "str"}
"""Where a row stands."""

_PORTION = {
    "year": "Int64",
    "project_id": "str",
    "evaluation": "str",
    "department": "str",
    "portion": "Int64",
}
"""What a row of a report belongs to; a portion that is no evaluation names no project."""


_LINES = {"line": "Int64", "last_line": "Int64", "page": "Int64", **PROVENANCE}


_OPINION = {"number": "Int64", "item_title": "str", "text": "str"}


DOCUMENT_SCHEMAS: dict[str, dict[str, str]] = {
    "documents": {
        **_PORTION,
        "parent_portion": "Int64",
        "document_kind": "str",
        "document_title": "str",
        "project": "str",
        "unit": "str",
        "evaluator": "str",
        "report_date": "str",
        "passage_count": "Int64",
        **_LINES,
    },
    "passages": {
        **_PORTION,
        "document_kind": "str",
        "section": "str",
        "subsection": "str",
        "section_sureness": "float64",
        "heading": "str",
        "heading_path": "str",
        "passage_kind": "str",
        "level": "Int64",
        "ordinal": "str",
        "text": "str",
        **_LINES,
    },
    "section_map": {
        **_PORTION,
        "document_kind": "str",
        "section": "str",
        "subsection": "str",
        "heading": "str",
        "ordinal": "str",
        "level": "Int64",
        "section_sureness": "float64",
        **_LINES,
    },
    "statements": {
        **_PORTION,
        "number": "Int64",
        "statement": "str",
        "subject": "str",
        "fund": "str",
        "value_text": "str",
        "stated_value": "float64",
        "measure_unit": "str",
        "stated_in": "str",
        "agreement": "str",
        "quote": "str",
        **_LINES,
    },
    "stated_targets": {
        **_PORTION,
        "number": "Int64",
        "category": "str",
        "subcategory": "str",
        "indicator": "str",
        "target_text": "str",
        **_LINES,
    },
    "indicator_paragraphs": {
        **_PORTION,
        "number": "Int64",
        "indicator_id": "str",
        "indicator": "str",
        "category": "str",
        "subcategory": "str",
        "weight": "float64",
        "reported_score": "float64",
        "text": "str",
        "basis_text": "str",
        "checked_text": "str",
        "standard_text": "str",
        "loss_reason": "str",
        "is_full": "bool",
        "is_summed": "bool",
        **_LINES,
    },
    "experiences": {**_PORTION, **_OPINION, **_LINES},
    "problems": {
        **_PORTION,
        **_OPINION,
        "cause": "str",
        "indicator_id": "str",
        "indicator": "str",
        "match_sureness": "float64",
        **_LINES,
    },
    "advice": {
        **_PORTION,
        **_OPINION,
        "problem_number": "Int64",
        "indicator_id": "str",
        "indicator": "str",
        "match_sureness": "float64",
        **_LINES,
    },
    "legal_bases": {
        **_PORTION,
        "number": "Int64",
        "document_title": "str",
        "document_number": "str",
        "issued_year": "Int64",
        "issuer": "str",
        "quote": "str",
        **_LINES,
    },
    "evaluation_work": {
        **_PORTION,
        "number": "Int64",
        "work_item": "str",
        "value_text": "str",
        "stated_value": "float64",
        "measure_unit": "str",
        "quote": "str",
        **_LINES,
    },
}
"""Every frame of reports with the type of each of its columns."""

DOCUMENT_KEYS = {
    "documents": ["source_file", "portion"],
    **{
        name: ["source_file", "portion", "number"]
        for name in (
            "statements",
            "stated_targets",
            "indicator_paragraphs",
            "experiences",
            "problems",
            "advice",
            "legal_bases",
            "evaluation_work",
        )
    },
}
"""What is unique in each of them."""
