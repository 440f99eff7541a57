"""Contract texts, approvals and the signed documents made of them."""
