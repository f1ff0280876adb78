"""The work after the findings (整改与复核): an append-only ledger, and what is read from it.

What happened stands in one chained file, one event a line; issues, draws, opinions, evidence and decisions are read
from it. Nothing in it is ever changed: a wrong entry is answered by a later one.
"""
