"""A prospect file on its way in: checked first if wanted, then applied in batches. Doing it twice is doing it once.

runs holds one import from beginning to end; batches decides what becomes of a thousand rows; people finds whom a row is
about; merging says what a row changes of what is known; companies knows employers and their size; writing stores.
"""

from prospects.imports.refusals import ImportRefused
from prospects.imports.runs import apply, check

__all__ = ["ImportRefused", "apply", "check"]
