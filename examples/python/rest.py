#!/usr/bin/env python3
"""A REST front of a model in one page, with psycopg2 (Debian: python3-psycopg2). `rest.py [PORT]` serves on 127.0.0.1.

    POST /visits {"visitor": "…", "page": "…"}     201
    GET  /visitors/VISITOR/recommendations?k=5     [{"item_id": "…", "score": …}, …]
    GET  /pages/PAGE/similar?k=5                   [{"item_id": "…", "similarity": …}, …]

It connects as libpq does. The tables and the model are those of shop.py. PostgREST does this without a program: docs/recipes.md.
"""
import http.server
import json
import sys
import urllib.parse

import psycopg2
import psycopg2.extras
import psycopg2.pool

LISTS = {("visitors", "recommendations"): "SELECT item_id, score FROM holomamba.recommend_text(%s, %s, 'pages')",
         ("pages", "similar"): "SELECT item_id, similarity FROM holomamba.similar_items_text(%s, %s, 'pages')"}
# SQLSTATEs, or their first two letters, of what the one who asks has done wrong; all else is ours.
REFUSALS = {"22": 400, "23": 409, "42501": 403, "55000": 503}


class Handler(http.server.BaseHTTPRequestHandler):
    pool = None

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def query(self, text, values, status=200):
        """One request, one transaction: what the event moves is there for the next request, whoever asks."""
        connection = self.pool.getconn()
        try:
            with connection, connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
                cursor.execute(text, values)
                rows = cursor.fetchall() if cursor.description else {}
            self.answer(status, rows)
        except psycopg2.Error as error:
            code = error.pgcode or ""
            self.answer(REFUSALS.get(code, REFUSALS.get(code[:2], 500)), {"message": error.diag.message_primary, "hint": error.diag.message_hint})
        finally:
            self.pool.putconn(connection, close=connection.closed != 0)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        parts = [urllib.parse.unquote(p) for p in url.path.strip("/").split("/")]
        text = LISTS.get((parts[0], parts[-1])) if len(parts) == 3 else None
        if text is None:
            self.answer(404, {"message": "nothing here"})
        else:
            self.query(text, [parts[1], urllib.parse.parse_qs(url.query).get("k", ["5"])[0]])

    def do_POST(self):
        try:
            visit = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            values = [visit["visitor"], visit["page"]]
        except (ValueError, KeyError, TypeError):
            self.answer(400, {"message": 'expected {"visitor": "…", "page": "…"}'})
        else:
            self.query("INSERT INTO visits (visitor, page) VALUES (%s, %s)", values, 201)

    def log_message(self, *arguments):
        pass


if __name__ == "__main__":
    Handler.pool = psycopg2.pool.ThreadedConnectionPool(1, 16, "")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8081), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
