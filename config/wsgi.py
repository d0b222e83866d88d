"""WSGI entry point for gunicorn: ``config.wsgi:application``."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from config.chunks import with_length

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = with_length(get_wsgi_application())

# Everything there is by now lives as long as the process. Left to the garbage collector, walking it takes a tenth of a
# second, and a large body makes it walk again and again. What a request makes is freed without it; it is looked
# through after 50,000 objects instead of 700, which takes a tenth off a body of 30,000 values.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
gc.set_threshold(50_000)
