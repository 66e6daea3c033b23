"""Side by side with peers and floors: each benchmark runs them in the same run and prints a table."""
