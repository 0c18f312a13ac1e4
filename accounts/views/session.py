"""Coming and going."""

from django.contrib.auth.views import LoginView, LogoutView

from accounts.forms import SignInForm

sign_in = LoginView.as_view(template_name="accounts/sign_in.html", authentication_form=SignInForm)
sign_out = LogoutView.as_view()
