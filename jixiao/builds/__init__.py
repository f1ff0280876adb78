"""Runs and what is kept of them (构建): read, score, audit once, keep it in versions, compare and trace it.

A version holds one parquet file per frame and year and a manifest of what it was made from. It is written beside the
one in force and becomes it in one step, so a killed run destroys nothing and a reader never sees half of one.
"""
