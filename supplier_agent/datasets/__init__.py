"""Where the supplier's data lies: the names under which studies ask for it, never the data itself.

Here live the catalogue of data sets and the check, run in a child process, that each can be read. What never
lives here: a row, a value, or an import of numpy, pyarrow or pandas outside the child's own module.
"""
