"""Pictures of real beside synthetic rows for the pages of techniques."""
