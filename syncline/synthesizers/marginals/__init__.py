"""Each column on its own, from the histogram of its codes: nothing is asked beyond what every fit asks."""
