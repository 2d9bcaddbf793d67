"""How a source becomes pages in landing files."""
