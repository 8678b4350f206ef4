"""Superset's configuration: all that differs between projects is in variables."""

import os

import phlo_lake

_home = os.environ["SUPERSET_HOME"]
_key = os.environ["SUPERSET_SECRET_KEY"]

SECRET_KEY = _key
GUEST_TOKEN_JWT_SECRET = f"guest-{_key}"
GLOBAL_ASYNC_QUERIES_JWT_SECRET = f"async-{_key}"
SQLALCHEMY_DATABASE_URI = phlo_lake.metadata_uri(_home)
DATA_DIR = _home

# Cookies do not know ports: two projects on one machine have two sessions.
SESSION_COOKIE_NAME = f"superset_{os.environ.get('PHLO_PROJECT', 'phlo')}"
SESSION_COOKIE_SAMESITE = "Lax"
# Served over plain HTTP on this machine alone; its headers would ask for HTTPS.
TALISMAN_ENABLED = False
# It would offer what needs a server of its own.
WTF_CSRF_ENABLED = True
FAB_ADD_SECURITY_API = True
EXTRA_CATEGORICAL_COLOR_SCHEMES = []
RATELIMIT_STORAGE_URI = "memory://"

phlo_lake.prepare_duckdb()
