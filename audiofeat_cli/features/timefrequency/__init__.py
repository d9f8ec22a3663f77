"""Time-frequency transforms: constant-Q, variable-Q and logarithmic filterbanks."""
