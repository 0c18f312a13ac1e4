"""English words by which a reply is understood (how patterns are written: phrases/__init__.py)."""

OPT_OUT: tuple[str, ...] = (
    (
        r"\b(?:do not|don't|dont|never|no longer|not to|refrain from) (?:ever )?(?:~contact~(?:ing)?|reach(?:ing)? "
        r"out|get(?:ting)? in touch|writ(?:e|ing) to)(?: to| with)?(?: me| us| my team| this (?:address|number|"
        r"profile))? ~again~\b"
    ),
    (
        r"\b(?:stop|quit|cease) (?:contacting|messaging|e-?mailing|mailing|writing|texting|spamming|bothering|"
        r"pestering|harassing|calling|pinging|disturbing|sending|reaching out)(?: to)? (?:me|us)\b"
    ),
    (
        r"\b(?:remove|delete|take|drop|erase|strike|scrub|pull) (?:me|us|my (?:name|e-?mail|address|e-?mail "
        r"address|contact|number|profile|details|data|contact details|information)|this (?:e-?mail )?address) "
        r"(?:off|out of|from) (?:of )?(?:your|this|the|that|any|all|these|future)\b(?! (?:thread|conversation|loop|"
        r"cc|chat|group|meeting|invite|call))"
    ),
    r"\b(?:delete|erase|remove) (?:all )?(?:of )?my (?:personal )?(?:data|details|information|contact details)\b",
    (
        r"\b(?:i|we) (?:do not|don't|dont|no longer|never) (?:want|wish|like|care|consent|agree)(?: for you)? "
        r"(?:to|you to) (?:ever )?(?:receive|get any|hear from you|be (?:ever )?(?:contact|messag|approach|e-?mail|"
        r"mail|spam|solicit)|(?:contact|message|e-?mail|write to) (?:me|us))"
    ),
    r"\bno longer (?:want|wish) to (?:receive|hear|be)\b",
    r"\b(?:i|we)(?:'d| would|'m| am| want| wish)?(?: like| want)?(?: to)? opt(?:ing)?[ -]?(?:me )?out\b",
    r"\bopt me out\b",
    r"\bunsubscribe (?:me|us)\b",
    r"\bunsubscribe from (?:this|your|these|all)\b",
    r"\bplease unsubscribe\b",
    r"(?:^|(?<=[\n.!?]) ?)unsubscribe~end~",
    r"\b(?:i|we)(?:'d| would)? (?:like|want|wish) to (?:unsubscribe|be removed|be taken off)\b",
    r"\bhow (?:do|can) i (?:unsubscribe|opt out)\b",
    r"\b(?:please|pls|just) stop(?: it| this| now)?~end~",
    r"\b(?:rather|prefer)(?: that| if)? (?:you )?(?:didn't|did not|don't|do not|not|stopped|never)(?: to)? ~contact~",
    r"\bleave (?:me|us) alone\b",
    r"\blose my (?:number|e-?mail|address|contact)",
    r"\bif you ~contact~ (?:me|us) again\b",
    r"\b(?:i|we) object to (?:the |any |your )?(?:processing|use|storage) of my\b",
    r"\b(?:take|put) (?:me|us) (?:off|on) (?:of )?your (?:list|mailing list|do[ -]not[ -](?:contact|call|mail))",
)

OPT_OUT_ASKED: tuple[str, ...] = (
    r"(?:do not|don't|dont|never) ~contact~(?: to)? (?:me|us)",
    r"(?:do not|don't|dont|never) (?:contact|reach out|write|message|e-?mail|mail|spam)(?: to (?:me|us))?~end~",
    (
        r"(?:stop|quit|cease) (?:(?:contact|messag|e-?mail|mail|text|spamm|pester|harass|call|bother|writ|send)ing|"
        r"reaching out)(?: (?:these|such|those|your|any|more|this|unsolicited|all|the))*(?: (?:messages?|e-?mails?|"
        r"mails?|inmails?|spam|stuff|things|requests?|invites?))?~end~"
    ),
    r"no more (?:messages|e-?mails|mails|inmails|contact|spam|outreach|follow[ -]?ups)(?: please| thanks)?~end~",
    r"remove (?:me|us)(?: please)?~end~",
    (
        r"(?:remove|delete|take) (?:me )?(?:off|from) (?:your |the |this |all )?(?:mailing |e-?mail |contact |"
        r"distribution )?(?:lists?|database|crm)\b"
    ),
)

