"""What a workflow file declares: the decorators, SQL files, and the graph they make."""
