"""The HTTP service: one model, one table of scores, keys with roles; it needs the extra ``serve``."""
