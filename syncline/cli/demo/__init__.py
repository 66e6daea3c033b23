"""``syncline demo``: a hub and one agent for each site on this machine, as separate processes, on real data.

The demo uses the commands that an operator, a supplier and a researcher use, each with a home of its own.
Nothing here is a short cut through the product: it writes their files and starts their processes.
"""
