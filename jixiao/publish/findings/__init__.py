"""Findings handed over (问题清单): workbooks with answers, pages, csv and json."""
