"""The words people, firms and job titles are made of. Invented; any likeness is chance."""


def _words(text: str, between: str = " ") -> tuple[str, ...]:
    return tuple(text.split(between))


FIRST = _words(
    "Jon Ada Maya Lars Priya Omar Chiara Tomasz Ingrid Kofi Yuki Elena Marc Sofia Hannah Diego Aisha Piotr Camille "
    "Noah Freja Mateo Leila Viktor Nadia Ravi Zoë Emil Greta Samuel Anaïs Bruno Esra Felix Ines Jakub Karin Liam "
    "Mina Nils Olga Pablo Quentin Rosa Sven Tara Umar Vera Walter Xenia Yara Zlata Arjun Björn Clara Daan Élise "
    "Fatima Giulia Hugo Ivo Jana Kenji Lucía Malte Nora Oskar Paula Rafael Sanne Theo Ursula Vito Wilma Yusuf Agnes "
    "Benoît Carla Dmitri Eva"
)

LAST = _words(
    "Bergström Okafor Lindqvist Moreau Raman Novak Dupont Haas Jansen Kowalski Rossi Sato Nguyen García Petrov "
    "Adeyemi Müller Silva Hansen Fischer Costa Dubois Virtanen Popescu Horvat Kaya Andersson Brandt Castillo Demir "
    "Eriksen Ferrari Gupta Hoffmann Ibrahim Jensen Keller Larsen Mensah Nielsen O'Brien Pereira Quist Romero "
    "Schmidt Takahashi Ungureanu Vargas Weber Xu Yilmaz Zimmermann Almeida Björklund Chaudhry Dahl Engel Fontaine "
    "Gallo Hernández Ivanov Johansson Khan Laurent Marin Nakamura Ortega Papadopoulos Rasmussen Sørensen Tóth "
    "Ulrich Vega Wójcik Yamamoto Zeller Ahmed Bauer Conti"
)

FIRM = _words(
    "Nordlys Tidewater Alder Brightwell Cobalt Delphine Everline Fairmont Granite Harbour Ironwood Juniper Kestrel "
    "Lumen Meridian Northgate Opaline Pinecrest Quarry Riverstone Summit Tallow Umbra Vantage Westbrook Yarrow "
    "Zephyr Arcadia Bluefin Cinder"
)

TRADE = _words(
    "Freight Analytics Health Robotics Energy Foods Payments Logistics Labs Software Insurance Packaging Security "
    "Retail Biotech Mobility Media Systems Textiles Capital"
)

PLACES = _words(
    "Oslo, Norway| Berlin, Germany| Paris, France| London, United Kingdom| Madrid, Spain| Milan, Italy| Warsaw, "
    "Poland| Lisbon, Portugal| Vienna, Austria| Zurich, Switzerland| Stockholm, Sweden| New York, United States| "
    "Austin, United States| Toronto, Canada| São Paulo, Brazil| Mumbai, India| Singapore| Sydney, Australia",
    "| ",
)

# seniority, weight, titles
LADDER: tuple[tuple[str, float, tuple[str, ...]], ...] = (
    (
        "c_level",
        0.08,
        ("CEO", "COO", "CFO", "Chief Revenue Officer", "Chief Technology Officer", "Chief Marketing Officer"),
    ),
    ("vp", 0.12, ("VP Sales", "VP Operations", "VP Engineering", "VP Marketing", "Vice President of Procurement")),
    (
        "director",
        0.20,
        ("Director of Operations", "Sales Director", "Director of IT", "Head of Growth", "Finance Director"),
    ),
    (
        "manager",
        0.30,
        ("Operations Manager", "Sales Manager", "Marketing Manager", "Procurement Manager", "IT Manager"),
    ),
    (
        "individual",
        0.30,
        ("Account Executive", "Logistics Analyst", "Software Engineer", "Buyer", "Marketing Specialist"),
    ),
)

SENIOR = frozenset({"c_level", "vp"})

POSTS = (
    "We are hiring three people for our {place} team. Tell your friends.",
    "Proud to say that {company} has closed its next round. The work starts now.",
    "After four good years I have started as {title} at {company}.",
    "Three things I learnt about {trade} this quarter, and one I had to unlearn.",
    "We moved our whole planning to {company}'s new platform. Ask me anything.",
    "Who else is going to the trade fair in {place} next month?",
)
