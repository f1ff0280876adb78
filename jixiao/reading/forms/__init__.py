"""Grid to records (识表): which form a table is, what its columns mean, what its rows say."""
