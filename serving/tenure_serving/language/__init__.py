"""What people read is said in a language: one catalogue of texts, and how numbers, dates and money are written."""

from tenure_serving.language.language import ENGLISH, LANGUAGES, N_, NO_CURRENCY, Language, load_language

__all__ = ["ENGLISH", "LANGUAGES", "NO_CURRENCY", "N_", "Language", "load_language"]
