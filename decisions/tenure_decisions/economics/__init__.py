"""Economics: cohorts, channels, growth and budget."""
