"""What limits disclosure: the small-count rule of models, and what may be told of how many people.

Statistics here are pure functions of merged counts. Nothing in this room reads data, asks questions or
knows a technique.
"""
