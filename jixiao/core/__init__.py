"""What every room stands on (基础): errors, declarations, vocabulary, frames, exact numbers, written numbers, files."""
