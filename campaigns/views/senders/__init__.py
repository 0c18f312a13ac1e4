"""Senders: list, card, pace, credits."""
