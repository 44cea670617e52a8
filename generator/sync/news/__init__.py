"""What GitHub tells, read into values. Pure."""
