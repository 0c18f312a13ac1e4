"""The web application, for any ASGI server."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "outreach.settings")
application = get_asgi_application()

from campaigns.views.doorstep import Doorstep  # noqa: E402  the settings are there now
from campaigns.views.inbox.events import Streams  # noqa: E402
from outreach.web.uploads import Door  # noqa: E402

application = Doorstep(Streams(Door(application)))  # type: ignore[assignment]  # an ASGI application like that inside
