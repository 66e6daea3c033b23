"""Hazards that only a comparison of suppliers shows, looked for before anything is modelled.

Each is found in answers that the fit needs anyway, or in one more table of single columns. A hazard names
columns and suppliers and no value of a row.
"""
