"""The closed set of steps that a preparation is made of, one small module for each family.

A step is a section of the preparation's document. It is *bound* to the columns that reach it, which checks
every name before a row is read, and then turns batches of text columns into others: text in, text out, null
for missing. What never lives here: an expression to evaluate, the typing of cells (``column_reader``), or a
message that holds a value.
"""
