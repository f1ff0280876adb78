"""Frames to figures and tables (展示): the only room that knows plotly and matplotlib."""
