"""How each family of listings is read."""
