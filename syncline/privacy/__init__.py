"""What limits disclosure: the small-count rule now, exact noise and accounting when an issue brings them.

Statistics here are pure functions of merged counts. Nothing in this room reads data, asks questions or
knows a technique.
"""
