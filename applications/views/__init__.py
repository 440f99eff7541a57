"""Screens of applicants: the steps, the status, further people and brands, Beni Haberdar Et."""
