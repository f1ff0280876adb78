"""Text to value (取值): numbers, quantities, ranges, moments, and what a target and an actual say together."""
