"""The words by which a reply is understood, as patterns over folded text (folding.py): lower case, no accents.

Each language has its module with the same names. In a pattern a blank stands for any white space, and a word between
tildes for a piece of `_PIECES`. Gaps are bounded, so that reading stays linear.
"""

import re

from outreach.language.phrases import dutch, english, french, german, italian, spanish

_PIECES = {
    "begin": r"(?:^|(?<=[\n.!?,;]) ?)",
    "end": r"(?= ?(?:$|[\n.!,]))",
    "contact": (
        r"(?:contact|message|messag|e-?mail|mail|write|text|ping|spam|bother|approach|pester|harass|disturb|call|dm|"
        r"inmail)"
    ),
    "again": r"(?:again|any ?more|any further|any longer|further|ever|ever again|in (?:the )?future)",
    "leave": (
        r"(?:(?:my |an? |our )?(?:annual |parental |maternity |paternity |sick |medical |family |extended |summer |"
        r"winter |"
        r"christmas |well[ -]?deserved |short )*(?:leave|vacation|holidays?|pto|sabbatical|honeymoon|break))"
    ),
    "later": (
        r"(?:get|come|circle|check|reach|ping|contact|try|touch base|follow|write|revisit|reconnect|remind|message|"
        r"reapproach|knock|reopen|pick (?:this|it) up|let's (?:talk|speak|chat|connect|meet|catch up|discuss|look))"
    ),
    "soon": (
        r"in (?:a (?:few|couple)|january|february|march|april|may|june|july|august|september|october|november|december|"
        r"q[1-4]|20\d\d|(?:the )?(?:new year|spring|summer|autumn|fall|winter)|\w+ (?:weeks|months|years))"
    ),
    "weekday": r"(?:monday|tuesday|wednesday|thursday|friday)",
}

_ASKING = (
    r"(?:^|(?<=[\n.!?;:,(]) ?|\b(?:please|kindly|pls|plz|and|so|just|then|must|should|you to|bitte|und|merci de|"
    r"veuillez|por favor|favor de|graag|per favore|prego di) )"
)
"""The start of a clause, or a word of asking."""


def _all(name: str, before: str = "") -> re.Pattern[str]:
    """The patterns of this name of all languages as one."""
    patterns = [pattern for module in _LANGUAGES for pattern in getattr(module, name)]
    whole = before + "(?:" + "|".join(f"(?:{pattern})" for pattern in patterns) + ")"
    for piece, meaning in _PIECES.items():
        whole = whole.replace(f"~{piece}~", meaning)
    return re.compile(whole.replace(" ", r"\s"))


_LANGUAGES = (english, german, french, spanish, dutch, italian)

OPT_OUT = _all("OPT_OUT")
"""Clear wishes not to hear from us again, wherever they stand."""
OPT_OUT_ASKED = _all("OPT_OUT_ASKED", _ASKING)
"""The same, where somebody asks for something: at the start of a clause or after "please"."""
AUTOMATIC = _all("AUTOMATIC")
"""A machine wrote it."""
AWAY = _all("AWAY")
"""Somebody is away, said by a machine or by hand."""
NOT_INTERESTED = _all("NOT_INTERESTED")
NOT_NOW = _all("NOT_NOW")
FOR_NOW = _all("FOR_NOW")
"""In a sentence that refuses: the refusal holds for now."""
INTERESTED = _all("INTERESTED")

COURTESY = re.compile(
    r"(?:(?:hi|hello|hey|dear|hallo|guten tag|liebe[rs]?|bonjour|hola|buenos dias|ciao|buongiorno|beste|dag)\b.{0,40}|"
    r"please|thanks?(?: you)?(?: very much| a lot)?|many thanks|thx|cheers|(?:kind |best |warm )?regards|best|"
    r"bitte|danke(?: schon)?|vielen dank|(?:mit )?(?:freundlichen|besten|viele|liebe) gru(?:ss|ess)en?|"
    r"merci(?: d'avance| beaucoup)?|cordialement|s'il vous plait|svp|"
    r"(?:muchas )?gracias|un saludo|saludos|por favor|bedankt|dank u(?: wel)?|met vriendelijke groet(?:en)?|mvg|"
    r"grazie(?: mille)?|cordiali saluti|saluti)"
)
"""A sentence that says nothing but that its writer is polite."""

STOP_WORD = re.compile(
    r"(?:please |pls |just |bitte |merci de |por favor |graag |per favore )?"
    r"(?:stop|stop (?:it|this|that|now|all|asap)|stopp|end|quit|unsubscribe(?: me| us| all| now)?|opt[ -]?out|"
    r"remove(?: me| us)?|"
    r"abmelden|abbestellen|austragen|abmeldung|aufhoren|aufhoeren|"
    r"arretez?|arreter|desabonner|desabonnement|desinscrire|desinscription|desabonnez[ -]moi|"
    r"baja|darme de baja|desuscribir(?:me)?|cancelar (?:la )?suscripcion|"
    r"afmelden|uitschrijven|stoppen|"
    r"cancellami|cancellatemi|disiscrivimi|disiscrivetemi|disiscrizione|annulla(?:re)? (?:l')?iscrizione|basta)"
    r"(?: please| pls| now| thanks| thank you| bitte| svp| merci| por favor| gracias| graag| grazie| per favore)?"
)
"""A whole message of nothing else (but courtesy) opts out."""

