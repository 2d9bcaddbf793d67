"""Sources drafted, checked and recorded."""
