"""The pages leaders open (看板页面): declared in ``rules/boards.yaml``, drawn in the browser from prepared tables.

``prepared`` makes the tables, ``declared_pages`` what every page needs beside them, ``site`` writes both as files.
Nothing is imported here, so that a kernel that only hands out prepared pages stays small.
"""
