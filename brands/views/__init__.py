"""Marka Yönetimi (screen 3) and Bayi (screen 16)."""
