"""German words by which a reply is understood (how patterns are written: phrases/__init__.py)."""

OPT_OUT: tuple[str, ...] = (
    (
        r"\b(?:kontaktieren?|schreib(?:en?)?|mailen?|kontaktiert|belastigen?|belaestigen?|ruf(?:en)?) (?:sie "
        r")?(?:mich|mir|uns)(?: bitte)? (?:nicht|nie|niemals|keine .{0,20}) ?(?:mehr|wieder|weiter|langer)\b"
    ),
    (
        r"\b(?:mich|mir|uns) (?:bitte )?(?:nicht|nie|niemals) (?:mehr|wieder|weiter|langer)(?: zu)? (?:kontaktier|"
        r"anschreib|schreib|angeschrieb|anruf|belastig|belaestig)"
    ),
    r"\bnicht (?:mehr|weiter|langer) (?:zu )?(?:kontaktier|anschreib|angeschrieb|anruf|belastig)",
    (
        r"\b(?:losch|loesch|entfern|streich|nehm|nimm|trag)\w* (?:sie )?(?:bitte )?(?:mich|uns|meine[nr]? (?:daten|"
        r"adresse|e-?mail\S{0,10}|mail\S{0,10}|kontakt\S{0,10}|namen?|profil))\b"
    ),
    r"\bmeine (?:personenbezogenen )?daten (?:bitte )?(?:zu )?(?:losch|loesch)",
    (
        r"\baus (?:ihrem|ihrer|eurem|eurer|deinem|deiner|dem|der|ihren) (?:mail|e-?mail|adress)?-?(?:verteiler|"
        r"liste|datenbank|datei|system)\b(?=.{0,40}(?:losch|nehm|entfern|streich|austrag|loesch))"
    ),
    r"\b(?:bitte )?keine (?:weiteren|weitere) (?:nachricht|e-?mail|mail|anfrage|kontakt|werbung|zuschrift|inmail)",
    (
        r"\bkeine (?:nachrichten|e-?mails|mails|anfragen|werbung|post)(?: von ihnen| von dir)? mehr (?:senden|"
        r"schicken|erhalten|bekommen|haben)"
    ),
    r"\b(?:hor|hoer)(?:en)? (?:sie )?(?:bitte )?(?:endlich )?auf\b(?=.{0,40}\b(?:mir|mich|uns)\b)",
    r"\blass(?:en|t)? (?:sie )?(?:mich|uns) (?:bitte )?(?:endlich )?in (?:ruhe|frieden)\b",
    r"\bmelden? (?:sie )?mich (?:bitte )?(?:ab|aus)\b",
    (
        r"\b(?:mochte|moechte|will|wunsche|wuensche) (?:ich )?keine (?:weiteren? )?(?:nachricht|e-?mail|mail|"
        r"werbung|kontakt)"
    ),
)

OPT_OUT_ASKED: tuple[str, ...] = (
    r"(?:kontaktieren?|schreib(?:en)?|belastigen) (?:sie )?(?:mich|mir|uns) (?:bitte )?nicht~end~",
    (
        r"keine (?:nachrichten|e-?mails|mails|anfragen|werbung|post|inmails)(?: von ihnen| von dir)? mehr(?: "
        r"bitte)?~end~"
    ),
)

AUTOMATIC: tuple[str, ...] = (
    r"\babwesenheits(?:notiz|nachricht|meldung|assistent)",
    r"\bautomatische (?:antwort|nachricht|abwesenheit|e-?mail|ruckmeldung)",
)

AWAY: tuple[str, ...] = (
    r"^(?:abwesend|ausser haus|im urlaub|nicht im buro) (?:bis|vom)\b",
    (
        r"\b(?:bin|sind|befinde mich|befinden uns|bin ich)(?: \w+){0,4} (?:nicht (?:im|in|am|zu) (?:buro|buero|"
        r"haus|hause|platz|arbeitsplatz)|abwesend|im (?:\w+ )?urlaub|in (?:den ferien|elternzeit|mutterschutz|"
        r"karenz)|auf (?:dienst|geschafts)reise|ausser haus|nicht erreichbar|nicht (?:per|uber) (?:e-?mail|mail))"
    ),
    (
        r"\bbin(?: ich)?(?: \w+){0,3} (?:bis|vom|ab|von) .{0,60}(?:nicht im|abwesend|im urlaub|nicht erreichbar|"
        r"ausser haus|nicht da)"
    ),
    r"\b(?:derzeit|momentan|aktuell|zurzeit) (?:nicht (?:im buro|im haus|erreichbar|verfugbar)|abwesend|im urlaub)",
)

