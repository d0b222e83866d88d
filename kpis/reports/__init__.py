"""Documents that the kpis app makes for people."""
