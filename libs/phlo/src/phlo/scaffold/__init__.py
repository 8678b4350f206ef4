"""Templates of new projects and packages, and their way onto the disk."""
