"""A guestbook: entries in PostgreSQL, visits in Redis."""

import os

import psycopg2
import redis
from flask import Flask, redirect, render_template, request

app = Flask(__name__)
cache = redis.Redis(host=os.environ["CACHE_HOST"])


def connect():
    with open(os.environ["DB_PASSWORD_FILE"], encoding="utf-8") as file:
        password = file.read().strip()
    return psycopg2.connect(host=os.environ["DB_HOST"], dbname=os.environ["DB_NAME"],
                            user=os.environ["DB_USER"], password=password, connect_timeout=5)


def run(statement, *values):
    """Runs one SQL statement and returns its rows, if it has any."""
    connection = connect()
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


run("CREATE TABLE IF NOT EXISTS entries (id serial PRIMARY KEY, name text, message text)")


@app.get("/")
def show():
    entries = run("SELECT name, message FROM entries ORDER BY id DESC LIMIT 100")
    return render_template("guestbook.html", entries=entries, visits=cache.incr("visits"))


@app.post("/")
def sign():
    run("INSERT INTO entries (name, message) VALUES (%s, %s)", request.form["name"], request.form["message"])
    return redirect("/")


@app.get("/health")
def health():
    cache.ping()
    run("SELECT 1")
    return "well\n"