NOT_INTERESTED: tuple[str, ...] = (
    r"\bkein(?:e|en|erlei)? (?:interesse|bedarf|verwendung)\b",
    r"\bnicht interessiert\b",
    r"~begin~nein,? ?(?:vielen )?dank",
    r"\bpasst (?:fur uns |zu uns |leider )?nicht\b",
    r"\b(?:nicht|kein thema|uninteressant) fur (?:uns|mich)\b",
    r"\bbrauchen (?:wir |das |so etwas |sowas )*nicht\b",
    r"\b(?:gut|bestens|bereits) versorgt\b",
    r"\bsind (?:sehr )?zufrieden\b",
)

NOT_NOW: tuple[str, ...] = (
    (
        r"\b(?:momentan|derzeit|aktuell|zurzeit|zur zeit|im moment|im augenblick|gerade|jetzt)(?: \w+){0,2} "
        r"(?:nicht|kein|keine|keinen|schlecht|ungunstig)\b"
    ),
    r"\b(?:nicht|kein\w*|schlecht)(?: \w+)? (?:momentan|derzeit|aktuell|zurzeit|im moment|jetzt)\b",
    r"\bnicht der (?:richtige|passende|ideale) (?:zeitpunkt|moment)\b",
    r"\b(?:falscher|schlechter|ungunstiger) zeitpunkt\b",
    r"\bzu fruh\b",
    r"\bnoch (?:nicht|kein)\b",
    r"\berst (?:ab|im|nach|wieder|nachst|in|ende|mitte|anfang)\w*\b",
    r"\b(?:spater|zu einem spateren zeitpunkt)(?: noch ?mal| wieder| gerne| erneut)?\b",
    (
        r"\bmeld(?:e|en)? (?:sie )?(?:sich|dich)(?: \w+){0,3} (?:im (?:januar|februar|marz|april|mai|juni|juli|august|"
        r"september|oktober|november|dezember|neuen|nachsten|herbst|fruhjahr|sommer|winter)|noch ?mal|noch einmal|"
        r"wieder|erneut|nachst\w+|anfang|ende|mitte|ab|nach|in (?:\w+ )?(?:wochen|monaten|jahr))\b"
    ),
    r"\b(?:kommen|komm) (?:sie )?(?:\w+ ){0,5}auf (?:mich|uns) zu\b",
)

FOR_NOW: tuple[str, ...] = (
    r"\bmomentan\b",
    r"\bderzeit\b",
    r"\baktuell\b",
    r"\bzurzeit\b",
    r"\bzur zeit\b",
    r"\bim moment\b",
    r"\bdieses jahr\b",
)

INTERESTED: tuple[str, ...] = (
    (
        r"\b(?:klingt|hort sich|tont|finde ich|ist|sehr) (?:\w+ ){0,2}(?:interessant|spannend|gut|super|"
        r"vielversprechend)\b"
    ),
    r"\b(?:bin|sind|waren|ware) (?:\w+ ){0,2}interessiert\b",
    r"\b(?:habe|haben|hatte|hatten) (?:\w+ )?interesse\b",
    r"\bdas interessiert (?:mich|uns)\b(?! nicht)",
    r"\b(?:sprechen|telefonieren|reden|tauschen|treffen) wir\b",
    (
        r"\blass(?:en|t)? (?:sie )?uns (?:\w+ ){0,5}(?:sprechen|telefonieren|reden|austauschen|treffen|vereinbaren|"
        r"machen)\b"
    ),
    (
        r"\b(?:schicken|senden|schick|send) (?:sie )?(?:mir|uns) (?:\w+ ){0,4}(?:info\w*|unterlagen|details|"
        r"termin\w*|material\w*|link|angebot|vorschlag\w*)\b"
    ),
    r"\btermin (?:vereinbaren|ausmachen|machen|finden)\b",
    r"\bwann (?:passt|hatten|haben|konnen|konnten)\b",
    r"^(?:ja,? )?(?:sehr )?gerne?~end~",
    (
        r"\bgerne? (?:mehr|telefonieren|sprechen|austauschen|ein (?:gesprach|telefonat|termin)|einen (?:termin|"
        r"austausch))\b"
    ),
)
