"""A Gaussian copula: each column keeps its own histogram, and latent normal variables tell how they are related.

Pairs of columns are counted in one round. The correlations of latents follow from these counts, and rows are drawn
from latents that are normal together. Integers, and sums, products, quotients and square roots in a fixed
order, so the model does not depend on how rows are split among suppliers, nor on the machine.
"""
