"""Level and loudness."""
