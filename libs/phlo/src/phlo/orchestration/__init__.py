"""Runs as data: the manifest, the events of `phlo exec`, and the store that keeps them."""
