"""Terms of money: checked as a whole, and stored as versions."""

from bpo.services.money.checking import clean_rules
from bpo.services.money.events import price
from bpo.services.money.setting import set_terms

__all__ = ["clean_rules", "price", "set_terms"]
