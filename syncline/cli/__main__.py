"""``python -m syncline.cli`` is ``syncline``."""

from syncline.cli import main

main()
