"""Sources drafted, checked and recorded, and the project that they lie in."""
