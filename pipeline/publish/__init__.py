"""What changes the corpus: a night, a reprocess, a rollback, each in one commit."""
