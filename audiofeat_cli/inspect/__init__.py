"""Looking at files: `sound` measures audio, `output` our own tables, `report` tells about both."""
