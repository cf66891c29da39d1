"""Where a partition of scores goes beyond a folder of results: Parquet here or in an object store, DuckDB, Postgres."""
