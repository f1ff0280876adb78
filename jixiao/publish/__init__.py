"""What leaves the workbench (出件): forms, papers, reports, findings, boards, the server."""
