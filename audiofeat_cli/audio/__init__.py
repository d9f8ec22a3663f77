"""From paths to blocks of samples: what to read, whether it is whole, and what is in it."""
