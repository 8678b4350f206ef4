"""Acting on the world: files, ports, secrets, locks, and the processes of services."""
