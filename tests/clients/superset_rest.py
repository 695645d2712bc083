"""Superset 6.1 over its REST API against a running server: `python superset_rest.py HOST:PORT FOLDER`.

Not part of the tests: it wants 800 MB of packages and minutes. In an environment of its own, of Python 3.11:

    pip install apache-superset==6.1.0 flightsql-dbapi==0.2.2 flask-caching==2.3.1 rich cachetools

FOLDER is made and holds Superset's own database. It connects, lists the report views, makes a dataset of the table
cloudtrail and one of a report, and asks for the data of a chart over each.
"""

import os
import pathlib
import subprocess
import sys

ADDRESS, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
FOLDER.mkdir(parents=True, exist_ok=True)
(FOLDER / "superset_config.py").write_text(
    f"SECRET_KEY = 'only for this run'\n"
    f"SQLALCHEMY_DATABASE_URI = 'sqlite:///{FOLDER.absolute()}/superset.db'\n"
    "WTF_CSRF_ENABLED = False\nTALISMAN_ENABLED = False\n"
)
os.environ["SUPERSET_CONFIG_PATH"] = str(FOLDER / "superset_config.py")
os.environ["FLASK_APP"] = "superset.app:create_app()"


def command(*arguments):
    program = pathlib.Path(sys.executable).parent / "superset"
    subprocess.run([program, *arguments], check=True, capture_output=True)


def main():
    command("db", "upgrade")
    command("fab", "create-admin", "--username", "admin", "--firstname", "a", "--lastname", "b",
            "--email", "admin@example.com", "--password", "admin")
    command("init")

    from superset.app import create_app

    client = create_app().test_client()

    def ask(method, path, **more):
        answer = getattr(client, method)(f"/api/v1/{path}", headers=HEADERS, **more)
        assert answer.status_code in (200, 201), (path, answer.status_code, answer.get_data(as_text=True)[:2000])
        return answer.get_json()

    HEADERS = {}
    login = {"username": "admin", "password": "admin", "provider": "db"}
    HEADERS["Authorization"] = "Bearer " + ask("post", "security/login", json=login)["access_token"]

    uri = f"datafusion://{ADDRESS}?insecure=true"
    tested = {"sqlalchemy_uri": uri, "database_name": "trailql"}
    print("connection:", ask("post", "database/test_connection/", json=tested))
    database = ask("post", "database/", json={**tested, "expose_in_sqllab": True})["id"]
    print("schemas:", ask("get", f"database/{database}/schemas/")["result"])
    listed = ask("get", f"database/{database}/tables/?q=(schema_name:reports)")
    print("report views:", listed["count"])
    assert listed["count"] > 300

    for schema, table, column in [("public", "cloudtrail", "event_source"), ("reports", "console_sign_ins", None)]:
        names = [row["value"] for row in ask("get", f"database/{database}/tables/?q=(schema_name:{schema})")["result"]]
        table = table if table in names else names[0]
        made = ask("post", "dataset/", json={"database": database, "schema": schema, "table_name": table})
        columns = made.get("data", {}).get("columns") or ask("get", f"dataset/{made['id']}")["result"]["columns"]
        kinds = {one["column_name"]: one["type"] for one in columns}
        print(f"{schema}.{table}:", len(kinds), "columns of", sorted(set(map(str, kinds.values()))))
        count = {"expressionType": "SQL", "sqlExpression": "COUNT(*)", "label": "count"}
        query = {
            "datasource": {"id": made["id"], "type": "table"},
            "queries": [{"columns": [column or next(iter(kinds))], "metrics": [count], "row_limit": 5,
                         "orderby": [[count, False]]}],
            "result_format": "json",
            "result_type": "full",
        }
        result = ask("post", "chart/data", json=query)["result"][0]
        assert result["status"] == "success", result
        print("chart:", result["data"])
        assert table != "cloudtrail" or len(result["data"]) == 5
    sql = {"database_id": database, "sql": "SELECT event_name, event_time FROM cloudtrail LIMIT 3", "schema": "public", "queryLimit": 3}
    result = ask("post", "sqllab/execute/", json=sql)
    print("SQL Lab:", result["data"][:3])
    assert len(result["data"]) == 3
    print("ok")


main()
