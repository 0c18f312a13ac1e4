"""What a job title says about seniority, in English, German, French, Spanish and Dutch, with some Italian.

Words are matched whole, on text without accents: "Internal Auditor" is no intern and "Assistant to the CEO" no CEO.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final, Literal

from outreach.engine.kinds import Seniority

ENTERPRISE: Final = 1_000
"""Employees from which a company counts as an enterprise."""

_LADDER: Final = list(Seniority)


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(patterns) + r")\b")


# Acronyms of chief officers that mean nothing else in a title.
_CXO = r"c[efotimrpsdl]o|cco|cao|cbo|cgo|cxo|chro|ciso|cdao|csco|cdpo"

# Words that sit beside a great role without having it; taken out before anything else is looked for.
_BESIDE = _words(
    r"(?:product|process|service|data|system|solution|application|app|platform|risk|budget|asset|feature|epic|home|dog|cat)"
    r" owners?",
    r"(?:co )?founders? (?:s )?(?:associate|office|staff)",
    rf"(?:to|for|supporting|reporting to|office of|buro|bureau|cabinet|stab) (?:the |our |a |du |de la |der |des |de )?"
    rf"(?:group |global )?"
    rf"(?:{_CXO}|chief|president|board|founders?|owner|managing director|director|vp|geschaftsfuhr\w*|vorstand\w*)"
    r"(?: (?:executive|operating|financial|officer|of staff|and|\w+ officer))*",
    rf"(?:{_CXO}) s? ?(?:office|buro)",
    r"president s club",
    r"board of directors",
)

_ASSISTANT = _words(
    r"(?:executive|personal|management|administrative|direct\w*|team|office|virtual) assistant(?:e|in)?",
    r"(?:assistante?|assistent(?:in|e)?|asistente?|assistenz|pa|ea|secretary|secretaire|sekretarin|secretaresse) "
    r"(?:to|of|for|der|des|de|du|da|do|di|van|a la|in der)",
    r"\w+ s (?:assistant|secretary|pa|ea)",
    r"(?:vorstands|direktions|geschaftsfuhrungs|directie|chef)(?:assisten\w*|sekretar\w*|secretar\w*)",
    r"asistente? (?:ejecutiv[oa]|personal|de direccion)",
    rf"assistant (?:{_CXO})",
)

_FORMER = re.compile(r"^(?:ex|former(?:ly)?|previously|past|retired|ancienn?e?|ehem\w*|voormalig)\b")
_COMPANY = re.compile(r"\s(?:at|@|chez|bei)\s.*|@.*", re.DOTALL)
_SEGMENTS = re.compile(r"[|·•;,/–—\n]| - ")
_CHIEF_OFFICER = re.compile(r"\bchief\b(?! (?:petty|warrant))[\w\s,&/+-]{0,60}?\bofficer\b")
_VICE_PRESIDENT = re.compile(r"\b(?:vice presidente?|vicepresident[ea]?|vice presidenta|vizeprasident(?:in)?)\b")
_GENDERS = re.compile(r"\(?\b[mwfdhx](?:[/|][mwfdhx])+\b\)?|(?<=[a-z])[:*_](?:in|innen)\b")
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}(?:[a-z]\b)?")
_NOTHING = re.compile(
    r"(?:n a|none|na|null|nil|open to work|looking for .*|seeking .*|in search of .*|unemployed|retired|retraite|"
    r"rentner(?:in)?|jubilado|self|tbd|x+|test)"
)
_ENTRY = _words(
    r"intern",
    r"internship",
    r"trainee",
    r"junior",
    r"jr",
    r"apprentice",
    r"graduate",
    r"(?:working )?student(?:in|e)?",
    r"werkstudent(?:in)?",
    r"praktikant(?:in)?",
    r"azubi",
    r"auszubildender?",
    r"volontar(?:in)?",
    r"stagiaire?",
    r"alternante?",
    r"apprentie?",
    r"etudiante?",
    r"becari[oa]",
    r"practicante",
    r"estudiante",
    r"en practicas",
    r"estagiari[oa]",
    r"stagista",
    r"leerling",
    r"entry level",
)

_LEVELS: Final[list[tuple[Seniority, re.Pattern[str]]]] = [
    (
        Seniority.OWNER,
        _words(
            r"(?:co ?)?owner",
            r"(?:co ?)?founder",
            r"proprietor",
            r"(?:managing|general|founding|equity|senior|name) partner",
            r"(?:mit)?inhaber(?:in)?",
            r"(?:mit)?(?:be)?grunder(?:in)?",
            r"gesellschafter(?:in)?",
            r"eigentumer(?:in)?",
            r"(?:co ?)?fondat(?:eur|rice)",
            r"proprietaire",
            r"chef(?:fe)? d entreprise",
            r"associee? (?:gerante?|fondat\w+)",
            r"(?:co ?)?fundadora?",
            r"duen[oa]",
            r"propietari[oa]",
            r"soci[oa] (?:fundador\w*|director\w*|gerente)",
            r"(?:mede )?eigenaar|eigenaresse",
            r"(?:mede ?)?oprichter|oprichtster",
            r"titolare",
            r"(?:co ?)?fondatore",
            r"proprietari[oa]",
        ),
    ),
    (
        Seniority.C_LEVEL,
        _words(
            _CXO,
            r"chief executive",
            r"managing director",
            r"(?:vice )?chair(?:man|woman|person)?",
            r"president[ea]?",
            r"prasident(?:in)?",
            r"geschaftsfuhr(?:er|erin|ende|ender|ung)",
            r"gf",
            r"vorstand(?:in|svorsitzender?|smitglied|ssprecher)?",
            r"pdg",
            r"(?:directeur|directrice) general[e]?",
            r"gerante?",
            r"director[a]? general",
            r"consejer[oa] delegad[oa]",
            r"gerente general",
            r"algemeen directeur",
            r"bestuurder|zaakvoerder|zaakvoerster",
            r"bestuursvoorzitter",
            r"directievoorzitter",
            r"amministrat(?:ore|rice) delegat[oa]",
            r"direttore generale",
            r"diretora? geral",
        ),
    ),
    (Seniority.VP, _words(r"[segar]?vp")),
    (
        Seniority.DIRECTOR,
        _words(
            r"directora?",
            r"\w*directeur|directrice",
            r"\w*direktor(?:in)?",
            r"dirett(?:ore|rice)|diretora?",
            r"dir",
            r"(?:haupt)?bereichsleit(?:er|erin|ung)",
            r"hauptabteilungsleit(?:er|erin|ung)",
            r"prokurist(?:in)?",
            r"chief of staff",
            r"board member|member of the board",
            r"d(?:rh|si|af)",
        ),
    ),
    (
        Seniority.HEAD,
        _words(
            r"head(?! (?:chef|coach|nurse|teacher|hunter|waiter))",
            r"chief",
            r"(?:abteilungs|vertriebs|marketing|personal|entwicklungs|produktions|werks|verkaufs|einkaufs|finanz)"
            r"leit(?:er|erin|ung)",
            r"leit(?:er|erin|ung)",
            r"jef[ea]",
            r"hoofd",
            r"afdelingshoofd",
            r"capo",
        ),
    ),
    (
        Seniority.MANAGER,
        _words(
            r"\w*manager(?:in)?",
            r"mgr",
            r"team ?lead(?:er)?",
            r"supervisor",
            r"foreman",
            r"head (?:chef|coach|nurse|teacher|waiter)",
            r"\w+leit(?:er|erin)",
            r"chef(?:fe)?s? d(?:e|u|es)?",
            r"responsable",
            r"encargad[oa]",
            r"gerente",
            r"responsabile",
            r"(?:team|afdelings|groeps|project)leider",
            r"leidinggevende",
        ),
    ),
    (
        Seniority.SENIOR,
        _words(
            r"seniora?",
            r"sr",
            r"lead",
            r"principal",
            r"staff (?:\w+ )?(?:engineer|scientist|designer|developer)",
            r"distinguished",
            r"fellow",
            r"confirmee?",
            r"experte?",
        ),
    ),
]


@lru_cache(maxsize=16384)
def seniority(title: str) -> Seniority:
    """The highest present role that the title names. Helpers of great people are staff; former roles do not count."""
    folded = _fold(title[:500])
    words = _plain(folded)
    if not re.search(r"[a-z]", words) or _NOTHING.fullmatch(words):
        return Seniority.UNKNOWN
    if _ASSISTANT.search(words):
        return Seniority.STAFF
    pieces = (_plain(_COMPANY.sub("", piece)) for piece in _SEGMENTS.split(folded))
    present = [piece for piece in pieces if piece and not _FORMER.match(piece)]
    if not present:
        return Seniority.UNKNOWN
    return min((_level(piece) for piece in present), key=_LADDER.index)


def tier(seniority: Seniority, employees: int | None = None) -> Literal[1, 2, 3]:
    """How much one prospect is worth: 1 volume, 2 senior (VP and above), 3 ultra-high-value.

    Tier 3 needs an owner or C-level at a company known to have ENTERPRISE employees or more; unknown size is no proof.
    """
    if seniority in (Seniority.OWNER, Seniority.C_LEVEL):
        return 3 if employees is not None and employees >= ENTERPRISE else 2
    return 2 if seniority is Seniority.VP else 1


def _level(words: str) -> Seniority:
    # A vice president is no president: one word for both before the levels are tried from the top.
    words = _BESIDE.sub(" ", _VICE_PRESIDENT.sub("vp", words)).strip()
    assistant = re.search(r"\b(?:assistant|assistente?|asistente)\b", words)
    entry = _ENTRY.search(words)
    if entry and (entry.start() == 0 or entry.end() == len(words)):
        return Seniority.ENTRY
    if words == "partner":
        return Seniority.OWNER
    for level, pattern in _LEVELS:
        if pattern.search(words):
            # An assistant director, assistant manager or assistant vice president stands one step below.
            return _LADDER[_LADDER.index(level) + 1] if assistant else level
    return Seniority.ENTRY if entry else Seniority.STAFF


def _fold(text: str) -> str:
    """Lower-case without accents; "C.E.O." reads ceo; gender marks ("Leiter:in", "(m/w/d)") are gone."""
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss"))
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    bare = _DOTTED.sub(lambda found: found[0].replace(".", ""), _GENDERS.sub("", bare))
    # "Chief Revenue & Growth Officer" is one role, whatever separates its words.
    return _CHIEF_OFFICER.sub(" cxo ", bare)


def _plain(text: str) -> str:
    """Only letters and digits, one space between words."""
    return re.sub(r"[\W_]+", " ", text).strip()
