"""Layouts of forms made at random from parts, each with its own content as what is right."""
