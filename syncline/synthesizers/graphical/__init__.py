"""A decomposable graph of the columns, and each column from the counts of its clique.

Edges are added as long as what two columns tell of each other, given those beside both, outweighs the
numbers that this costs, and the graph stays chordal. Then the joint distribution is the product of the
cliques' by that of their separators (Lauritzen 1996, Graphical Models, section 4.4), without any fitting: all
that is asked are counts of cells, so that the model of many suppliers is that of their rows together.
"""
