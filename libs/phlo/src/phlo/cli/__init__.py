"""The command line: one file per command, no logic; `output` is the only module that prints."""
