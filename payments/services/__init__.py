"""What people and bank statements do to orders."""
