"""The public API, one noun a file; `tenure` itself says what is in it."""
