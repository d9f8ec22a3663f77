"""Time domain: the envelope and its shape, and what lies between samples and spectra."""
