"""Spanish words by which a reply is understood (how patterns are written: phrases/__init__.py)."""

OPT_OUT: tuple[str, ...] = (
    (
        r"\bno (?:me|nos) (?:vuelv\w+ a )?(?:contact|escrib|envi|molest|mand|llam)\w*(?: \w+)? (?:mas|de nuevo|"
        r"otra vez|nunca)\b"
    ),
    r"\bno vuelv\w+ a (?:contact|escrib|envi|molest|llam)\w*(?:me|nos)\b",
    r"\bno (?:me|nos) vuelv\w+ a (?:contact|escrib|envi|molest|mand|llam)",
    (
        r"\b(?:deje|dejen|deja|dejad|paren|para|pare) de (?:contactar|escribir|enviar|molestar|mandar|llamar)(?:me|"
        r"nos)\b"
    ),
    r"\b(?:dar|denme|deme|dame|darme|darnos|dadme)(?: \w+)? de baja\b",
    r"\bme (?:doy|quiero dar|den|de) de baja\b",
    r"\b(?:elimin|borr|quit|saqu|sac)(?:e|en|a|ad)(?:me|nme|nos)\b",
    r"\b(?:elimin|borr|suprim)\w+ mis datos\b",
    (
        r"\bno (?:quiero|deseo|queremos|deseamos) (?:recibir mas|recibir \w+ mas|seguir recibiendo|que (?:me|nos) "
        r"(?:contact|escrib|llam))"
    ),
    r"\bno (?:quiero|deseo) mas (?:mensajes|correos|e-?mails|contacto)",
)

OPT_OUT_ASKED: tuple[str, ...] = (r"no (?:me|nos) (?:contact|escrib|molest)\w+~end~",)

AUTOMATIC: tuple[str, ...] = (
    r"\brespuesta automatica\b",
    r"\bmensaje automatico\b",
)

AWAY: tuple[str, ...] = (
    r"^(?:de vacaciones|fuera de (?:la )?oficina|ausente) (?:hasta|del)\b",
    (
        r"\b(?:estoy|estare|me encuentro|me encontrare|estamos)(?: \w+){0,3} (?:de vacaciones|fuera de(?: la| mi)? "
        r"oficina|fuera de|ausente|de baja (?:medica|maternal|por)|de viaje|de permiso|sin acceso)"
    ),
    r"\bfuera de (?:la )?oficina\b",
)

NOT_INTERESTED: tuple[str, ...] = (
    r"\bno (?:me|nos|nos? la) interesa",
    r"\bno (?:estoy|estamos) interesad",
    r"~begin~no,? ?(?:muchas )?gracias\b",
    r"\bno (?:lo |la |los )?necesit(?:o|amos)\b",
    r"\b(?:sin|ningun) interes\b",
    r"\bno es para (?:mi|nosotros)\b",
)

NOT_NOW: tuple[str, ...] = (
    r"\b(?:ahora|por ahora|por el momento|de momento|en este momento|actualmente) no\b",
    (
        r"\bno (?:es (?:el|un) (?:buen |mejor )?momento|en este momento|por ahora|de momento|por el momento|ahora|"
        r"todavia|aun)\b"
    ),
    r"\bmas (?:adelante|tarde)\b",
    r"\bdemasiado pronto\b",
    (
        r"\b(?:contact|escrib|habl|llam|vuelv|retom|busc)\w+(?: \w+){0,3} (?:en (?:enero|febrero|marzo|abril|mayo|"
        r"junio|julio|agosto|septiembre|octubre|noviembre|diciembre|unas?|dos|tres|unos)|despues|dentro de|a "
        r"partir|proxim\w+|el (?:proximo|ano))\b"
    ),
)

FOR_NOW: tuple[str, ...] = (
    r"\bpor ahora\b",
    r"\b(?:por|de) (?:el )?momento\b",
    r"\ben este momento\b",
    r"\beste ano\b",
)

INTERESTED: tuple[str, ...] = (
    r"\b(?:me|nos) (?:interesa|interesaria|gustaria)\b",
    r"\b(?:suena|parece|muy) (?:\w+ )?(?:interesante|bien)\b",
    r"\b(?:estoy|estamos|estaria) (?:\w+ )?interesad",
    r"\b(?:hablemos|agendemos|conversemos|coordinemos|agendamos)\b",
    r"\b(?:envi|mand|pas)(?:eme|ame|enme|enos|anos)\b",
    r"\bcon (?:mucho )?gusto\b",
    r"\bencantad[oa]\b",
    r"\bcuando (?:puede|podemos|tiene|te|le|podriamos)\b",
)
