"""What a report says, without what differs between two runs: times, sizes, identifiers."""

import json
import zipfile

import nbformat

from jixiao.publish.reports.making import RECORD


def notebook_content(path):
    """Return the cells of an executed notebook with their outputs, and what it says of its inputs."""
    notebook = nbformat.read(path, as_version=4)
    assert notebook.metadata.papermill.end_time and not notebook.metadata.papermill.exception
    cells = [(cell.cell_type, cell.source, cell.get("outputs")) for cell in notebook.cells]
    return json.loads(json.dumps([cells, notebook.metadata.jixiao, notebook.metadata.papermill.parameters]))


def office_content(path):
    """Return the parts of an Office file except its properties, which hold the time it was written."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.startswith("docProps/")}


READERS = {"ipynb": notebook_content, "docx": office_content, "xlsx": office_content}


def report_content(folder):
    """Return everything one report says, by file; every file of its record is there and no other."""
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    assert {path.name for path in folder.iterdir()} == {RECORD, *record["files"].values()}
    said = {name: value for name, value in record.items() if name not in {"made", "sizes", "hashes"}}
    read = {name: READERS.get(name, lambda path: path.read_text("utf-8")) for name in record["files"] if name != "pdf"}
    return {"record": said, **{name: read[name](folder / record["files"][name]) for name in read}}
