"""Templates: what they may hold, what comes out, and that what a prospect is called never becomes code."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outreach.engine.plays import PLAYS
from outreach.language.marks import LONGEST_MARK
from outreach.language.templates import (
    LONGEST_SOURCE,
    BrokenTemplate,
    EmptyVariable,
    lint,
    render,
    variables,
)

KNOWN = ("first_name", "company", "title")
ANN = {"first_name": "Ann", "company": "Acme", "title": "VP Sales"}


def sentences(source: str) -> str:
    return "\n".join(f"{problem.line}: {problem.sentence}" for problem in lint(source, known=KNOWN))


# --- filling in


def test_a_variable_is_filled_in():
    assert render("Hi {{ first_name }} of {{company}}", ANN) == "Hi Ann of Acme"


@pytest.mark.parametrize(
    "empty", [{}, {"first_name": ""}, {"first_name": " \t\n"}, {"first_name": "\u200b\u3164\u2800"}]
)
def test_an_empty_variable_without_fallback_blocks_the_text(empty):
    with pytest.raises(EmptyVariable) as caught:
        render("Hi {{ first_name }}", empty)
    assert caught.value.name == "first_name"
    assert "first_name is empty for this person" in caught.value.sentence
    assert str(caught.value) == caught.value.sentence
    assert render('Hi {{ first_name | default: "there" }}', empty) == "Hi there"
    assert render("Hi{% if first_name %} {{ first_name }}{% endif %}!", empty) == "Hi!"


@pytest.mark.parametrize("filter_", ["capitalize", "upcase", "downcase", "strip", "truncate: 5"])
def test_a_fallback_after_another_filter_still_works(filter_):
    assert render(f'{{{{ first_name | {filter_} | default: "there" }}}}', {}) == "there"


@pytest.mark.parametrize(
    ("filter_", "result"),
    [("upcase", "ANN LEE"), ("downcase", "ann lee"), ("capitalize", "Ann lee"), ("truncate: 5", "an..."),
     ("strip", "ann LEE"), ('default: "x"', "ann LEE")],
)  # fmt: skip
def test_each_filter(filter_, result):
    assert render(f"{{{{ first_name | {filter_} }}}}", {"first_name": "ann LEE"}) == result


@pytest.mark.parametrize("test", ["company", "company != blank", "company != empty", 'company != ""', "company != nil"])
def test_every_spelling_of_not_empty_asks_the_same(test):
    source = f"{{% if {test} %}}at {{{{ company }}}}{{% else %}}somewhere{{% endif %}}"
    assert render(source, ANN) == "at Acme"
    assert render(source, {"company": " "}) == "somewhere"
    assert render(source, {}) == "somewhere"


def test_conditions_choose():
    case = '{% case title %}{% when "CEO", "CTO" %}boss{% when "VP Sales" %}colleague{% else %}you{% endcase %}'
    assert render(case, ANN) == "colleague"
    assert render(case, {}) == "you"
    contains = '{% if title contains "VP" %}senior{% elsif title %}{{ title }}{% else %}somebody{% endif %}'
    assert render(contains, ANN) == "senior"
    assert render(contains, {"title": "Clerk"}) == "Clerk"
    assert render(contains, {}) == "somebody"
    assert render("{% unless company %}none{% else %}some{% endunless %}", ANN) == "some"


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("Hi {% if company %}from {{ company }} {% endif %}there", "Hi there"),
        ("Hi {% if company %}{{ company }}{% endif %}, shall we?", "Hi, shall we?"),
        (
            "One{% if company %} {{ company }}{% endif %} .\n\n{% if company %}Two{% endif %}\n\nThree  ",
            "One.\n\nThree",
        ),
        ("a \r\nb\rc\t\td", "a\nb\nc d"),
        ("{% if company %}x{% endif %} built on .NET ...", "built on .NET ..."),
        ("Êtes-vous libre ? Oui !", "Êtes-vous libre ? Oui !"),
    ],
)
def test_empty_conditions_leave_no_gap(source, result):
    assert render(source, {}) == result


def test_a_subject_is_one_line():
    values = {"company": "Acme\r\nBcc: everyone@example.com"}
    assert render("About {{ company }}\nnow", values, single_line=True) == "About Acme Bcc: everyone@example.com now"


def test_what_nobody_sees_is_taken_out():
    assert render("a\x00\x07b\u202e\ud800 {{ company }}", {"company": "A\x00c\u200bme\udfff"}) == "ab Acme"
    family = "👨\u200d👩\u200d👧"
    assert render("{{ company }}", {"company": family}) == family


def test_an_unfilled_placeholder_in_a_value_counts_as_empty():
    values = {"first_name": "{{first_name}}"}
    with pytest.raises(EmptyVariable, match="unfilled placeholder"):
        render("Hi {{ first_name }}", values)
    assert render('Hi {{ first_name | default: "there" }}', values) == "Hi there"


def test_the_ready_made_plays_are_valid_and_never_empty():
    texts = [
        text for play in PLAYS.values() for step in play.steps for text in (step.note, step.subject, step.text) if text
    ]
    assert len(texts) > 10
    for text in texts:
        assert lint(text, known=KNOWN) == []
        assert render(text, {})
        assert "Acme" in render(text, ANN) or "Ann" in render(text, ANN)


# --- what is refused


def test_unknown_names_are_told_with_the_nearest_known_one_and_the_line():
    said = sentences("Hi {{ frist_name }}\n{{ company | upcas }}\n\n{{ zzz }}{{ company | append: 'x' }}")
    assert said.splitlines() == [
        "1: The variable frist_name is not known. Did you mean first_name?",
        "2: The filter upcas is not known. Did you mean upcase?",
        "4: The filter append is not known. Known are default, capitalize, upcase, downcase, strip, truncate.",
        "4: The variable zzz is not known.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("\n{{ first_name", "2: {{ is never closed: add }}."),
        ("{{ }}", "1: {{ }} names no variable"),
        ("a }} b", "1: }} closes nothing"),
        ("{{ first_name company }}", "1: {{ first_name company }} cannot be read"),
        ('x\n{{ "x }}', '2: {{ "x }} cannot be read'),
        ("{% if company %}\nx", "1: {% if %} is never closed: add {% endif %} after it."),
        ("{% if company %}{% endunless %}", "1: {% endunless %} stands where {% endif %} is expected."),
        ("{% endif %}", "1: {% endif %} closes nothing"),
        ("{% else %}", "1: {% else %} belongs inside {% if %} or {% unless %} or {% case %}."),
        ("{% if company %}{% when 1 %}{% endif %}", "1: {% when %} belongs inside {% case %}."),
        ("{% if company %}{% else if title %}{% endif %}", "1: {% else %} takes no condition: write elsif."),
        ("{% if %}{% endif %}", "1: {% if %} has no condition"),
        ("{% iff company %}", "1: {% iff %} is not known: templates know if, unless and case. Did you mean if?"),
        ("{% for x in company %}", "1: {% for %} is not known"),
        ('{% include "secrets" %}', "1: {% include %} is not known"),
        ('{% render "secrets" %}', "1: {% render %} is not known"),
        ("{% assign x = 1 %}", "1: {% assign %} is not known"),
        ("{% raw %}{{ x }}{% endraw %}", "1: {% raw %} is not known"),
        ("{% comment %}", "1: {% comment %} is not known"),
        ("{% # x %}", "1: {% # x %} is not known"),
        ("{{ first_name.size }}", "1: {{ first_name.size }} is not possible: a variable is a plain name"),
        ("{{ first_name['__class__'] }}", "is not possible: a variable is a plain name"),
        ("{{ [first_name] }}", "is not possible: a variable is a plain name"),
        ("{{ (1..999999999) }}", "1: {{ (1..999999999) }} is not possible: ranges"),
        ("{% if company < 3 %}{% endif %}", "is not possible: values are text"),
        ("{% if 3 contains company %}{% endif %}", "is not possible: name a variable before contains"),
        ("{{ company | default }}", "1: default needs one text"),
        ("{{ company | truncate: 'a' }}", "1: truncate needs a number"),
        ("{{ company | upcase: 3 }}", "1: The filter upcase stands alone"),
        ("{% if a %}" * 20 + "{% endif %}" * 20, "1: Blocks stand more than 8 deep: make the text simpler."),
        ("{{ " + "x" * LONGEST_MARK + "y }}", "is longer than 500 characters: shorten it."),
        ("x" * (LONGEST_SOURCE + 1), "1: The template has 20,001 characters: shorten it to 20,000."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_never_sent(source, sentence):
    assert sentence in sentences(source)
    with pytest.raises(BrokenTemplate) as caught:
        render(source, ANN)
    assert sentence.partition(": ")[2] in caught.value.sentence or sentence in caught.value.sentence
    with pytest.raises(BrokenTemplate):
        variables(source)


def test_eight_blocks_deep_is_still_fine():
    assert render("{% if company %}" * 8 + "x" + "{% endif %}" * 8, ANN) == "x"


def test_single_braces_are_pointed_out():
    assert sentences("Hi {first_name},\n{ company } {other} {{ title }}").splitlines() == [
        "1: {first_name} would be sent as it stands: write {{ first_name }}.",
        "2: {company} would be sent as it stands: write {{ company }}.",
    ]


def test_marks_put_together_from_pieces_are_not_sent():
    with pytest.raises(BrokenTemplate, match=r"still holds \{\{"):
        render("{{ '{' }}{{ company }}", {"company": "{x"})


def test_liquids_own_clock_is_out_of_reach():
    assert "The variable now is not known." in sentences("{{ now }}")
    for name in ("now", "today"):
        with pytest.raises(EmptyVariable):
            render(f"{{{{ {name} }}}}", {})


def test_variables_are_found_wherever_they_stand():
    source = "{% if a == b %}{{ c | default: d }}{% elsif e contains f %}{% case g %}{% when h %}{% else %}{{ i }}{% endcase %}{% endif %}"  # noqa: E501
    assert variables(source) == frozenset("abcdefghi")
    assert variables("plain") == frozenset()


@pytest.mark.parametrize(
    "piece", ["{{ ", "{{" + " " * 400, "{% raw %}", "{% if a %}", "{{ a }}", "{%", "}}", "{", "{{[" * 90]
)
def test_no_source_costs_more_than_a_moment(piece, within):
    source = (piece * LONGEST_SOURCE)[:LONGEST_SOURCE]
    with within(seconds=2):
        lint(source, known=KNOWN)
        lint(source + "}}", known=KNOWN)
        lint(source[: LONGEST_SOURCE - 2] + "%}", known=KNOWN)


def test_a_huge_value_is_refused_quickly(within):
    with within(seconds=1), pytest.raises(EmptyVariable, match="longer than"):
        render("{{ company }}", {"company": "x" * 10_000_000})
    with pytest.raises(BrokenTemplate, match="longer than 100,000 bytes"):
        render("{{ company }}" * 6, {"company": "x" * 20_000})


# --- promises

words = st.text(alphabet=st.characters(), max_size=30)
hostile = words | st.sampled_from(
    [
        "{{7*7}}",
        "{% if x %}",
        "{{ company }}",
        "{",
        "}",
        "{{",
        "%}",
        "a\r\nb",
        "\x00",
        "\ud800",
        "<script>",
        "a  b",
        " ",
    ]
)
values = st.dictionaries(st.sampled_from([*KNOWN, "now", "__class__"]), hostile)
outputs = st.builds(
    lambda name, filters: "{{ " + " | ".join([name, *filters]) + " }}",
    st.sampled_from(KNOWN),
    st.lists(st.sampled_from(["upcase", "strip", "truncate: 9", 'default: "x"', "default: company"]), max_size=3),
)  # fmt: skip
literals = st.text(alphabet=st.characters(exclude_characters="{}"), max_size=20)
conditions = st.sampled_from(
    ["title", "title == blank", 'title contains "a"', "title != company and company", "title == 3"]
)
templates = st.recursive(
    literals | outputs,
    lambda inner: (
        st.lists(inner, max_size=4).map("".join)
        | st.builds("{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format, conditions, inner, inner)
        | st.builds("{{%- unless {} -%}}{}{{% endunless %}}".format, conditions, inner)
        | st.builds('{{% case title %}}{{% when "a" %}}{}{{% else %}}{}{{% endcase %}}'.format, inner, inner)
    ),
    max_leaves=8,
)


def attempt(source, values):
    try:
        return render(source, values)
    except (BrokenTemplate, EmptyVariable) as refusal:
        return type(refusal), refusal.sentence


@given(templates, values)
def test_what_is_rendered_is_finished_tidy_and_the_same_every_time(source, values):
    result = attempt(source, values)
    assert attempt(source, values) == result
    if isinstance(result, str):
        assert not any(mark in result for mark in ("{{", "}}", "{%", "%}", "\r", "\x00", "  ", "\n\n\n"))
        assert result == result.strip()
        result.encode()


@given(templates, values)
def test_a_template_without_problems_can_be_filled_in(source, values):
    assert lint(source, known=KNOWN) == []
    assert variables(source) <= set(KNOWN)
    plain = {name: value.replace("{", "").replace("}", "") for name, value in values.items()}
    result = attempt(source, plain)
    assert isinstance(result, str) or result[0] is EmptyVariable


@given(hostile)
@example("{{ title }}")
@example("{% if title %}secret{% endif %}")
def test_a_value_never_becomes_code(value):
    told = {"first_name": value, "title": "secret"}
    result = attempt('Hi {{ first_name | default: "you" }}', told)
    assert "secret" not in result
    assert result == attempt('Hi {{ first_name | default: "you" }}', {"first_name": value})


@given(st.text(alphabet=st.characters() | st.sampled_from("{}%|'\".[]()\n "), max_size=80), values)
def test_no_source_raises_anything_else(source, values):
    lint(source, known=KNOWN)
    attempt(source, values)
    attempt("{{ " + source + " }}", values)
    attempt("{% if " + source + " %}{% endif %}", values)
