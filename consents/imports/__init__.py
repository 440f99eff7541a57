"""Files of consents, read without a database: rows in bounded portions, mended where that is certain, and judged."""
