"""The files of a new project: names in, path -> text out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What git should not keep of a project.
IGNORED = (".phlo/", "phlo.local.yaml", ".env", ".env.local", ".venv/", "__pycache__/")

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off"})

_PHLO_YAML = """\
# yaml-language-server: $schema=.phlo/schema.json
name: {name}

# Everything below is optional: phlo runs what is installed, wired and secured, by itself.
# Override only what you want, for example:
#
# services:
#   observatory:
#     port: 8080                 # its page moves from 3001 to 8080
#
# sql:
#   dialect: duckdb              # what workflows/**/*.sql are written in
#
# See what is set and by whom:   phlo config show, phlo config explain services.observatory
"""

_EXAMPLE_PY = '''\
"""An example: rows come in, are checked, and become a table. Change it or delete it."""

import phlo
from phlo.checks import accepted_values, between, not_null


@phlo.ingestion(table="raw.orders", key="id")
def orders():
    """Orders of a small coffee shop; yield rows from an API, a file or a database here."""
    yield {"id": 1, "ordered_on": "2026-01-05", "drink": "espresso", "cups": 2, "price": 2.40}
    yield {"id": 2, "ordered_on": "2026-01-05", "drink": "latte", "cups": 1, "price": 3.80}
    yield {"id": 3, "ordered_on": "2026-01-06", "drink": "latte", "cups": 3, "price": 3.80}
    yield {"id": 4, "ordered_on": "2026-01-07", "drink": "tea", "cups": 1, "price": 2.10}


@phlo.quality(table="raw.orders")
def orders_are_sound(orders: phlo.Table):
    """Rows that fail an error check never reach the table."""
    yield not_null("id", "ordered_on", "price")
    yield between("cups", 1, 20)
    yield accepted_values("drink", ["espresso", "latte", "tea"], severity="warn")
'''

_EXAMPLE_SQL = """\
/* phlo
description: Cups and revenue of each day
checks: [{not_null: ordered_on}, {row_count: {min: 1}}]
*/
select
  cast(ordered_on as date) as ordered_on,
  sum(cups) as cups,
  round(sum(cups * price), 2) as revenue
from raw.orders
group by 1
order by 1
"""


def project_files(name: str) -> Mapping[str, str]:
    """Return the files of a new project by their path in it.

    Args:
        name: The lakehouse's name, any text.
    """
    return {
        "phlo.yaml": phlo_yaml(name),
        "workflows/orders.py": _EXAMPLE_PY,
        "workflows/marts/daily_revenue.sql": _EXAMPLE_SQL,
        ".gitignore": "".join(f"{line}\n" for line in IGNORED),
    }


def phlo_yaml(name: str) -> str:
    """Return a phlo.yaml that says the name, and by comments what else it could say."""
    is_plain = _PLAIN.fullmatch(name) and name.lower() not in _WORDS
    return _PHLO_YAML.format(name=name if is_plain else json.dumps(name, ensure_ascii=False))


def with_ignored(text: str) -> str:
    """Return a `.gitignore` that ignores what it must, its own lines kept."""
    have = {line.strip() for line in text.splitlines()}
    missing = [line for line in IGNORED if line not in have]
    if not missing:
        return text
    begin = text if not text or text.endswith("\n") else f"{text}\n"
    return begin + "".join(f"{line}\n" for line in missing)