AUTOMATIC: tuple[str, ...] = (
    r"\bauto(?:matic|mated|matically)?[ -]?(?:generated )?(?:reply|response|responder|message|answer|e-?mail)\b",
    r"^(?:re: ?)?out of (?:the )?office\b",
    r"^ooo\b",
)

AWAY: tuple[str, ...] = (
    r"\b(?:am|i'm|be) (?:currently )?(?:away )?on (?:a )?(?:business |work )?(?:travel|trip)\b",
    r"^(?:i'm |currently )?(?:away|off|out) (?:until|till)\b",
    r"\b(?:out of|away from|not in|out from) (?:the |my |our )?(?:office|desk|e-?mail|work)\b",
    r"\booo\b",
    r"\bout of office\b",
    (
        r"\b(?:am|i'm|im|be|is|i'll be|currently|on|away on|away for|taking) (?:currently |now |presently "
        r")?(?:away )?(?:on |for )?~leave~(?! (?:was|request|season))"
    ),
    (
        r"\b(?:am|i'm|im|will be|i'll be|currently) (?:currently )?(?:away|out|travell?ing|off|unavailable|on the "
        r"road)(?: of office)?(?: until| till| from| through| on business| this week| and will| with limited| and "
        r"back| today)"
    ),
    (
        r"\b(?:limited|no|intermittent|sporadic|restricted) access to (?:my )?(?:e-?mails?|mails?|messages|inbox|"
        r"internet)"
    ),
)

NOT_INTERESTED: tuple[str, ...] = (
    r"\bnot (?:really |at all |currently |that |particularly |actually |very )?interested\b",
    r"\b(?:no|zero|little) interest\b",
    r"\bisn't (?:of|for) (?:interest|me|us)\b",
    r"~begin~no,? ?(?:thanks|thank you|thx)\b",
    r"\bthanks,? but no\b",
    r"\bno thank you\b",
    r"\bnot for (?:me|us)\b",
    r"\bnot (?:a|the right|a good|really a) (?:fit|match)\b",
    r"\bnot (?:something|anything) (?:we|i)\b",
    r"\bnot relevant\b",
    r"\bnot our thing\b",
    (
        r"\b(?:don't|do not|dont|doesn't|does not|can't|cannot) (?:really )?(?:think|believe|see|feel|look|"
        r"seem)\b.{0,40}\b(?:fit|match|need|for us|for me|relevant|interest\w*|value)\b"
    ),
    r"\b(?:don't|do not|dont|no longer) (?:need|want|require) (?:this|it|any|your|that|another|these)\b",
    r"\bno need\b",
    r"\bhave no (?:need|use)\b",
    r"\b(?:not|aren't|isn't) (?:currently |actively |really )?(?:looking|in the market|shopping|searching)\b",
    (
        r"\b(?:we're|we are|i'm|i am|all) (?:all )?(?:set|good|covered|sorted)(?: here| thanks| thank you| for now|"
        r" on this)?~end~"
    ),
    r"\b(?:happy|satisfied|content|fine) with (?:what|our|the|my|whom|who)\b",
    r"\b(?:i'll|i will|we'll|we will|going to|have to|must|gonna) (?:have to )?(?:pass|decline)\b",
    r"\b(?:respectfully|politely) decline\b",
    r"\bhard pass\b",
    r"\bwaste of (?:my |our )?time\b",
    r"\bthis is (?:just )?spam\b",
    r"\b(?:fuck|piss) off\b",
)

