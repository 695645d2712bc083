"""How fast rows reach one client: trailql beside pyarrow's own Flight server with the same batches.

    python throughput.py TRAILQL LAKE [MILLIONS]

needs adbc-driver-flightsql and pyarrow, a release build of trailql, and a lake; the rows are made from its table
cloudtrail, ten columns of it, repeated to 10 million. Each side is fetched three times, the best counts.
"""

import subprocess
import sys
import threading
import time

import adbc_driver_flightsql.dbapi as dbapi
import pyarrow.flight

PROGRAM, LAKE = sys.argv[1:3]
ROWS = int(float(sys.argv[3]) * 1e6) if len(sys.argv) > 3 else 10_000_000
COLUMNS = ("event_time, event_date, account_id, aws_region, event_source, event_name, event_id, source_ip, "
           "read_only, principal")
CLIENT = {"adbc.flight.sql.client_option.with_max_msg_size": "16777216"}


class Batches(pyarrow.flight.FlightServerBase):
    """Serves the batches that it was given, and says so as Flight SQL does, so that the same client can ask."""

    def __init__(self, table, **more):
        super().__init__(**more)
        self.table = table

    def get_flight_info(self, context, descriptor):
        endpoint = pyarrow.flight.FlightEndpoint(b"all", [])
        return pyarrow.flight.FlightInfo(self.table.schema, descriptor, [endpoint], -1, -1)

    def do_get(self, context, ticket):
        return pyarrow.flight.RecordBatchStream(self.table)


def best(fetch):
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        rows = fetch()
        seconds.append(time.perf_counter() - started)
        assert rows == ROWS, rows
    return min(seconds)


def fetch(uri, query):
    # Autocommit, because the other server knows no transactions; no prepared statement, for the same reason.
    import adbc_driver_flightsql
    import adbc_driver_manager

    with adbc_driver_flightsql.connect(uri, db_kwargs=CLIENT) as database:
        with adbc_driver_manager.AdbcConnection(database) as connection:
            with adbc_driver_manager.AdbcStatement(connection) as statement:
                statement.set_sql_query(query)
                stream, _ = statement.execute_query()
                reader = pyarrow.RecordBatchReader._import_from_c(stream.address)
                return sum(batch.num_rows for batch in reader)


def main():
    serve = [PROGRAM, "--lake", LAKE, "serve", "--listen", "127.0.0.1:0"]
    server = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().split()[-1]
        uri = f"grpc://{address}"
        with dbapi.connect(uri, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM cloudtrail")
            copies = -(-ROWS // cursor.fetchone()[0])
            query = f"SELECT {COLUMNS} FROM cloudtrail, generate_series(1, {copies}) LIMIT {ROWS}"
            cursor.execute(query)
            table = cursor.fetch_arrow_table()
        ours = best(lambda: fetch(uri, query))
    finally:
        server.terminate()
    size = table.nbytes / 1e6
    with Batches(table, location="grpc://127.0.0.1:0") as other:
        threading.Thread(target=other.serve, daemon=True).start()
        theirs = best(lambda: fetch(f"grpc://127.0.0.1:{other.port}", "all"))
        other.shutdown()
    print(f"{table.num_rows} rows, {table.num_columns} columns, {size:.0f} MB")
    print(f"trailql  {ours:6.2f} s  {size / ours:6.0f} MB/s")
    print(f"pyarrow  {theirs:6.2f} s  {size / theirs:6.0f} MB/s")
    print(f"ratio    {ours / theirs:6.2f}")


main()
