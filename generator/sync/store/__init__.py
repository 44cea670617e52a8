"""What is on disk: deliveries, what became of them, what GitHub should be told."""