NOT_NOW: tuple[str, ...] = (
    (
        r"\b(?:not a|no|low|lower on our|not on our|isn't a|is not a) priorit(?:y|ies)(?: list)?\b.{0,30}\b(?:now|"
        r"moment|time|year|quarter|month|currently)\b"
    ),
    r"\bnot (?:right |just )?now\b",
    r"\bnot at (?:this|the) (?:\w+ )?(?:time|moment|stage|point)\b",
    r"\bnot (?:quite )?(?:the|a) (?:right|best|good|great) (?:time|moment|timing)\b",
    r"\bnot (?:this|before|until|till) (?:the )?(?:year|quarter|month|week|summer|season|q[1-4]|[a-z]+)\b",
    r"\b(?:bad|wrong|poor|terrible|unfortunate) (?:time|timing|moment)\b",
    (
        r"\btiming (?:is|isn't|is not) (?:bad|off|wrong|right|great|good|ideal)\b(?<!is right)(?<!is great)(?<!is "
        r"good)(?<!is ideal)"
    ),
    r"\btoo (?:early|soon|busy)\b",
    r"\b(?:budget|hiring|spending|purchasing|vendor) freeze\b",
    r"\bswamped\b",
    r"\bsnowed under\b",
    r"\b(?:tied up|busy|slammed) (?:right now|at the moment|this|until|till|with|for the)\b",
    (
        r"\b(?:do not|don't|dont|please) ~contact~(?: to)? (?:me|us) (?:again )?(?:before|until|till|til|unless|"
        r"after)\b"
    ),
    (
        r"\b~later~(?: (?:back|out|again|in touch|with me|to me|me|us|in|on|up|this|it|base|at|a|to|about))* "
        r"(?=.{0,30}(?:later|again|next (?:month|quarter|year)|after|once|in (?:a few|a couple|the|some|\w+ "
        r"(?:weeks|months))))(?:later|again|next|after|once|in|around|early|mid|towards|at the)\b"
    ),
    (
        r"\b(?:get|come|circle|reach|check) (?:back|out|in)(?: again)?(?: to| with)?(?: me| us)? (?:in|on|after|"
        r"next|around|at|by|from|mid|early|late|towards|closer|later|end|q[1-4])\b"
    ),
    (
        r"\b(?:contact|ping|write|message|try|call|remind|ask) (?:to )?(?:me|us) (?:again )?(?:~soon~|after|next|"
        r"around|mid|early|late|later|end|q[1-4]|once|when)\b"
    ),
    r"\bping (?:me|us) on\b",
    r"\b(?:contact|ping|message|try|ask) (?:me|us) again\b",
    (
        r"\b(?:revisit|reconnect|circle back|follow up|pick (?:this|it) (?:back )?up|look (?:at|into) (?:this|"
        r"it))(?: this| it| again| with \w+)? (?:in|on|after|next|around|mid|early|late|later|end|q[1-4]|once|when|"
        r"again)\b"
    ),
    (
        r"\blet's (?:talk|speak|chat|connect|meet|catch up|discuss|touch base)(?: about (?:this|it))?(?: again)? "
        r"(?:after|later|next (?:month|quarter|year)|once|when|~soon~)\b"
    ),
    (
        r"\b(?:maybe|perhaps|possibly|probably) (?:later|next (?:month|quarter|year)|in (?:q[1-4]|a few|the "
        r"future)|another time|some other time|some day)\b"
    ),
    r"\blater (?:this|in the) year\b",
    r"\bdown the (?:road|line)\b",
    r"\b(?:another|some other) time\b",
    (
        r"\bnot (?:interested|looking|needed|relevant|planned) (?:right now|at (?:the|this) (?:moment|time)|"
        r"currently|for now|this (?:year|quarter)|yet)\b"
    ),
    r"\bnot (?:currently|yet) (?:interested|looking|ready)\b",
    r"\bfor now\b(?=.{0,10}$)",
    r"\b(?:no|without) budget (?:this|until|till|for|left this|at the moment|right now)\b",
)

