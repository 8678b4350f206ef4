"""The built-in orchestrator: plans a run, and runs its steps in one child process."""
