"""The base of every page of the administration. The theme is imported here and nowhere else.

Reading follows :func:`vendors.admin.access.rows_for`, writing goes through services, nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Field, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.encoding import force_str
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from vendors import clock
from vendors.actors import Actor, Capability
from vendors.admin.access import acting, may_for_all, rows_for, vendor_id_of
from vendors.admin.forms import ExactJSONField, ServiceForm, words_of
from vendors.errors import DomainError

__all__ = [
    "DONE",
    "DialogForm",
    "HistoryAdmin",
    "ReadOnlyAdmin",
    "ReadOnlyInline",
    "RecordAdmin",
    "ServiceAdmin",
    "TabularInline",
    "action",
    "after_saving",
    "document",
    "figure",
    "widgets",
]

DialogForm = BaseDialogForm
DONE = _("Done: %(count)s.")


class widgets:
    """The theme's widgets, by what they take."""

    Checkbox = UnfoldBooleanSwitchWidget
    Checkboxes = UnfoldAdminCheckboxSelectMultipleWidget
    Date = UnfoldAdminSingleDateWidget
    Decimal = UnfoldAdminDecimalFieldWidget
    Email = UnfoldAdminEmailInputWidget
    Select = UnfoldAdminSelectWidget
    SelectMany = UnfoldAdminSelectMultipleWidget
    Text = UnfoldAdminTextInputWidget
    TextArea = UnfoldAdminTextareaWidget
    Whole = UnfoldAdminIntegerFieldWidget


_after_saving: list[Callable[[], object]] = []


def after_saving(callback: Callable[[], object]) -> None:
    """Have ``callback`` called after each change made here: the layers above wake their workers."""
    if callback not in _after_saving:
        _after_saving.append(callback)


class Scoped:
    """Role first, then rows: what the admin classes and their inlines share.

    ``reads`` and ``writes`` are the capabilities for looking and changing; without ``writes`` nobody changes it.
    """

    reads: Capability = Capability.READ_PARTIES
    writes: Capability | None = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return rows_for(acting(request), super().get_queryset(request), self.reads)  # type: ignore[misc]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return acting(request).may(self.reads)

    def has_write_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Say whether the actor changes rows like this: this one, or some."""
        actor = acting(request)
        if self.writes is None or not actor.may(self.writes):
            return False
        if not isinstance(obj, Model) or not hasattr(type(obj)._default_manager, "visible_to"):
            return True
        vendor = vendor_id_of(obj)
        return may_for_all(actor, self.writes) if vendor is None else actor.may(self.writes, vendor)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_write_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_write_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer, and accept, only rows that exist for the actor."""
        rows = db_field.remote_field.model._default_manager.all()
        kwargs.setdefault("queryset", rows_for(acting(request), rows, self.writes or self.reads))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]


