"""Whole reports (整份报告): a file becomes passages in their sections, and what its prose states becomes records."""
