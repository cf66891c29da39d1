"""From raw tables to clean ones: contracts, mapping, cleaning, and the account of every row."""
