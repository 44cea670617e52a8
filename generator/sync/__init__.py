"""Turns what happens on GitHub into commits: deliveries in, reconciliation beside them, nothing lost."""
