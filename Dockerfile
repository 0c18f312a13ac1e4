# One image for web, worker, beat and migrate (target app), one more with the simulator's packages (target simulator).
FROM python:3.13-slim AS packages
WORKDIR /build
COPY requirements/base.txt requirements/embedded.txt ./
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r base.txt

FROM packages AS packages-simulator
RUN /venv/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r embedded.txt

FROM python:3.13-slim AS app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATIC_ROOT=/static
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin parley
COPY --from=packages /venv /venv
WORKDIR /app
COPY manage.py ./
COPY outreach outreach
COPY accounts accounts
COPY prospects prospects
COPY campaigns campaigns
COPY templates templates
COPY static static
# The values are made up and stay in this one step: collecting files asks nobody for anything.
RUN SECRET_KEY=made-up-for-collectstatic-0123456789abcdef \
    SECRETS_KEY=made-up-for-collectstatic-0123456789abcdef \
    SUPPRESSION_KEY=made-up-for-collectstatic-0123456789abcdef \
    DATABASE_URL=postgresql://nobody@nowhere/nothing BROKER_URL=redis://nowhere/0 \
    ALLOWED_HOSTS=nowhere PUBLIC_URL=https://nowhere \
    python manage.py collectstatic --no-input
USER 10001
EXPOSE 8000

FROM app AS simulator
COPY --from=packages-simulator /venv /venv
EXPOSE 8100

FROM app
