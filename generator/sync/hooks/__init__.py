"""Webhooks on GitHub: kept as they should be, with secrets of their own, and what they failed to bring."""
