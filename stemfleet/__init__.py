"""stemfleet: allocates STEM kits to schools, prepares every kit, and tracks it until it is retired."""

__version__ = "0.1.0"