class ServiceAdmin(Scoped, ModelAdmin):
    """An admin page that saves through services.

    A subclass gives ``create`` and ``change``. ``borrowed`` are fields of the form that live on another model
    (the terms of a contract), ``only_new`` those that are asked for once, ``optional`` those that may stay empty,
    ``fixed`` those that never change once the row exists, ``typed_fieldsets`` the parts of the page shown only to
    who may type there.
    """

    form = ServiceForm
    borrowed: dict[str, type[Model]] = {}
    only_new: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    fixed: Sequence[str] = ()
    new_fieldsets: Sequence[Any] = ()
    typed_fieldsets: Sequence[Any] = ()
    list_per_page = 50
    warn_unsaved_form = True
    show_full_result_count = False

    def create(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Model:
        """Call the service that creates; return the row."""
        raise PermissionDenied

    def change(self, row: Any, data: dict[str, Any], *, actor: Actor, now: datetime) -> Model:
        """Call the service that changes; return the row."""
        raise PermissionDenied

    def initial_of(self, row: Any) -> dict[str, Any]:
        """Return the present values of the borrowed fields."""
        return {}

    def save_row(self, request: HttpRequest, row: Model | None, data: dict[str, Any]) -> Model:
        """Create or change through the service, and wake the workers once all is stored."""
        options: dict[str, Any] = {"actor": acting(request), "now": clock.now()}
        if row is not None and not data:
            return row
        saved = self.create(data, **options) if row is None else self.change(row, data, **options)
        self.wake()
        return saved

    @staticmethod
    def wake() -> None:
        """Tell the layers above that something was changed here."""
        for callback in _after_saving:
            callback()

    # The page -----------------------------------------------------------------------------------------

    def may_type(self, request: HttpRequest, obj: Any) -> bool:
        """Say whether the page is a form for the actor, and not a sheet to read."""
        if reads_history(request):
            return False
        return self.has_change_permission(request, obj) if obj else self.has_add_permission(request)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = self.new_fieldsets if obj is None and self.new_fieldsets else self.fieldsets
        if not fieldsets:
            return super().get_fieldsets(request, obj)
        return [*fieldsets, *(self.typed_fieldsets if self.may_type(request, obj) else ())]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if reads_history(request):
            return flatten_fieldsets(self.get_fieldsets(request, obj))
        return [*super().get_readonly_fields(request, obj), *(self.fixed if obj else ())]

    def get_autocomplete_fields(self, request: HttpRequest) -> Sequence[str]:
        related = [name for name, model in self.borrowed.items() if model._meta.get_field(name).is_relation]
        return [*super().get_autocomplete_fields(request), *related]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        attributes: dict[str, Any] = {"admin": self, "request": request}
        if self.may_type(request, obj):
            attributes |= self.borrowed_fields(request)
        kwargs["form"] = type(self.form.__name__, (self.form,), attributes)
        return super().get_form(request, obj, change, **kwargs)

    def borrowed_fields(self, request: HttpRequest) -> dict[str, forms.Field]:
        """Return the fields of the form that the model of the page does not have, by name."""
        return {name: self._borrowed_field(name, model, request) for name, model in self.borrowed.items()}

    def _borrowed_field(self, name: str, model: type[Model], request: HttpRequest) -> Any:
        field: Any = model._meta.get_field(name)
        return self.formfield_for_dbfield(field, request)

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.get_internal_type() == "JSONField":
            kwargs["form_class"] = ExactJSONField
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    # Saving -------------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save what was typed into the list; a whole page was saved when it was validated."""
        if getattr(form, "saved", None) is None:
            row = type(obj)._default_manager.get(pk=obj.pk)
            if not self.has_change_permission(request, row):
                raise PermissionDenied
            self.save_row(request, row, {name: form.cleaned_data[name] for name in form.changed_data})

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **{"form": forms.ModelForm, **kwargs})

    def _changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super()._changeform_view(request, *args, **kwargs)
        is_form_again = isinstance(getattr(response, "context_data", None), dict) and "adminform" in (
            response.context_data  # type: ignore[attr-defined]
        )
        if request.method == "POST" and is_form_again:
            transaction.set_rollback(True)
        return response

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        view = super().changelist_view
        return self._told(request, lambda: view(request, extra_context))

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        view = super().changeform_view
        return self._told(request, lambda: view(request, object_id, form_url, extra_context))

    def _told(self, request: HttpRequest, view: Callable[[], Any]) -> Any:
        """Answer a refusal that no form could show with a message; its transaction is rolled back by then."""
        try:
            return view()
        except DomainError as error:
            self.message_user(request, words_of(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def for_each(
        self, request: HttpRequest, rows: Iterable[Any], act: Callable[[Any], object], done: Any = DONE
    ) -> None:
        """Do ``act`` to each row, each in its own transaction; say how many it was done to and what was refused."""
        count = 0
        for row in rows:
            if not self.has_write_permission(request, row):
                raise PermissionDenied
            try:
                with transaction.atomic():
                    act(row)
            except DomainError as error:
                self.message_user(request, f"{row}: {words_of(error)}", messages.ERROR)
            else:
                count += 1
        self.wake()
        if count:
            self.message_user(request, str(done) % {"count": count}, messages.SUCCESS)


class ReadOnlyAdmin(ServiceAdmin):
    """Computed and recorded rows: to look at, never to type into. ``writes`` may still allow actions."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def reads_history(request: HttpRequest) -> bool:
    """Say whether the page shows a row as it was, where nothing can be typed."""
    return getattr(request, "reads_history", False)


class History(SimpleHistoryAdmin):
    """Adds the pages of what the row was before. Nothing is reverted there: a change goes through its service."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self._refuse_hidden(request, object_id)
        return super().history_view(request, object_id, extra_context)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        self._refuse_hidden(request, object_id)
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        request.reads_history = True  # type: ignore[attr-defined]
        return super().history_form_view(request, object_id, version_id, extra_context)

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def _refuse_hidden(self, request: HttpRequest, object_id: str) -> None:
        """The history of another vendor's row does not exist either."""
        if self.get_object(request, unquote(object_id)) is None:
            raise Http404


class HistoryAdmin(History, ServiceAdmin):
    """A page that saves through services, with history."""


class RecordAdmin(History, ReadOnlyAdmin):
    """A page to look at, with history."""


class ReadOnlyInline(Scoped, TabularInline):
    """Rows that belong to the one on the page, to look at."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = True
    reads = Capability.READ_CONTRACTS

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def figure(name: str, label: Any) -> Callable[[Any], str]:
    """Return a column that shows the decimal ``name`` of a row without its trailing zeros."""

    @admin.display(description=label, ordering=name)
    def column(row: Any) -> str:
        value = getattr(row, name)
        text = "–" if value is None else f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text

    return column


def document(value: Any) -> str:
    """Return a JSON document as a short readable list."""
    if isinstance(value, dict) and value:
        rows = [(str(name), _inline(inner)) for name, inner in value.items()]
        return format_html("<div>{}</div>", format_html_join("", "<div><b>{}</b> {}</div>", rows))
    if isinstance(value, list) and value:
        return format_html("<div>{}</div>", format_html_join("", "<div>{}</div>", ((_inline(x),) for x in value)))
    return force_str(value) if value or value == 0 else "–"


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_inline(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(_inline(inner) for inner in value)
    return "–" if value is None or value == "" else force_str(value)
