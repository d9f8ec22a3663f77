"""Spectra, timbre and spectral shape."""
