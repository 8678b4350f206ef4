"""Reading the person's side: where the project is, what its files and the environment say."""
