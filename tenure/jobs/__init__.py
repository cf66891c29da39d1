"""One module per job: the order of the steps behind a command."""
