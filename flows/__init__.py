"""When and in which order; and the command line."""
