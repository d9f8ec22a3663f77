"""Features: one file each, or a small close family. The registry finds them by walking."""
