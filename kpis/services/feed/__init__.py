"""How a body of figures becomes queue-days: context (what it is held against), validation, merging, storing."""
