"""Running a plan over many files: batches, workers, commits, resume."""
