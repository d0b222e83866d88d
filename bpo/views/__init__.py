"""The web pages. They need no JavaScript; every action is a form."""
