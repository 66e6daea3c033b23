"""Files that describe a released table to other tools and to people, made from its schema alone.

Each says that the data is synthetic. Nothing of the study's name, its roster or the time stands in them, so
equal tables have equal descriptions.
"""
