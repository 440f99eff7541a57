"""Stand-ins for the machines of others. They import nothing of the portal, nor the portal of them."""
