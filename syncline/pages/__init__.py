"""Pages of HTML: one layout, one style, and the parts that every page is put together from.

A page is one file that needs nothing else: no script, no network, light and dark, screen and paper. Markup
stands in ``templates/``, where every text is escaped as it is put in; what is of type ``Markup`` is put in as
it is. An idle agent never imports this room.
"""
