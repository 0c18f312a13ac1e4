"""A prospect file on its way in: checked first if wanted, then applied in batches. Doing it twice is doing it once.

runs checks or applies one file in one go (the command line); uploads is what a person does with an uploaded file, parts
its bytes, work what workers do with it, undoing the way back. source knows what the columns mean; batches decides what
becomes of a thousand rows; people finds whom a row is about; merging says what a row changes of what is known;
companies knows employers and their size; writing stores.
"""

from prospects.imports.refusals import ImportRefused
from prospects.imports.runs import apply, check

__all__ = ["ImportRefused", "apply", "check"]
