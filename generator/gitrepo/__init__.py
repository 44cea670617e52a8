"""Git repositories: read as trees, written as commits; nothing else runs git."""
