"""The console: a store in, pages of HTML for a browser on this machine out. It only reads."""
