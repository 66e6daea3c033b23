"""What this supplier's people permitted: the policy file, the studies that wait and the signed decisions.

Here live the record of each proposed study, the check of a proposal against the policy, the words in which a
person reads what would leave, and the seal under a decision. What never lives here: the connection, a row of
data, an answer.
"""
