"""The bytes of an uploaded file, in pieces in the database, where every worker can read them."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from prospects.files import encoding
from prospects.files.reading import UnreadableFile
from prospects.imports.refusals import ImportRefused
from prospects.models import Import, ImportPart

PIECE: Final = 1024 * 1024
_HEAD: Final = 8192


@dataclass(frozen=True, slots=True)
class Kept:
    """What was stored of a file: bytes and their SHA-256."""

    size: int
    digest: str


def too_large(max_bytes: int) -> str:
    """What to tell about a file that has more bytes than may be."""
    return (
        f"This file is larger than {max_bytes // (1024 * 1024):,} MB, which is the limit: split it into smaller files."
    )


def keep(upload: Import, chunks: Iterable[bytes], *, max_bytes: int) -> Kept:
    """Store the bytes of a file for this import, in the caller's transaction. Memory stays small.

    Raises UnreadableFile for an empty file and for another kind of file, ImportRefused for more than `max_bytes`.
    """
    digest, size = hashlib.sha256(), 0
    for number, piece in enumerate(_pieces(chunks)):
        if number == 0:
            encoding.refuse_other_kinds(io.BytesIO(piece[:_HEAD]))
        size += len(piece)
        if size > max_bytes:
            raise ImportRefused(too_large(max_bytes))
        digest.update(piece)
        ImportPart.objects.create(workspace_id=upload.workspace_id, upload=upload, number=number, data=piece)
    if not size:
        raise UnreadableFile("This file is empty: export the list again and choose the new file.")
    return Kept(size, digest.hexdigest())


@contextmanager
def opened(upload: Import) -> Iterator[Path]:
    """The file on this machine's disk, under a name of ours, for as long as it is being read."""
    with TemporaryDirectory(prefix="parley-import-") as folder:
        path = Path(folder) / "file.csv"
        parts = ImportPart.objects.filter(workspace=upload.workspace_id, upload=upload)
        with path.open("wb") as stream:
            for number in parts.order_by("number").values_list("pk", flat=True):
                stream.write(parts.values_list("data", flat=True).get(pk=number))
        yield path


def forget(upload: Import) -> None:
    """Nobody needs the file any more."""
    ImportPart.objects.filter(workspace=upload.workspace_id, upload=upload).delete()
    Import.objects.filter(workspace=upload.workspace_id, pk=upload.pk).update(kept=False)


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of PIECE, the last one shorter."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
    if held:
        yield bytes(held)
