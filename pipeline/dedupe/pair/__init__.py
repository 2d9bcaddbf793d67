"""Two texts: what one holds of the other, and what it is to it."""
