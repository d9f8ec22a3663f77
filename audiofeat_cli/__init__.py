"""Fast batch audio features: directories of audio become Parquet tables."""
