"""Endpoints of business partners: which brands authorised them, and their own subscription."""
