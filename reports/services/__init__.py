"""Make reports."""
