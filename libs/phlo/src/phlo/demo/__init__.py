"""The demo: every flight that left New York in 2013, from CSV files to checked tables."""
