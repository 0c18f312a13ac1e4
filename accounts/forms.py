"""What people type about themselves and each other. Forms only read; what holds is said by the verbs."""

from typing import Any

from django import forms

from accounts.models import Role

PASSWORD_CHARS = 1000  # what is longer is not a password but work for the hash


def _text(longest: int, missing: str) -> forms.CharField:
    return forms.CharField(
        max_length=longest,
        error_messages={"required": missing, "max_length": f"This is longer than {longest} characters: shorten it."},
    )


def _password(missing: str) -> forms.CharField:
    field = _text(PASSWORD_CHARS, missing)
    field.strip, field.widget = False, forms.PasswordInput()
    return field


class AddressField(forms.EmailField):
    """An e-mail address as we compare it: in small letters."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").lower()


def _address() -> AddressField:
    words = "Give an e-mail address such as ada@example.com."
    return AddressField(max_length=254, error_messages=dict.fromkeys(("required", "invalid", "max_length"), words))


class SignInForm(forms.Form):
    """What is wrong with it is never said of one field: it would tell whose address is known."""

    username = forms.CharField(max_length=300, error_messages={"required": "Type your e-mail address."})
    password = _password("Type your password.")


class SignUpForm(forms.Form):
    name = _text(200, "Say your name as your colleagues know it.")
    email = _address()
    password = _password("Choose a password of at least 12 characters.")
    zone = forms.CharField(required=False, max_length=64)


class JoinForm(forms.Form):
    """Signing up by an invitation: the address is known."""

    name = _text(200, "Say your name as your colleagues know it.")
    password = _password("Choose a password of at least 12 characters.")
    zone = forms.CharField(required=False, max_length=64)


class AddressForm(forms.Form):
    email = _address()


class NewPasswordForm(forms.Form):
    password = _password("Choose a password of at least 12 characters.")


class NameForm(forms.Form):
    name = _text(200, "Say your name as your colleagues know it.")
    zone = _text(64, "Choose a time zone from the list, such as Europe/Berlin.")


class PasswordForm(forms.Form):
    old = _password("Type your present password.")
    password = _password("Choose a password of at least 12 characters.")


class NewAddressForm(forms.Form):
    email = _address()
    old = _password("Type your present password.")


class WorkspaceForm(forms.Form):
    name = _text(120, "Give the workspace a name with at least one letter or digit.")


class InvitationForm(forms.Form):
    email = _address()
    role = forms.ChoiceField(
        choices=Role.choices,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose a role from the list."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"role": Role.SDR})
        super().__init__(*args, **kwargs)
