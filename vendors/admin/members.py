"""People: invited with their roles, given a new password link, closed and opened. Nobody types another's password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import admin as _django_auth_admin  # noqa: F401  (registers what is replaced here)
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vendors import clock
from vendors.actors import Actor, Capability
from vendors.admin.access import acting, rows_for
from vendors.admin.base import RecordAdmin, Scoped, ServiceAdmin, TabularInline
from vendors.admin.filters import VisibleRelated
from vendors.admin.forms import ServiceForm, words_of
from vendors.errors import DomainError
from vendors.models import Membership
from vendors.services import members
from vendors.services.mail import mail_reset_link

admin.site.unregister([User, Group])


class RolesFormSet(forms.BaseInlineFormSet):
    """The roles on the page, stored all at once through the service when the page is right as a whole."""

    request: HttpRequest

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.new_objects: list[Any] = []
        self.changed_objects: list[Any] = []
        self.deleted_objects: list[Any] = []

    def clean(self) -> None:
        super().clean()
        if any(self.errors) or not getattr(self.request, "person_is_right", False):
            return
        try:
            self._store()
        except DomainError as error:
            raise ValidationError(words_of(error), error.code) from error

    def _store(self) -> None:
        user = self.instance
        options: dict[str, Any] = {"actor": acting(self.request), "now": clock.now()}
        if user._state.adding:
            invited, link = members.invite_user(
                email=user.email, username=user.username, full_name=user.first_name, roles=self._typed(), **options
            )
            user.pk, user._state.adding = invited.pk, False
            self.request.link_to_show = link  # type: ignore[attr-defined]
        elif self.has_changed():
            members.set_roles(user=user, roles=[*self._typed(), *self._hidden()], **options)

    def _typed(self) -> list[tuple[str, Any]]:
        kept = [form.cleaned_data for form in self.forms if form not in self.deleted_forms]
        return [(data["role"], data.get("vendor")) for data in kept if data.get("role")]

    def _hidden(self) -> list[tuple[str, Any]]:
        """Return the roles the reader does not see; they stay."""
        rows = Membership.objects.filter(user=self.instance).select_related("vendor")
        seen = rows_for(acting(self.request), rows, Capability.MANAGE_MEMBERS)
        return [(row.role, row.vendor) for row in rows.exclude(pk__in=seen.values("pk"))]


class RolesOfUser(Scoped, TabularInline):
    model = Membership
    formset = RolesFormSet
    reads = Capability.MANAGE_MEMBERS
    writes = Capability.MANAGE_MEMBERS
    extra = 1
    fields = ["role", "vendor"]
    autocomplete_fields = ["vendor"]
    verbose_name_plural = _("roles")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_write_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_write_permission(request)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.request = request
        return formset


class PersonForm(ServiceForm):
    """The person's own fields; a new person is stored with the roles, by their formset."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "email" in self.fields:
            self.fields["email"].required = True
            self.fields["email"].help_text = _("The link to choose a password is sent here.")

    def _save_through_service(self) -> None:
        if self.is_new:
            self.saved = self.instance
        else:
            super()._save_through_service()
        self.request.person_is_right = not self.errors  # type: ignore[attr-defined]


@admin.register(User)
class UserAdmin(ServiceAdmin):
    reads = Capability.MANAGE_MEMBERS
    writes = Capability.MANAGE_MEMBERS
    form = PersonForm
    list_display = ["username", "first_name", "email", "roles", "is_active", "last_login"]
    list_filter = ["is_active", "is_staff", "memberships__role", ("memberships__vendor", VisibleRelated)]
    search_fields = ["username", "first_name", "last_name", "email"]
    date_hierarchy = "date_joined"
    ordering = ["username"]
    new_fieldsets = [(None, {"fields": ["username", "email", "first_name"]})]
    fieldsets = [
        (None, {"fields": ["username", "email", "first_name", "last_name"]}),
        (_("Access"), {"fields": [("is_active", "is_staff", "is_superuser"), ("date_joined", "last_login")]}),
    ]
    fixed = ["username", "is_active", "is_staff", "is_superuser", "date_joined", "last_login"]
    inlines = [RolesOfUser]
    actions = ["send_reset_link", "deactivate", "activate"]

    @admin.display(description=_("roles"))
    def roles(self, row: User) -> str:
        return ", ".join(
            f"{membership.get_role_display()}{f' ({membership.vendor.label})' if membership.vendor else ''}"
            for membership in row.memberships.all()
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """People with a role at a vendor the reader manages; everybody for who manages all."""
        actor = acting(request)
        rows = super().get_queryset(request).prefetch_related("memberships__vendor")
        scope = actor.limited_to(Capability.MANAGE_MEMBERS)
        if actor.is_superuser or scope.sees_all_vendors:
            return rows
        theirs = Membership.objects.filter(vendor_id__in=scope.vendor_ids).values("user_id")
        return rows.filter(pk__in=theirs)

    def change(self, row: User, data: dict[str, Any], *, actor: Actor, now: Any) -> Model:
        return members.change_user(user=row, data=data, actor=actor, now=now)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The roles are stored already, by their formset."""

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        self._hand_over(request, obj, request.link_to_show)  # type: ignore[attr-defined]
        return super().response_add(request, obj, post_url_continue)

    @admin.action(description=_("Send a link to choose a new password"), permissions=["write"])
    def send_reset_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        def send(user: User) -> None:
            link = members.reset_password(user=user, actor=acting(request), now=clock.now())
            self._hand_over(request, user, link)

        self.for_each(request, queryset, send, _("Links made: %(count)s."))

    @admin.action(description=_("Close the access of the chosen people"), permissions=["write"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        options: dict[str, Any] = {"actor": acting(request), "now": clock.now()}
        self.for_each(request, queryset, lambda user: members.deactivate_user(user=user, **options))

    @admin.action(description=_("Open the access of the chosen people again"), permissions=["write"])
    def activate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        options: dict[str, Any] = {"actor": acting(request), "now": clock.now()}
        self.for_each(request, queryset, lambda user: members.activate_user(user=user, **options))

    def _hand_over(self, request: HttpRequest, user: User, link: members.ResetLink) -> None:
        """Mail the link once it is stored, and show it this once."""
        address = request.build_absolute_uri(reverse(settings.PASSWORD_LINK_VIEW, args=[link.uid, link.token]))
        transaction.on_commit(lambda: mail_reset_link(user, address))
        words = gettext("The link for %(user)s, shown once and sent by mail:") % {"user": user.get_username()}
        self.message_user(request, format_html("{} <code>{}</code>", words, address), messages.WARNING)


@admin.register(Membership)
class MembershipAdmin(RecordAdmin):
    """Every role of everybody, with history; roles are changed on the person's page."""

    reads = Capability.MANAGE_MEMBERS
    list_display = ["user", "role", "vendor"]
    list_select_related = ["user", "vendor"]
    list_filter = ["role", ("vendor", VisibleRelated)]
    search_fields = ["user__username", "user__email", "vendor__code", "vendor__name"]
