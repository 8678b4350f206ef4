"""Make datasets of tables, and an example dashboard of the demo's: datasets.py TABLE...

What a person changed stays: a dataset, a chart or a dashboard that is there is not touched.
"""

import json
import os
import sys
from typing import Any

from bootstrap import LAKE

SLUG = "flight-delays"
_NEEDS = {"carrier", "hour", "flights", "mean_delay_minutes"}


def main() -> None:
    """Make what is not there yet."""
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        from superset import db
        from superset.models.core import Database

        database = db.session.query(Database).filter_by(database_name=LAKE).one_or_none()
        if database is None:
            return
        namespace = os.environ.get("SUPERSET_NAMESPACE", "marts")
        made = {name: _dataset(database, namespace, name) for name in sys.argv[1:]}
        if delays := made.get("delays"):
            _dashboard(delays)


def _dataset(database: Any, namespace: str, name: str) -> Any:
    from superset import db
    from superset.connectors.sqla.models import SqlaTable

    wanted = {"database_id": database.id, "schema": namespace, "table_name": name}
    found = db.session.query(SqlaTable).filter_by(**wanted).one_or_none()
    if found is not None:
        return found
    table = SqlaTable(table_name=name, schema=namespace, database=database)
    db.session.add(table)
    table.fetch_metadata()
    db.session.commit()
    return table


def _dashboard(delays: Any) -> None:
    from superset import db
    from superset.models.dashboard import Dashboard

    if db.session.query(Dashboard).filter_by(slug=SLUG).one_or_none() is not None:
        return
    if not {column.column_name for column in delays.columns} >= _NEEDS:
        return
    charts = [_chart(delays, *one) for one in _CHARTS]
    db.session.add_all(charts)
    db.session.flush()
    dashboard = Dashboard(
        dashboard_title="Flight delays",
        slug=SLUG,
        published=True,
        slices=charts,
        position_json=json.dumps(_layout(charts)),
    )
    db.session.add(dashboard)
    db.session.commit()


def _sum(column: str, function: str = "SUM") -> dict[str, str]:
    return {
        "expressionType": "SQL",
        "sqlExpression": f"{function}({column})",
        "label": f"{function.lower()} of {column}",
    }


_CHARTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Flights", "big_number_total", {"metric": _sum("flights")}),
    (
        "Mean delay by hour",
        "echarts_timeseries_bar",
        {
            "x_axis": "hour",
            "metrics": [_sum("mean_delay_minutes", "AVG")],
            "groupby": [],
            "row_limit": 1000,
            "x_axis_sort_asc": True,
            "orientation": "vertical",
        },
    ),
    (
        "Carriers",
        "table",
        {
            "query_mode": "aggregate",
            "groupby": ["carrier"],
            "metrics": [_sum("flights"), _sum("mean_delay_minutes", "AVG")],
            "row_limit": 1000,
        },
    ),
)


def _chart(dataset: Any, name: str, kind: str, options: dict[str, Any]) -> Any:
    from superset.models.slice import Slice

    params = {
        "viz_type": kind,
        "datasource": f"{dataset.id}__table",
        "adhoc_filters": [],
        **options,
    }
    return Slice(
        slice_name=name,
        viz_type=kind,
        datasource_id=dataset.id,
        datasource_type="table",
        datasource_name=dataset.name,
        params=json.dumps(params),
    )


def _layout(charts: list[Any]) -> dict[str, Any]:
    row = [f"CHART-{chart.id}" for chart in charts]
    parents = ["ROOT_ID", "GRID_ID", "ROW-1"]
    layout: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": ["ROW-1"], "parents": ["ROOT_ID"]},
        "ROW-1": {
            "type": "ROW",
            "id": "ROW-1",
            "children": row,
            "parents": parents[:2],
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        },
    }
    for key, chart in zip(row, charts, strict=True):
        layout[key] = {
            "type": "CHART",
            "id": key,
            "children": [],
            "parents": parents,
            "meta": {"chartId": chart.id, "width": 4, "height": 50, "sliceName": chart.slice_name},
        }
    return layout


if __name__ == "__main__":
    main()
