"""The demonstration: five invented vendors with thirteen months of simulated figures, the same every time."""
