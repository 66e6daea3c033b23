"""Compare a candidate with rows that nobody pooled: what suppliers count, and what the hub makes of the sums.

The comparison of tables that lie in one place is the same protocol with one party.
"""
