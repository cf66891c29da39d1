"""Which sections a report has, and what commands print."""
