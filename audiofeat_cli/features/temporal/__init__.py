"""Change of other features in time."""
