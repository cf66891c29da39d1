"""Lists of customers as files that advertising and mail systems take."""
