"""ADBC, and Polars over it, against a server over the demo's lake: `python adbc.py grpc://127.0.0.1:PORT [KEY=VALUE ...]`.

What follows the address are options of the driver, as username and password, or tls_root_certs with the path of a file.
"""

import datetime
import pathlib
import sys
import threading
import time
import warnings

import adbc_driver_flightsql
import adbc_driver_flightsql.dbapi as dbapi
import adbc_driver_manager
import polars
import pyarrow

# A driver that cannot do something says so with a warning, and goes on.
warnings.simplefilter("error")

OPTIONS = adbc_driver_flightsql.DatabaseOptions
NAMES = {"tls_root_certs": OPTIONS.TLS_ROOT_CERTS.value}


def option(text):
    name, _, value = text.partition("=")
    if name == "tls_root_certs":
        value = pathlib.Path(value).read_text()
    return NAMES.get(name, name), value


URI = sys.argv[1]
DATABASE = dict(option(text) for text in sys.argv[2:])
PLAIN = {"string", "int32", "int64", "double", "bool", "date32[day]", "timestamp[us, tz=UTC]", "list<element: string>"}


def connect(**more):
    return dbapi.connect(URI, db_kwargs=DATABASE, **more)


def check_connection(connection):
    info = connection.adbc_get_info()
    assert info["vendor_name"] == "trailql", info
    assert connection.adbc_get_table_types() == ["SYSTEM TABLE", "TABLE", "VIEW"]
    assert connection.adbc_current_catalog == "trailql"
    assert connection.adbc_current_db_schema == "public"


def check_objects(connection):
    def objects(**filters):
        return connection.adbc_get_objects(**filters).read_all().to_pylist()

    assert [row["catalog_name"] for row in objects(depth="catalogs")] == ["trailql"]
    schemas = objects(depth="db_schemas")[0]["catalog_db_schemas"]
    assert [row["db_schema_name"] for row in schemas] == ["information_schema", "public", "reports"], schemas
    tables = objects(depth="tables", db_schema_filter="public")[0]["catalog_db_schemas"][0]["db_schema_tables"]
    kinds = {row["table_name"]: row["table_type"] for row in tables}
    assert kinds["cloudtrail"] == "TABLE" and kinds["cloudtrail_json"] == "VIEW", kinds
    views = objects(depth="tables", db_schema_filter="reports", table_types_filter=["VIEW"])
    assert len(views[0]["catalog_db_schemas"][0]["db_schema_tables"]) > 300
    found = objects(depth="columns", db_schema_filter="public", table_name_filter="cloudtrail")
    columns = found[0]["catalog_db_schemas"][0]["db_schema_tables"][0]["table_columns"]
    by_name = {column["column_name"]: column for column in columns}
    assert by_name["event_time"]["xdbc_type_name"] == "TIMESTAMP WITH TIME ZONE", by_name["event_time"]
    assert by_name["event_name"]["xdbc_type_name"] == "VARCHAR"
    schema = connection.adbc_get_table_schema("cloudtrail", db_schema_filter="public")
    assert schema.field("event_time").type == pyarrow.timestamp("us", "UTC")
    for field in schema:
        assert field.metadata[b"ARROW:FLIGHT:SQL:REMARKS"], field


def check_queries(cursor):
    cursor.execute("SELECT count(*) AS events, min(event_time) AS first FROM cloudtrail")
    ((events, first),) = cursor.fetchall()
    assert events > 1000 and first.tzinfo is not None, (events, first)
    assert cursor.adbc_execute_schema("SELECT event_name FROM cloudtrail").field(0).type == pyarrow.string()
    for statement in ["EXPLAIN SELECT 1", "SHOW TABLES", "DESCRIBE cloudtrail", "SELECT NULL AS nothing"]:
        cursor.execute(statement)
        assert cursor.fetch_arrow_table().num_columns > 0, statement
    cursor.execute("SELECT * FROM cloudtrail WHERE false")
    assert cursor.fetch_arrow_table().num_rows == 0
    cursor.execute("SELECT arrow_cast('a', 'LargeUtf8') AS a, arrow_cast('b', 'Dictionary(Int32, Utf8)') AS b, "
                   "request_parameters->'bucketName' AS c, now() AS d, DATE '2026-09-17' AS e FROM cloudtrail LIMIT 1")
    types = [str(field.type) for field in cursor.fetch_arrow_table().schema]
    assert types == ["string", "string", "string", "timestamp[us, tz=UTC]", "date32[day]"], types


