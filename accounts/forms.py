"""Forms about who we are."""

from django.contrib.auth.forms import AuthenticationForm


class SignInForm(AuthenticationForm):
    """E-mail address and password. Says the same for an unknown person and a wrong password."""

    error_messages = {
        "invalid_login": "This address and password do not match. Type them again, or ask an admin for a new password.",
        "inactive": "This person may no longer sign in. Ask an admin of your workspace.",
    }
