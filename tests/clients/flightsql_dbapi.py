"""flightsql-dbapi and SQLAlchemy 1.4, as Superset uses them: `python flightsql_dbapi.py HOST:PORT`."""

import sys

import sqlalchemy
from sqlalchemy import text


def main():
    engine = sqlalchemy.create_engine(f"datafusion://{sys.argv[1]}?insecure=true")
    inspector = sqlalchemy.inspect(engine)
    assert {"public", "reports"} <= set(inspector.get_schema_names()), inspector.get_schema_names()
    tables = inspector.get_table_names("public")
    assert {"cloudtrail", "s3_access", "sources", "rejects"} <= set(tables), tables
    assert len(inspector.get_table_names("reports")) > 300
    columns = {column["name"]: column["type"] for column in inspector.get_columns("s3_access", "public")}
    assert isinstance(columns["key"], sqlalchemy.String), columns
    assert isinstance(columns["request_time"], sqlalchemy.types.TIMESTAMP | sqlalchemy.types.DATETIME), columns
    assert isinstance(columns["http_status"], sqlalchemy.Integer), columns
    # `_` matches any letter, and the first row is taken: the table of exactly that name must come first.
    names = {column["name"] for column in inspector.get_columns("cloudtrail", "public")}
    assert "event_name" in names and "event" not in names, names
    report = {column["name"]: column["type"] for column in inspector.get_columns("root_console_sign_ins", "reports")}
    assert report and not any(isinstance(kind, sqlalchemy.types.BLOB) for kind in report.values()), report

    with engine.connect() as connection:
        # What Superset sends: quoted names, times as texts, many lines.
        rows = connection.execute(text(
            """SELECT event_source AS event_source,
       COUNT(*) AS count
FROM public.cloudtrail
WHERE event_time >= '2020-01-01 00:00:00.000000'
  AND event_time < '2100-01-01 00:00:00.000000'
GROUP BY event_source
ORDER BY count DESC
LIMIT 10"""
        )).fetchall()
        assert 1 < len(rows) <= 10 and rows[0][1] >= rows[1][1], rows
        cloudtrail = sqlalchemy.Table("cloudtrail", sqlalchemy.MetaData(), schema="public", autoload_with=engine)
        query = sqlalchemy.select(cloudtrail.c.event_name, cloudtrail.c.event_time).limit(3)
        assert len(connection.execute(query).fetchall()) == 3
        query = query.where(cloudtrail.c.event_name == "it's none")
        assert connection.execute(query).fetchall() == []
    print("ok")


main()
