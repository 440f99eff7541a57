"""Orders, bank statements and the money that settles the one with the other."""
