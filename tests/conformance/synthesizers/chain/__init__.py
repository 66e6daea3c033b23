"""A toy technique: each column from the one that is drawn before it. It shows what a technique needs."""
