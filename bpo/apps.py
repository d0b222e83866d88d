from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BpoConfig(AppConfig):
    name = "bpo"
    verbose_name = _("Conclusions")

    def ready(self) -> None:
        from bpo import receivers  # noqa: F401  (connects the one signal of the product)
        from bpo.reports.attachable import found_editions
        from bpo.services.effect import card_effect
        from bpo.services.reports.attaching import offer_editions
        from kpis.services.effect import on_effect

        on_effect(card_effect)
        offer_editions(found_editions)
