"""How commands speak to a terminal, and how they read what a person typed."""
