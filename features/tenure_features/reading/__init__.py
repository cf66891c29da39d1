"""Where tables come from: engines, sources, files and databases."""
