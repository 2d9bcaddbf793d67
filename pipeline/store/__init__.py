"""Keys, bytes and tables: S3 and Delta Lake behind one door, and how landing and staged files are written."""
