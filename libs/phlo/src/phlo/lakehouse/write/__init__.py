"""Writing: rows to files, files to one commit."""
