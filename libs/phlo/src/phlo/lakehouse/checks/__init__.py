"""Checks on tables: answered from metadata where that is exact, else compiled to SQL."""
