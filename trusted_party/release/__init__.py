"""What makes a result a release: the child's files, the manifest, the signature, the final name.

A release appears whole under its final name or not at all, and nothing here changes one that is there.
"""
