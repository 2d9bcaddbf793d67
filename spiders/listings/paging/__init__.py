"""How the pages of a listing are turned, and when to stop."""
