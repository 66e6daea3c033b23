"""A Gaussian copula: each column keeps its histogram, and latent normal variables relate the columns.

Pairs of columns are counted in one round. The correlations of latents follow from these counts, and rows are
drawn from latents that are normal together. Integers, and sums, products, quotients and square roots in a
fixed order, so the model does not depend on how rows are split among suppliers, nor on the machine.
"""
