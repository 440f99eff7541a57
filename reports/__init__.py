"""Raporlar: the daily files and the pictures."""