FOR_NOW: tuple[str, ...] = (
    r"\bright now\b",
    r"\bfor now\b",
    r"\bat (?:the|this) (?:moment|time|stage|point)\b",
    r"\bcurrently\b",
    r"\bat present\b",
    r"\byet\b",
    r"\bthis (?:year|quarter|month|season)\b",
)

INTERESTED: tuple[str, ...] = (
    (
        r"\b(?:sounds?|looks?|seems?) (?:\w+ )?(?:interesting|good|great|promising|useful|intriguing|relevant|"
        r"exciting|cool|perfect|like a plan)\b"
    ),
    (
        r"\b(?:i'm|i am|we're|we are|would be|i'd be|we'd be|be|am|are|definitely|very|quite|potentially|might be) "
        r"(?:\w+ )?interested\b"
    ),
    r"~begin~interested\b",
    (
        r"\b(?:i'd|i would|we'd|we would|would) (?:really |very much |definitely |also )?(?:love|like|be happy|be "
        r"glad|be keen|be open|be up|welcome) (?:to|for|a|an|some) (?:know|learn|hear|see|talk|chat|discuss|meet|"
        r"connect|understand|have|set|schedule|explore|find|book|call|demo|more|further|speak)"
    ),
    (
        r"\b(?:happy|glad|keen|open|up|game|down) (?:to|for) (?:\w+ )?(?:chat|talk|call|connect|meet|meeting|"
        r"discuss|hear|jump|learn|hop|have (?:a|an)|speak|explore|demo|it|this|that|see|take)\b"
    ),
    (
        r"\blet's (?:talk|chat|set|schedule|do it|do (?:a|this|that|next|~weekday~)|meet|connect|discuss|"
        r"book|find|hop|jump|speak|have|arrange|grab|get)\b"
    ),
    (
        r"\b(?:set up|schedule|book|arrange|jump on|hop on|grab|do) (?:a |an |some |us )?(?:\w+ )?(?:call|meeting|"
        r"demo|time|chat|coffee|slot|session|zoom|teams)\b"
    ),
    (
        r"\b(?:send|share|forward|shoot|pass|drop) (?:me |us |over |through |along |it )*(?:some |a |an |more |"
        r"your |the |few |couple |of |any |further |additional )*(?:over |through )?(?:info|information|details|"
        r"times|slots|deck|calendar|invite|material|materials|dates|availability|proposal|link|brochure|options|"
        r"one[ -]pager|pricing|overview|email|e-mail|mail|case stud\w+)\b"
    ),
    r"\btell (?:me|us) more\b",
    r"\b(?:good|great|perfect|excellent) timing\b",
    r"\bcount me in\b",
    r"\bsign (?:me|us) up\b",
    r"\bi'm in\b",
    r"\bmy calendar\b",
    r"\bcalendly\b",
    r"\bbook (?:a )?(?:time|slot) (?:with|in)\b",
    r"\b(?:when|what (?:time|day)s?) (?:are you|can you|can we|could we|works?|would (?:work|suit)|suits?)\b",
    r"\b(?:are|would) you (?:be )?(?:available|free)\b",
    (
        r"\b(?:does|would|how about|what about|how is|how's) (?:monday|tuesday|wednesday|thursday|friday|tomorrow|"
        r"next week)\b"
    ),
    (
        r"\bcan (?:you|we) (?:do|have|set up|schedule|talk|speak|meet|jump|hop) (?:a |an |on )?(?:\w+ )?(?:call|"
        r"chat|meeting|demo|monday|tuesday|wednesday|thursday|friday|tomorrow|next week|this week)\b"
    ),
    r"\bi'?(?:m| am) (?:free|available) (?:on|next|tomorrow|this|any)\b",
    r"\byes,? please\b",
    r"\byes,? (?:very |quite |definitely )?interested\b",
    r"\b(?:want|like|love) to (?:know|learn|hear|see) more\b",
)
