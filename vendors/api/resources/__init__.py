"""The resources of the vendors app, one file a noun."""
