"""Read reports: tenant first."""
