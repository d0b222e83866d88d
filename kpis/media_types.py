"""Media types of the files that come in and go out."""

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
PDF = "application/pdf"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
HTML = "text/html; charset=utf-8"
BYTES = "application/octet-stream"
"""A file that no browser takes for anything: it is kept, never shown."""
