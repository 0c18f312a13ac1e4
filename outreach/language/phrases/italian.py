"""Italian words by which a reply is understood (how patterns are written: phrases/__init__.py)."""

OPT_OUT: tuple[str, ...] = (
    r"\bnon (?:mi |ci )?(?:contatt|scriv|invi|mand|disturb|chiam)\w* (?:mai )?(?:piu|nuovamente|ulteriormente)\b",
    r"\bnon (?:voglio|desidero|vorrei) (?:piu )(?:ricevere|essere|che)\b",
    (
        r"\b(?:smetta|smettete|smetti|smettetela|smettila|basta)(?: di)? (?:\w+ )?(?:contattar|scriver|inviar|"
        r"mandar|disturbar|chiamar)(?:mi|ci)\b"
    ),
    (
        r"\b(?:rimuov|cancell|togli|elimin|disiscriv)(?:imi|etemi|atemi|ami|ermi|armi|ete i miei|are i miei|"
        r"ate i miei|i i miei)\b"
    ),
    r"\b(?:mi )?(?:rimuova|cancelli|tolga|elimini) (?:da|dal|dalla|i miei)\b",
    r"\blasciate?mi in pace\b",
)

OPT_OUT_ASKED: tuple[str, ...] = (r"non (?:mi |ci )?(?:contatt|disturb)\w+~end~",)

AUTOMATIC: tuple[str, ...] = (
    r"\brisposta automatica\b",
    r"\bmessaggio automatico\b",
)

AWAY: tuple[str, ...] = (
    r"^(?:in ferie|assente) (?:fino|dal)\b",
    (
        r"\b(?:sono|saro|siamo)(?: \w+){0,3} (?:assente|assenti|in (?:ferie|vacanza|congedo|maternita|trasferta)|"
        r"fuori (?:sede|ufficio)|fuori dall'ufficio)"
    ),
    r"\bfuori (?:sede|ufficio)\b",
)

NOT_INTERESTED: tuple[str, ...] = (
    r"\bnon (?:sono|siamo) (?:\w+ )?interessat",
    r"\bnon (?:mi|ci) interessa",
    r"~begin~no,? ?grazie\b",
    r"\bnessun interesse\b",
    r"\bnon (?:ne )?abbiamo bisogno\b",
)

NOT_NOW: tuple[str, ...] = (
    (
        r"\bnon (?:e (?:il )?(?:momento|il momento|il momento giusto)|ora|adesso|in questo momento|al momento|"
        r"ancora)\b"
    ),
    r"\b(?:per ora|al momento|adesso|ora) (?:no|non)\b",
    r"\bpiu (?:avanti|tardi)\b",
    r"\btroppo presto\b",
    r"\b(?:ricontatt|risent|riparl|riscriv|richiam)\w+",
)

FOR_NOW: tuple[str, ...] = (
    r"\bal momento\b",
    r"\bper ora\b",
    r"\badesso\b",
    r"\bquest'anno\b",
)

INTERESTED: tuple[str, ...] = (
    r"\b(?:sono|siamo|sarei) (?:\w+ )?interessat",
    r"\b(?:mi|ci) (?:interessa|interesserebbe|piacerebbe)\b",
    r"\bvolentieri\b",
    r"\b(?:sentiamoci|parliamone|fissiamo|organizziamo)\b",
    r"\b(?:mi|ci) (?:mandi|invii|mandate|inviate)\b",
    r"\b(?:mandami|inviami|mandatemi|inviatemi)\b",
    r"\b(?:sembra|molto|e) (?:\w+ )?interessante\b",
)
