"""What Superset needs before it serves: its tables, its roles, its admin, the project's databases.

All in one process, since loading Superset costs most of it; nothing is asked of a database but its
own. Run again it changes what differs, and nothing that a person made.
"""

import os
from pathlib import Path
from typing import Any

import phlo_lake

LAKE, POSTGRES = "Lake", "Postgres"


def main() -> None:
    """Bring everything to what it should be."""
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        _migrate(app)
        _add_admin()
        for name, uri in ((LAKE, phlo_lake.engine_uri()), (POSTGRES, phlo_lake.postgres_uri())):
            if uri:
                _add_database(name, uri)


def _migrate(app: Any) -> None:
    import superset
    from flask_migrate import upgrade
    from superset import security_manager

    upgrade(directory=str(Path(superset.__file__).parent / "migrations"))
    app.appbuilder.add_permissions(update_perms=True)
    security_manager.sync_role_definitions()


def _add_admin() -> None:
    from superset import db, security_manager
    from werkzeug.security import check_password_hash

    name, password = os.environ["SUPERSET_ADMIN_USER"], os.environ["SUPERSET_ADMIN_PASSWORD"]
    user = security_manager.find_user(name)
    if user is None:
        role = security_manager.find_role("Admin")
        mail = f"{name}@superset.invalid"
        security_manager.add_user(name, "phlo", "admin", mail, role, password=password)
    elif not check_password_hash(user.password, password):
        security_manager.reset_password(user.id, password)
    db.session.commit()


def _add_database(name: str, uri: str) -> None:
    from superset import db
    from superset.models.core import Database

    found = db.session.query(Database).filter_by(database_name=name).one_or_none()
    database = found or Database(database_name=name, expose_in_sqllab=True)
    database.set_sqlalchemy_uri(uri)
    db.session.add(database)
    db.session.commit()


if __name__ == "__main__":
    main()
