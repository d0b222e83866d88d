"""The administration of the vendors app, one class per model."""

from django.contrib import admin

from vendors.admin import audit, contracts, keys, members, parties, queues
from vendors.guarding import GuardedAdminSignIn

admin.site.login_form = GuardedAdminSignIn

__all__ = ["audit", "contracts", "keys", "members", "parties", "queues"]
