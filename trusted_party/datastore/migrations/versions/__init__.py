"""One module a step, named by the number that the database keeps."""
