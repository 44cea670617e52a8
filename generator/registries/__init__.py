"""Everything that talks to registries of images and charts."""
