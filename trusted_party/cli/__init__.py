"""The command ``trusted-party``: the only room that wires ports to implementations."""
