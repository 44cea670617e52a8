"""What GitHub is told of deployments."""
