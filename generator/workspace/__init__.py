"""The folder that holds an organization's repositories: found, read, and changed by one verb at a time."""
