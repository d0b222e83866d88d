"""Reading for the arithmetic: rows become the frozen facts that ``calc`` works on."""