def check_parameters(cursor):
    cursor.execute("SELECT event_name FROM cloudtrail WHERE event_time IS NOT NULL ORDER BY event_time LIMIT 1")
    ((name,),) = cursor.fetchall()
    cursor.execute("SELECT count(*) FROM cloudtrail WHERE event_name = ?", (name,))
    assert cursor.fetchone()[0] > 0
    since = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    cursor.execute(
        "SELECT count(*) FROM cloudtrail WHERE event_time > ? AND event_name = ? AND read_only = ? AND ? < 5 LIMIT ?",
        (since, name, True, 3, 7),
    )
    assert len(cursor.fetchall()) == 1
    cursor.execute("SELECT $1 || CAST($2 AS VARCHAR) || $1", ("a", "b"))
    assert cursor.fetchall() == [("aba",)]
    # Texts and comments keep their question marks.
    cursor.execute("SELECT '?' /* ? */ WHERE 'x' = ?", ("x",))
    assert cursor.fetchall() == [("?",)]
    try:
        cursor.execute("SELECT count(*) FROM cloudtrail WHERE event_time > ?", ("not a time",))
        raise AssertionError("a text was bound for a time")
    except dbapi.Error as error:
        assert "parameter 1" in str(error), error


def check_refusals(connection):
    for statement in [
        "DROP TABLE cloudtrail",
        "INSERT INTO cloudtrail VALUES (1)",
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
        "COPY (SELECT 1) TO '/tmp/trailql-must-not-be.csv'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/trailql-must-not-be.csv'",
        "SET datafusion.execution.target_partitions = 1",
    ]:
        with connection.cursor() as cursor:
            try:
                cursor.execute(statement)
                raise AssertionError(f"not refused: {statement}")
            except dbapi.Error as error:
                assert error.status_code == adbc_driver_manager.AdbcStatusCode.UNAUTHORIZED, (statement, error)
    assert not pathlib.Path("/tmp/trailql-must-not-be.csv").exists()
    with connection.cursor() as cursor:
        try:
            cursor.adbc_ingest("cloudtrail", pyarrow.table({"a": [1]}), mode="append")
            raise AssertionError("ingest is not refused")
        except dbapi.Error as error:
            assert error.status_code == adbc_driver_manager.AdbcStatusCode.UNAUTHORIZED, error
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT nothing FROM cloudtrail")
            raise AssertionError("there is no such column")
        except dbapi.Error as error:
            assert "nothing" in str(error) and "hint" in str(error), error


def check_cancel(connection):
    with connection.cursor() as cursor:
        # Rows without end: only the cancellation stops them.
        cursor.execute("SELECT a.event_id FROM cloudtrail a, cloudtrail b, cloudtrail c")
        threading.Timer(0.5, cursor.adbc_cancel).start()
        started = time.monotonic()
        try:
            while cursor.fetchone():
                pass
            raise AssertionError("the query came to an end")
        except dbapi.Error as error:
            assert error.status_code == adbc_driver_manager.AdbcStatusCode.CANCELLED, error
        assert time.monotonic() - started < 60


def check_options(connection):
    connection.adbc_current_db_schema = "reports"
    assert connection.adbc_current_db_schema == "reports"
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM root_console_sign_ins")
        assert len(cursor.fetchall()) == 1
    connection.adbc_current_db_schema = "public"


def check_everything(connection):
    """Every table and view can be selected from, in types that every client knows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_schema, table_name FROM information_schema.tables ORDER BY 1, 2")
        tables = cursor.fetchall()
        for view in ["table_constraints", "key_column_usage", "referential_constraints"]:
            tables.append(("information_schema", view))
        assert len(tables) > 300
        odd = {}
        for schema, table in tables:
            cursor.execute(f'SELECT * FROM "{schema}"."{table}" LIMIT 5')
            for field in cursor.fetch_arrow_table().schema:
                kind = str(field.type)
                if kind not in PLAIN and not kind.startswith(("list<item: string", "uint", "decimal128")):
                    odd.setdefault(kind, f"{schema}.{table}.{field.name}")
        assert not odd, odd
    return len(tables)


def check_polars(connection):
    frame = polars.read_database("SELECT event_name, event_time, resource_arns FROM cloudtrail LIMIT 10", connection)
    assert frame.shape == (10, 3) and frame.schema["event_time"] == polars.Datetime("us", "UTC"), frame.schema
    frame = polars.read_database(
        "SELECT event_name FROM cloudtrail WHERE event_name = ?", connection, execute_options={"parameters": ["RunInstances"]}
    )
    assert frame["event_name"].unique().to_list() in ([], ["RunInstances"])


def main():
    with connect() as connection:
        check_connection(connection)
        check_objects(connection)
        with connection.cursor() as cursor:
            check_queries(cursor)
            check_parameters(cursor)
        check_refusals(connection)
        check_cancel(connection)
        check_options(connection)
        check_polars(connection)
    with connect(autocommit=True) as connection:
        started = time.monotonic()
        count = check_everything(connection)
        print(f"{count} tables and views in {time.monotonic() - started:.1f} s")
    print("ok")


main()
