"""iyzico's side of its HTTP protocol, as far as a merchant who takes payments uses it."""
