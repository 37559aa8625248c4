#!/usr/bin/env python3
"""What a web application asks of holomamba, in Python with psycopg2 (Debian: python3-psycopg2).

    shop.py setup                   tables, made-up visits and a model
    shop.py train                   in the background, until it is done
    shop.py visit VISITOR PAGE      one event
    shop.py for VISITOR [K]         what to show to a visitor
    shop.py after [PAGE ...]        what to show to somebody without an account, who has been there
    shop.py newsletter [K]          for all visitors at once

It connects as libpq does: PGHOST, PGDATABASE, PGUSER and the like. Visitors are UUIDs and pages texts, so ids travel as text.
"""
import sys
import time
import uuid

import psycopg2
import psycopg2.extras

SETUP = """
CREATE TABLE visits (
    visit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    visitor  uuid NOT NULL,
    page     text NOT NULL,
    at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON visits (visitor, at, visit_id);
INSERT INTO visits (visitor, page, at)
SELECT md5(v::text)::uuid, 'page ' || 1 + (v * 7 + n) % 30, now() - (20 - n) * interval '1 hour'
FROM generate_series(1, 40) v, generate_series(1, 12) n;
SELECT holomamba.create_model('pages', 'visits', 'visitor', 'page', '{at,visit_id}',
    options => '{"dimension": 16, "layers": 1, "state_size": 2, "epochs": 2, "threads": 1}');
"""


def setup(connection):
    with connection, connection.cursor() as cursor:
        cursor.execute(SETUP)


def train(connection):
    """Starts a training and waits for it. CALL holomamba.train() would do, too, with connection.autocommit = True."""
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT holomamba.start_training('pages')")
        training = cursor.fetchone()[0]
        while True:
            cursor.execute("SELECT epoch, epochs, time_left FROM holomamba.trainings WHERE training_id = %s", [training])
            under_way = cursor.fetchone()
            if under_way is None:
                break
            print("epoch {} of {}, {} left".format(*under_way), file=sys.stderr)
            time.sleep(0.5)
        cursor.execute("SELECT status, message FROM holomamba.versions WHERE training_id = %s", [training])
        status, message = cursor.fetchone()
    print(status if message is None else f"{status}: {message}")


def visit(connection, visitor, page):
    """The state of the visitor moves in the same transaction."""
    with connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO visits (visitor, page) VALUES (%s, %s)", [uuid.UUID(visitor), page])


def recommend(connection, visitor, k=5):
    """psycopg2 sends a UUID as one. The form for uuid would return uuids, which pages are not: ::text."""
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT item_id, score FROM recommend(%s::text, %s, 'pages')", [uuid.UUID(visitor), k])
        return cursor.fetchall()


def recommend_after(connection, pages, k=5):
    """A list becomes an array of text; an empty one has no type, and is taken for text."""
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT item_id, score FROM recommend_next(%s, %s, 'pages')", [pages, k])
        return cursor.fetchall()


def newsletter(connection, k=5):
    """A named cursor fetches some rows at a time: the list of all visitors may be long."""
    with connection, connection.cursor("newsletter") as cursor:
        cursor.execute("SELECT user_id, item_id FROM recommend_batch(NULL, %s, 'pages')", [k])
        yield from cursor


def main(command, *arguments):
    psycopg2.extras.register_uuid()
    connection = psycopg2.connect("")
    try:
        if command == "for":
            visitor, k = arguments[0], int(arguments[1]) if len(arguments) > 1 else 5
            rows = recommend(connection, visitor, k)
        elif command == "after":
            rows = recommend_after(connection, list(arguments))
        elif command == "newsletter":
            rows = newsletter(connection, *(int(k) for k in arguments))
        else:
            rows = {"setup": setup, "train": train, "visit": visit}[command](connection, *arguments) or []
        for row in rows:
            print(*row, sep="\t")
    finally:
        connection.close()


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ("setup", "train", "visit", "for", "after", "newsletter"):
        sys.exit(__doc__)
    main(*sys.argv[1:])
