"""Prospect files: bytes that somebody exported become rows about people.

Pure: no database, no clock, the standard library only.

reading finds text, delimiter and header; mapping says which column means what; rows turns cells into values;
duplicates recognises the same person twice; urls and titles know LinkedIn's addresses and people's job titles.
"""
