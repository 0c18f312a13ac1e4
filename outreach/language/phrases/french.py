"""French words by which a reply is understood (how patterns are written: phrases/__init__.py)."""

OPT_OUT: tuple[str, ...] = (
    r"\bne (?:me|nous|m') ?(?:re)?(?:contact|ecriv|ecri|envoy|sollicit|relanc|derang|appel)\w* plus\b",
    r"\bne plus (?:jamais )?(?:me |nous |m')(?:re)?(?:contact|ecri|envoy|sollicit|relanc|derang|appel)",
    r"\bne (?:veux|souhaite|voulons|souhaitons|desire) plus (?:recevoir|etre|que)\b",
    (
        r"\b(?:arretez|cessez|arrete|stoppez)(?: donc)?(?: de|,)? (?:me |m'|nous |vos (?:messages|mails|e-?mails|"
        r"relances))"
    ),
    (
        r"\b(?:desabonnez|desinscrivez|retirez|supprimez|enlevez|radiez|effacez|rayez)[ -](?:moi|nous|mes "
        r"(?:donnees|coordonnees)|mon (?:adresse|nom|e-?mail|mail|contact|profil))"
    ),
    r"\b(?:me|m'|nous) ?(?:desabonner|desinscrire|retirer de|supprimer de|enlever de|rayer de|radier)\b",
    r"\b(?:supprimer|effacer|retirer) mes (?:donnees|coordonnees)\b",
    r"\blaissez[ -](?:moi|nous) tranquille",
)

OPT_OUT_ASKED: tuple[str, ...] = (r"ne (?:me|nous|m') ?(?:contact|ecriv|sollicit|derang)\w+ pas~end~",)

AUTOMATIC: tuple[str, ...] = (
    r"\breponse automatique\b",
    r"\bmessage (?:automatique|d'absence)\b",
    r"^absence du bureau\b",
    r"\bmessage genere automatiquement\b",
)

AWAY: tuple[str, ...] = (
    r"^(?:en conges?|en vacances|absente?) (?:jusqu|du\b)",
    (
        r"\b(?:suis|serai|je serais|sommes)(?: \w+){0,3} (?:absente?s?\b|en (?:conges?|vacances|deplacement|arret)|"
        r"hors du bureau|en dehors du bureau|indisponible|pas (?:disponible|joignable|au bureau))"
    ),
    r"\ben conges? (?:maternite|paternite|parental|jusqu)",
)

NOT_INTERESTED: tuple[str, ...] = (
    r"\b(?:pas|aucunement|plus) interesse",
    r"\bn'?(?:est|sommes|suis) pas (?:interess|pertinent)",
    r"~begin~non,? ?merci\b",
    r"\b(?:pas|aucun) (?:de |d')?(?:besoin|interet)\b",
    r"\bne (?:m'|me |nous )?interesse(?:nt)? pas\b",
    r"\bn'avons pas besoin\b",
)

NOT_NOW: tuple[str, ...] = (
    (
        r"\bpas (?:pour (?:l'instant|le moment)|maintenant|en ce moment|actuellement|dans l'immediat|le bon moment|"
        r"avant|tout de suite|encore)\b"
    ),
    r"\bplus tard\b",
    r"\btrop tot\b",
    (
        r"\b(?:recontact|rappel|reven|relanc|reparl|recroi)\w+(?:[ -](?:moi|nous|en|vers moi|vers nous|me|"
        r"nous))*(?: \w+)? (?:en|dans|apres|au|a partir|le|fin|debut|mi|la semaine|l'annee|quand)\b"
    ),
    r"\breprenons? contact\b",
)

FOR_NOW: tuple[str, ...] = (
    r"\bpour (?:l'instant|le moment)\b",
    r"\bactuellement\b",
    r"\bcette annee\b",
)

INTERESTED: tuple[str, ...] = (
    r"\b(?:ca|cela|c'est|l'air|semble|parait|tres) (?:\w+ ){0,2}interessante?\b",
    r"\b(?:suis|sommes|serais|serions) (?:\w+ )?interesse",
    r"\b(?:ca|cela|cela) (?:m'|nous )interesse(?:rait)?(?! pas)",
    r"\bavec plaisir\b",
    r"\bvolontiers\b",
    r"\benvoyez[ -](?:moi|nous)\b",
    r"\b(?:parlons|discutons|echangeons|appelons)[ -]",
    r"\bquand (?:etes|seriez|pouvez|pourrions)\b",
    r"\b(?:fixons|prenons|planifions|convenons) ",
)
