"""The report of a synthetic table, for people who decide: words, plots, and the page that holds both.

``page`` lays out any report; ``evidence`` shows what a comparison found; ``words`` say what it means. A
study's own parts (suppliers, protections, provenance) are added by ``syncline.study.report_page``. Nothing
here computes a figure, and no page loads anything.
"""
