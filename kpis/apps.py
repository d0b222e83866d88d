from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class KpisConfig(AppConfig):
    name = "kpis"
    verbose_name = _("KPIs, targets and figures")

    def ready(self) -> None:
        from kpis.models.daily_values import drop_view, make_view
        from kpis.queries.definitions import unknown_measures
        from kpis.services.marks import mark_setup_change
        from kpis.tasks import wake_up
        from vendors.services.changes import on_setup_change
        from vendors.services.provisions import check_measures_with

        check_measures_with(unknown_measures)
        on_setup_change(mark_setup_change)
        on_setup_change(lambda *_: wake_up())
        pre_migrate.connect(drop_view, sender=self)
        post_migrate.connect(make_view, sender=self)
