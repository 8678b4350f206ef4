"""What is installed: packages found, their services read, their classes loaded when needed."""
