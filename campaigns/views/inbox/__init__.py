"""Replies of all senders and their threads."""
