"""The domain of Gongbao: bytes of a page in, a document or the reason why not out; then one corpus."""
