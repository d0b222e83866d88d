"""How often the arithmetic is right: on real years, and on simulated ones whose answer is known."""
