"""What a person wrote themselves: earlier messages that a mail program quotes below, and signatures, are cut off."""

import re

from outreach.language.folding import fold

_ATTRIBUTION = re.compile(
    r"(?:on|am|le|el|op|il|em) (?=.{0,160}\d).{4,160}?"
    r"\b(?:wrote|schrieb|a ecrit|escribio|schreef|ha scritto|escreveu)\b(?:.{0,100}:| *:?)$"
)
"""On Tue, 3 Feb 2026 at 10:00, Bob Moreau wrote: (and its like in other languages)."""

_SEPARATOR = re.compile(
    r"_{10,}$|[-=* ]{2,} ?(?:original message|forwarded message|(?:urspru?e?ngliche|weitergeleitete) nachricht|"
    r"originalnachricht|message (?:d'origine|original|transfere)|mensaje (?:original|reenviado)|"
    r"(?:oorspronkelijk|doorgestuurd) bericht|messaggio (?:originale|inoltrato))"
)
_FROM = re.compile(r"\*?(?:from|von|de|van|da) ?:\*? ?\S")
_HEADER = re.compile(
    r"\*?(?:sent|date|to|subject|gesendet|datum|an|betreff|envoye|a|objet|enviado(?: el)?|fecha|para|asunto|"
    r"verzonden|aan|onderwerp|inviato|data|oggetto) ?:"
)
_FROM_A_PHONE = re.compile(
    r"(?:sent from my|get outlook for|(?:von meinem|gesendet von) |envoye (?:de|depuis) mon|enviado desde mi|"
    r"verzonden vanaf|inviato da(?:l mio)?) ?.{0,40}$"
)


def own_words(text: str) -> str:
    """The text without quoted messages and signature, lines stripped. When everything stands below the quotation, what
    stands below it."""
    lines = [line.strip() for line in text.split("\n")]
    own: list[str] = []
    below = -1
    for number, line in enumerate(lines):
        if line.startswith(">"):
            continue
        folded = fold(line[:300])
        if below < 0 or number > below:
            if folded in ("--", "- -", "__"):
                break
            if length := _begins_quotation(lines, number, folded):
                if any(own):
                    break
                below = number + length - 1
                continue
            if not _FROM_A_PHONE.match(folded):
                own.append(line)
    return "\n".join(own).strip()


def _begins_quotation(lines: list[str], at: int, folded: str) -> int:
    """How many lines introduce a quotation here; 0 when none does."""
    if _SEPARATOR.match(folded):
        return 1
    if _ATTRIBUTION.match(folded):
        return 1
    if at + 1 < len(lines) and len(folded) > 20 and _ATTRIBUTION.match(fold(f"{lines[at]} {lines[at + 1]}"[:300])):
        return 2
    if _FROM.match(folded):
        block = [fold(line[:40]) for line in lines[at + 1 : at + 5]]
        if any(_HEADER.match(line) for line in block):
            return 1 + max(number for number, line in enumerate(block, 1) if _HEADER.match(line))
    return 0
