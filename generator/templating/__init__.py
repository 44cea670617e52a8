"""Templates: a source, its questions and answers, and the tree that they render to."""
