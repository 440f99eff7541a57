"""Pictures that answer one question each: what they say, what they draw, and the table of exactly that."""
