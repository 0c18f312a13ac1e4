"""Dutch words by which a reply is understood (how patterns are written: phrases/__init__.py)."""

OPT_OUT: tuple[str, ...] = (
    (
        r"\b(?:stop|hou|houd|kap) (?:eens |alsjeblieft |aub |op )?(?:met|op met) (?:\w+ ){0,3}?(?:mailen|berichten|"
        r"sturen|benaderen|contacteren|appen|spammen)\b"
    ),
    (
        r"\b(?:mij|me|ons) (?:alstublieft |aub )?niet (?:meer|langer|opnieuw) (?:te )?(?:benader|contacteer|mail|"
        r"bericht|bel|lastig)"
    ),
    (
        r"\b(?:benader|contacteer|mail|bericht|bel) (?:mij|me|ons) (?:alstublieft |aub )?(?:niet|nooit) (?:meer|"
        r"weer|langer)\b"
    ),
    r"\bgeen contact meer\b",
    r"\bgeen (?:berichten|mails|e-?mails|mail) meer (?:sturen|ontvangen|van|$)",
    r"\bniet meer benader",
    r"\b(?:verwijder|haal|schrap) (?:mij|me|ons|mijn (?:gegevens|adres|naam|e-?mail\S{0,6}|contact\S{0,8}))\b",
    r"\b(?:schrijf|meld) (?:mij|me|ons) (?:\w+ )?(?:uit|af)\b",
    r"\blaat (?:mij|me|ons) met rust\b",
)

OPT_OUT_ASKED: tuple[str, ...] = (r"neem geen contact(?: meer)?(?: met (?:mij|me|ons))? op",)

AUTOMATIC: tuple[str, ...] = (
    r"\bautomatisch(?:e)? (?:antwoord|bericht|reactie)",
    r"\bafwezigheids(?:bericht|melding)",
)

AWAY: tuple[str, ...] = (
    r"^(?:afwezig|met vakantie) (?:tot|van)\b",
    (
        r"\b(?:ben|zijn|wij zijn)(?: \w+){0,4} (?:niet aanwezig|afwezig|(?:met|op) (?:vakantie|verlof)|niet op "
        r"kantoor|buiten kantoor|niet bereikbaar|met (?:zwangerschaps|ouderschaps)verlof)"
    ),
)

NOT_INTERESTED: tuple[str, ...] = (
    r"\bgeen (?:interesse|belangstelling|behoefte)\b",
    r"\bniet geinteresseerd\b",
    r"~begin~nee,? ?(?:dank|bedankt)",
    r"\bniet (?:relevant|voor ons)\b",
)

NOT_NOW: tuple[str, ...] = (
    r"\b(?:nu|op dit moment|momenteel|voorlopig)(?: \w+)? (?:niet|geen)\b",
    r"\bniet (?:nu|op dit moment|het juiste moment)\b",
    r"\blater (?:dit jaar|nog|weer|terug)\b",
    r"\bte vroeg\b",
    r"\bneem (?:\w+ ){0,4}(?:later|weer|opnieuw|in \w+) contact\b",
)

FOR_NOW: tuple[str, ...] = (
    r"\bop dit moment\b",
    r"\bmomenteel\b",
    r"\bvoorlopig\b",
    r"\bdit jaar\b",
)

INTERESTED: tuple[str, ...] = (
    r"\bklinkt (?:\w+ )?(?:goed|interessant|leuk|prima)\b",
    r"\b(?:ben|zijn) (?:\w+ )?geinteresseerd\b",
    r"^(?:ja,? )?graag~end~",
    r"\blaten we (?:\w+ ){0,3}(?:bellen|afspreken|praten|plannen)\b",
    r"\bstuur (?:me|mij|ons|maar) ",
)
