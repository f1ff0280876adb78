"""Records to tidy, typed, keyed frames (数据表)."""
