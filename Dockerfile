# The portal's image: the same code for the web, worker, beat and release services of docker-compose.yml.
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/iys-portal portal \
    && pip install --no-cache-dir uv==0.13.9

WORKDIR /srv/iys-portal
COPY pyproject.toml uv.lock ./
# Neither the embedded servers nor the development tools.
RUN uv sync --locked --no-cache --no-python-downloads --no-default-groups --compile-bytecode

COPY . .
USER portal
ENV PATH=/srv/iys-portal/.venv/bin:$PATH \
    DJANGO_SETTINGS_MODULE=iys_portal.settings \
    IYS_DATA=/var/lib/iys-portal \
    PYTHONUNBUFFERED=1
VOLUME /var/lib/iys-portal
