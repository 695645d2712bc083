"""Puts load on `trailql serve`: many clients, mixed queries, and an ingest that commits meanwhile.

    python3 -m venv /tmp/load && /tmp/load/bin/pip install adbc-driver-flightsql==1.13.0 adbc-driver-manager==1.13.0 pyarrow==26.0.1
    /tmp/load/bin/python tests/clients/load.py --program target/release/trailql --minutes 10

Every batch that is ingested has the same number of records, half of them on each of two days, and becomes visible
in one commit. So whatever a query counts must be whole batches, the two days must agree within one query, and what a
client sees must never become less. The program fails at the first answer that is not so, and at any error.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

import adbc_driver_flightsql
import adbc_driver_flightsql.dbapi as flightsql

RECORDS = 1000  # of a batch
DAYS = ("2026-09-16", "2026-09-17")
USER, PASSWORD = "load", "correct horse battery"


def record(batch, index):
    """One made-up CloudTrail record of a batch."""
    day = DAYS[index % 2]
    denied = index % 10 == 0
    return {
        "eventVersion": "1.11",
        "eventTime": f"{day}T{index % 24:02}:{batch % 60:02}:{index % 60:02}Z",
        "eventID": f"{batch:08x}-{index:04x}-4000-8000-{batch:06x}{index:06x}",
        "requestID": f"batch-{batch}",
        "eventSource": random.choice(("s3", "ec2", "iam", "sts")) + ".amazonaws.com",
        "eventName": random.choice(("GetObject", "RunInstances", "CreateUser", "AssumeRole", "ListBuckets")),
        "awsRegion": random.choice(("eu-central-1", "us-east-1")),
        "sourceIPAddress": f"192.0.2.{index % 250}",
        "userAgent": "aws-cli/2.31.0",
        "recipientAccountId": "111122223333",
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "readOnly": index % 3 == 0,
        "eventCategory": "Management",
        **({"errorCode": "AccessDenied", "errorMessage": "not authorized"} if denied else {}),
        "userIdentity": {
            "type": "IAMUser",
            "principalId": f"AIDAEXAMPLE{index % 40:02}",
            "arn": f"arn:aws:iam::111122223333:user/user{index % 40}",
            "accountId": "111122223333",
            "accessKeyId": f"AKIAEXAMPLE{index % 40:09}",
            "userName": f"user{index % 40}",
        },
        "requestParameters": {"bucketName": f"bucket-{index % 7}"},
        "responseElements": None,
    }


class Wrong(Exception):
    """An answer that no one snapshot can give."""


def whole(rows, what):
    if rows % RECORDS:
        raise Wrong(f"{what} is {rows}, which is no multiple of {RECORDS}")
    return rows


def counted(cursor, seen):
    """All rows are whole batches, and never become fewer."""
    cursor.execute("SELECT count(*) FROM cloudtrail")
    rows = whole(cursor.fetchone()[0], "the count of all rows")
    if rows < seen.get("rows", 0):
        raise Wrong(f"{rows} rows after {seen['rows']}")
    seen["rows"] = rows


def halves(cursor, seen):
    """Two scans of one query see the same batches."""
    cursor.execute(
        f"SELECT (SELECT count(*) FROM cloudtrail WHERE event_date = DATE '{DAYS[0]}') AS first,"
        f" (SELECT count(*) FROM cloudtrail WHERE event_date = DATE '{DAYS[1]}') AS second"
    )
    first, second = cursor.fetchone()
    if first != second:
        raise Wrong(f"{first} rows of one day and {second} of the other")


def grouped(cursor, seen):
    """Each batch is there as a whole."""
    cursor.execute("SELECT request_id, count(*) FROM cloudtrail GROUP BY request_id")
    for batch, rows in cursor.fetchall():
        if rows != RECORDS:
            raise Wrong(f"{rows} rows of {batch}")


def joined(cursor, seen):
    """A join of two scans."""
    cursor.execute(
        "SELECT a.request_id, count(*) FROM cloudtrail a JOIN (SELECT DISTINCT request_id FROM cloudtrail) b"
        " ON a.request_id = b.request_id GROUP BY 1 HAVING count(*) <> ?",
        (RECORDS,),
    )
    if wrong := cursor.fetchall():
        raise Wrong(f"{wrong[:3]}")


def needle(cursor, seen):
    """A prepared statement with a parameter."""
    batch = random.randrange(max(1, seen.get("rows", RECORDS) // RECORDS))
    cursor.execute("SELECT event_id, event_time, principal FROM cloudtrail WHERE request_id = ?", (f"batch-{batch}",))
    if (rows := cursor.fetch_arrow_table().num_rows) not in (0, RECORDS):
        raise Wrong(f"{rows} rows of batch {batch}")


def streamed(cursor, seen):
    """All rows, column by column, up to a bound."""
    cursor.execute("SELECT request_id, event_id, principal, request_parameters FROM cloudtrail")
    rows = sum(batch.num_rows for batch in cursor.fetch_record_batch())
    whole(rows, "the rows that were streamed")


def newest(cursor, seen):
    """The newest events."""
    cursor.execute("SELECT event_time, event_name, outcome FROM cloudtrail ORDER BY event_time DESC LIMIT 50")
    if (rows := len(cursor.fetchall())) != 50:
        raise Wrong(f"{rows} newest events")


def denied(cursor, seen):
    """An aggregate over a derived column."""
    cursor.execute("SELECT count(*) FROM cloudtrail WHERE outcome = 'denied'")
    if (rows := cursor.fetchone()[0]) % (RECORDS // 10):
        raise Wrong(f"{rows} denied events")


# With how often each is asked.
QUERIES = [(counted, 6), (halves, 4), (grouped, 3), (joined, 1), (needle, 6), (streamed, 1), (newest, 4), (denied, 4)]


class Load:
    def __init__(self, options, folder):
        self.options, self.folder = options, pathlib.Path(folder)
        self.lock, self.times, self.errors, self.commits = threading.Lock(), collections.defaultdict(list), [], 0
        self.over = threading.Event()

    def trailql(self, *arguments, **others):
        command = [self.options.program, "--lake", str(self.folder / "lake"), *arguments]
        return subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **others)

    def commit(self, batch):
        """Ingests one more batch; its commit makes all of it visible."""
        path = self.folder / "logs" / f"{batch}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"Records": [record(batch, index) for index in range(RECORDS)]}))
        self.trailql("ingest", str(path))
        self.commits += 1

    def fail(self, what, error):
        with self.lock:
            self.errors.append(f"{what}: {type(error).__name__}: {error}")
        self.over.set()

    def ingest(self):
        try:
            while not self.over.is_set():
                self.commit(self.commits)
                self.over.wait(self.options.pause)
        except Exception as error:
            self.fail("ingest", error)

    def client(self, number):
        seen, choices = {}, [query for query, often in QUERIES for _ in range(often)]
        random_of = random.Random(number)
        arguments = {
            adbc_driver_flightsql.DatabaseOptions.WITH_COOKIE_MIDDLEWARE.value: "true",
            "username": USER,
            "password": PASSWORD,
        }
        try:
            with flightsql.connect(f"grpc://{self.address}", db_kwargs=arguments, autocommit=True) as connection:
                while not self.over.is_set():
                    query = random_of.choice(choices)
                    begun = time.monotonic()
                    with connection.cursor() as cursor:
                        query(cursor, seen)
                    with self.lock:
                        self.times[query.__name__].append(time.monotonic() - begun)
        except Exception as error:
            self.fail(f"client {number}", error)

    def memory(self, word):
        status = pathlib.Path(f"/proc/{self.server.pid}/status")
        lines = status.read_text().splitlines() if status.exists() else []
        return next((int(line.split()[1]) >> 10 for line in lines if line.startswith(word)), 0)

    def run(self):
        self.trailql("user", "add", USER, "--users", str(self.folder / "users"), input=PASSWORD.encode())
        for batch in range(self.options.batches):
            self.commit(batch)
        command = [self.options.program, "--lake", str(self.folder / "lake"), "serve", "--listen", "127.0.0.1:0"]
        command += ["--users", str(self.folder / "users"), "--audit", str(self.folder / "audit.ndjson")]
        command += ["--memory", self.options.memory, "--query-time", "10m", "--queue-time", "10m"]
        self.server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = next(line for line in self.server.stdout if line.startswith("listening on "))
        self.address = line.split()[-1]
        threading.Thread(target=self.server.stdout.read, daemon=True).start()
        threads = [threading.Thread(target=self.client, args=(number,)) for number in range(self.options.clients)]
        threads.append(threading.Thread(target=self.ingest))
        begun, first = time.monotonic(), self.commits
        for thread in threads:
            thread.start()
        while not self.over.wait(10) and time.monotonic() - begun < self.options.minutes * 60:
            with self.lock:
                done = sum(map(len, self.times.values()))
            print(f"{time.monotonic() - begun:5.0f} s {done:7} queries  {self.commits - first:4} commits"
                  f"  {self.memory('VmRSS')} MiB", flush=True)
        self.over.set()
        for thread in threads:
            thread.join()
        self.report(time.monotonic() - begun, self.commits - first)
        self.server.send_signal(signal.SIGTERM)
        code = self.server.wait(60)
        if code:
            self.errors.append(f"the server ended with {code}")
        audited = sum(1 for line in open(self.folder / "audit.ndjson") if '"event":"query",' in line)
        print(f"audit log: {audited} queries")
        for error in self.errors[:10]:
            print("error:", error)
        return 1 if self.errors else 0

    def report(self, seconds, commits):
        times = sorted(time for times in self.times.values() for time in times)
        if not times:
            return
        slow = times[len(times) * 99 // 100:]
        print(f"\n{self.options.clients} clients, {seconds:.0f} s: {len(times)} queries, {len(times) / seconds:.1f}/s,"
              f" {commits} commits meanwhile, {len(self.errors)} errors")
        print(f"half within {times[len(times) // 2]:.3f} s; slowest 1 %: from {slow[0]:.3f} s,"
              f" mean {sum(slow) / len(slow):.3f} s, longest {times[-1]:.3f} s")
        print(f"server memory: at most {self.memory('VmHWM')} MiB, {self.options.memory} for queries")
        for name, of in sorted(self.times.items()):
            of.sort()
            print(f"  {name:10} {len(of):6}  half within {of[len(of) // 2]:.3f} s, 99 % within {of[len(of) * 99 // 100]:.3f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="target/release/trailql")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--batches", type=int, default=20, help="in the lake before it begins")
    parser.add_argument("--pause", type=float, default=2, help="seconds between commits")
    parser.add_argument("--memory", default="1GiB")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(Load(options, folder).run())


if __name__ == "__main__":
    main()
