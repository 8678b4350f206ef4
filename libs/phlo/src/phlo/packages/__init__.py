"""Packages of a project: found in an index, checked, installed, taken out, exchanged."""
