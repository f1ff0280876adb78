"""Other names of projects (项目别名): which names a person has declared to be one project."""

from __future__ import annotations

from pathlib import Path

from jixiao.core.declared import open_declaration, refuse
from jixiao.reading.values.values import normalise


def load_aliases(path: Path) -> dict[str, str]:
    """Load the declared names of projects (项目别名).

    Returns:
        The first name of a project by each of its names, all as they are compared.

    Raises:
        DeclarationError: With every mistake of the file: a missing reason, a name that belongs to two projects.

    Example:
        >>> from jixiao.builds import find_place
        >>> isinstance(load_aliases(find_place("source").parent / "aliases.yaml"), dict)
        True
    """
    whole, mistakes = open_declaration(path)
    known: dict[str, str] = {}
    for part in whole.parts("aliases"):
        project = part.text("project") or ""
        names = part.texts("also")
        part.text("reason")
        if not names:
            part.note("also", "至少应有一个别名")
        for name in {normalise(one): one for one in (project, *names) if normalise(one)}.values():
            if known.get(normalise(name), normalise(project)) != normalise(project):
                part.note("also", f"“{name}”已登记为另一个项目的名称，请只保留一处")
            known[normalise(name)] = normalise(project)
        part.close()
    whole.close()
    refuse(path, mistakes)
    return known
