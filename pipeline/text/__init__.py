"""Lines of an article in, clean text out, with its language and a judgement whether it is a document."""
