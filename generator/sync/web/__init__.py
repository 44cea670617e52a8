"""Takes deliveries over HTTP, and answers once they are on disk."""
