"""Fundamental frequency, notes and partials."""