NOT_OPT_OUT = re.compile(
    r"\b(?:can't|cannot|can not|couldn't|could not|won't|will not|wouldn't|never|don't|do not|didn't|not|why did "
    r"you|nobody|"
    r"no one|kann nicht|nicht|ne|n'|no|non|niet|if (?:they|people|prospects|customers|users|leads)|"
    r"(?:they|people|prospects|customers|users|leads|clients) (?:who|that|can|could|may|often|always|usually|say|ask)|"
    r"(?:we|they) (?:want to|had to|need to|decided to|will|can))\s(?:(?!(?:and|but|und|aber|et|mais|y|pero|en|"
    r"e)\b)\w+\s)?$"
)
"""Before the words: they are denied, or told of others."""

ONLY_FOR_NOW = re.compile(
    r"\s?(?:,\s)?(?:again\s|any ?more\s|mehr\s|plus\s|mas\s|meer\s|piu\s)?(?:until|till|til|before|unless|after|"
    r"for the next|"
    r"this (?:week|month|quarter|year)|during|on my|at my|by (?:phone|mail|e-?mail)|via|through|here|on linkedin|if|"
    r"for (?:urgent|anything|now)|about|with|on (?:week|sat|sun)|vor|bis|uber|avant|jusqu|hasta|antes|voor|tot|"
    r"prima|fino)\b"
)
"""After the words: they hold for a time, a place or a subject only."""

OVER = re.compile(
    r"\b(?:was|were|been|had|just|sorry for|apolog\w+|delay|late|war|waren|gewesen|entschuldig\w+|etais|desole\w*|"
    r"estuve|estaba|"
    r"perdon\w*|disculp\w*|sorry|ero|scus\w+|our|your|you|if|when|whether|next time|tool|software|"
    r"feature)\s(?:\S+\s){0,4}$"
)
"""Before the words: the absence is past, or it is not theirs."""

BACK = re.compile(
    r"\b(?:back|return(?:ing)?|returns|again|available|reachable|wieder|zuruck|zurueck|erreichbar|retour|"
    r"revien\w*|rentr\w*|joignable|"
    r"vuelvo|volvere|regres\w+|reincorpor\w+|terug|bereikbaar|rientr\w+|torn\w+|disponibil\w+|disponible)\b"
)
UNTIL = re.compile(
    r"(?:\b(?:until|till|til|thru|through|to|up to|bis|bis zum|bis einschliesslich|jusqu'au|jusqu'a|jusqu'au|au|"
    r"hasta(?: el)?|al|t/m|"
    r"tot(?: en met)?|fino (?:al|a)|sino al|-)\s?(?:and including |including |einschliesslich |inklusive |inkl\. |"
    r"incl\. |y incluyendo )?"
    r"(?:the |den |dem |zum |le |el |il |end of )?(?:\w+(?:day|tag|di|dag)?,? )?)$"
)
THROUGH = re.compile(
    r"\b(?:through|thru|including|inclusive|einschliesslich|inklusive|inkl|incl|inclus|incluido|inclusief|t/m|tot "
    r"en met|compreso|incluso)\b"
)

DENIED = re.compile(
    r"(?:n't|\b(?:not|never|no|nor|hardly|nicht|kein\w*|nie|pas|ne|n'|jamais|no|nunca|niet|geen|non|mai|would "
    r"have|if (?:i|we) (?:was|were)))\s(?:\S+\s){0,3}$"
)
"""Before words of interest: they are denied."""

BUT = re.compile(
    r"\b(?:but|however|unfortunately|sadly|although|aber|leider|jedoch|mais|malheureusement|pero|lamentablemente|"
    r"(?<!stuur\s)maar|helaas|ma|purtroppo)\b"
)
"""Interest in one breath with this is not sure."""

YES = re.compile(
    r"(?:yes|yep|yeah|sure|sure thing|absolutely|definitely|of course|ja|jawohl|gerne|klar|oui|bien sur|d'accord|"
    r"si|claro|por supuesto|certo|natuurlijk|zeker)"
    r"(?: please| thanks| thank you| bitte| danke| merci| gracias| grazie| graag)?"
)
NO = re.compile(r"(?:no|nope|nah|no way|nein|non|nee)(?: sorry| thanks)?")

QUESTION_WORDS = re.compile(
    r"(?:(?:who|what|how|why|where|which|when) (?:is|are|do|does|did|can|could|would|will|much|many|long|else)|"
    r"(?:can|could|do|would|will|are) you|does (?:it|this|that|your)|is (?:it|there|this)|"
    r"wie (?:viel|funktioniert|unterscheidet|lange)|was (?:kostet|ist|macht|bietet)|konnen sie|konnten sie|haben sie|"
    r"combien|pouvez[ -]vous|pourriez[ -]vous|est-ce que|comment (?:ca|fonctionne)|"
    r"cuanto (?:cuesta|vale)|como funciona|puede|podria|wat (?:kost|is)|hoe werkt|kunt u|quanto costa|come funziona)"
    r"\b.{4,}"
)
"""How a question begins whose writer forgot its mark."""

RHETORICAL = re.compile(
    r"(?:really|seriously|what|huh|sorry|excuse me|wtf|how are you.{0,20}|how's it going|wirklich|ernsthaft|"
    r"vraiment|en serio|pardon|ok|okay|right|no|yes|.{0,30}\burgent\b.{0,20}|.{0,30}\bdringend\w*\b.{0,20})"
)
