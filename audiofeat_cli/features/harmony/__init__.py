"""Chroma and what follows from it."""
