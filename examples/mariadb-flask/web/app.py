"""Notes in a MySQL-compatible database."""

import os
import time

import pymysql
from flask import Flask, request

app = Flask(__name__)


def connect():
    return pymysql.connect(host=os.environ["DB_HOST"], user=os.environ["DB_USER"],
                           password=os.environ["DB_PASSWORD"], database=os.environ["DB_NAME"])


def wait_for_database():
    """depends_on without a condition starts this service with the database, not after it is ready."""
    for _ in range(120):
        try:
            with connect() as connection, connection.cursor() as cursor:
                cursor.execute("CREATE TABLE IF NOT EXISTS notes (id INT AUTO_INCREMENT PRIMARY KEY, text TEXT)")
                connection.commit()
            return
        except pymysql.err.OperationalError as error:
            print(f"waiting for the database: {error.args[-1]}", flush=True)
            time.sleep(0.5)
    raise SystemExit("the database did not come up")


@app.get("/")
def show():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT text FROM notes ORDER BY id")
        return "".join(f"{text}\n" for (text,) in cursor.fetchall())


@app.post("/")
def add():
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO notes (text) VALUES (%s)", (request.form["text"],))
        connection.commit()
    return "noted\n", 201


if __name__ == "__main__":
    wait_for_database()
    app.run(host="0.0.0.0", port=5000)
