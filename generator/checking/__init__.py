"""What is wrong in a tree of manifests, as findings with file, line, key and what to do."""
