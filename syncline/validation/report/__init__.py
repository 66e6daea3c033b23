"""The report of a comparison: words for people, plots, and the page that holds both."""
