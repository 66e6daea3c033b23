"""Sequential classification and regression trees: every column's tree is grown at once, one round a level.

Each column is predicted from those before it in the visit order; released rows are drawn column by column
from the leaves. All comparisons are between exact integers, or quotients of exact integers that IEEE 754
rounds correctly, so the trees do not depend on how rows are split among suppliers.
"""
