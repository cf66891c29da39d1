"""One store: every record that was pulled, in all its versions, and the tables of the contract made of them."""
