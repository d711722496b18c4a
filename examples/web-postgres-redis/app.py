"""Counts hits in Redis and remembers them in PostgreSQL."""

import os
import time

import psycopg2
import redis
from flask import Flask

app = Flask(__name__)
counter = redis.from_url(os.environ["REDIS_URL"])


def wait_for_database():
    """depends_on in its short form orders the starts, no more."""
    for _ in range(120):
        try:
            return psycopg2.connect(os.environ["DATABASE_URL"])
        except psycopg2.OperationalError:
            time.sleep(0.5)
    raise SystemExit("the database did not come up")


database = wait_for_database()
database.autocommit = True
with database.cursor() as start:
    start.execute("CREATE TABLE IF NOT EXISTS hits (number integer, seen timestamptz DEFAULT now())")


@app.get("/")
def hit():
    number = counter.incr("hits")
    with database.cursor() as cursor:
        cursor.execute("INSERT INTO hits (number) VALUES (%s)", (number,))
        cursor.execute("SELECT count(*) FROM hits")
        return f"hit {number} since the start, {cursor.fetchone()[0]} in all\n"


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=5000, debug=os.environ.get("FLASK_DEBUG") == "1")
