"""What is seen of the sync from outside: metrics and logs."""
