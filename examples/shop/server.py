#!/usr/bin/env python3
"""The shop of `make demo-shop`: pages that SQL fills, with nothing but Python and psycopg2 (Debian: python3-psycopg2).

    server.py [PORT]      serves on 127.0.0.1 (0: a free port), and prints the address

It connects as libpq does: PGHOST, PGDATABASE, PGUSER and the like. Every click is one INSERT or DELETE; all lists are queries, shown below
each of them. No page keeps anything that is not in a table, but for which list it showed last, to mark what is new in the next.
"""
import html
import http.server
import pathlib
import sys
import time
import urllib.parse

import psycopg2
import psycopg2.extras
import psycopg2.pool

HERE = pathlib.Path(__file__).resolve().parent

FOR_YOU = """SELECT p.*, r.score
FROM recommend(%(customer)s::bigint, 8, 'interest', diversity => 0.3) r
JOIN products p ON p.product_id = r.item_id ORDER BY r.score DESC"""
NEXT_PURCHASE = """SELECT p.*, r.score
FROM recommend(%(customer)s::bigint, 4, 'purchases', exclude_seen => false) r
JOIN products p ON p.product_id = r.item_id ORDER BY r.score DESC"""
GOES_WITH = """SELECT p.*, r.score
FROM recommend_next(ARRAY[%(product)s]::bigint[], 4, 'purchases') r
JOIN products p ON p.product_id = r.item_id ORDER BY r.score DESC"""
SIMILAR = """SELECT p.*, s.similarity AS score
FROM similar_items(%(product)s::bigint, 256, 'interest') s
JOIN products p ON p.product_id = s.item_id
WHERE p.kind = (SELECT kind FROM products WHERE product_id = %(product)s)
ORDER BY s.similarity DESC LIMIT 4"""
WITH_CART = """SELECT p.*, r.score
FROM recommend_next(ARRAY(SELECT product_id::bigint FROM carts WHERE customer_id = %(customer)s),
                    4, 'purchases') r
JOIN products p ON p.product_id = r.item_id ORDER BY r.score DESC"""
WHY = """SELECT kind, value, contribution
FROM explain_recommendation(%(customer)s::bigint, %(product)s::bigint, 'interest')
WHERE kind <> 'event'"""
WHAT_YOU_DID = """SELECT p.kind || ' ' || p.name, e.events, e.last_event::timestamptz, e.contribution
FROM explain_events(%(customer)s::bigint, %(product)s::bigint, 'interest') e
JOIN products p ON p.product_id = e.item_id ORDER BY abs(e.contribution) DESC LIMIT 8"""

ICONS = {
    "Photo": '<rect x="6" y="15" width="36" height="24" rx="4"/><path d="M17 15l3-6h8l3 6"/><circle cx="24" cy="27" r="7"/>',
    "Coffee": '<path d="M9 18h25v11a10 10 0 0 1-10 10h-5a10 10 0 0 1-10-10z"/><path d="M34 21h3a5 5 0 0 1 0 10h-3"/><path d="M16 6v6M22 6v6M28 6v6"/>',
    "Cycling": '<circle cx="12" cy="31" r="8"/><circle cx="36" cy="31" r="8"/><path d="M12 31l7-16h12l5 16M19 15l6 16 6-16M12 31h13M15 15h7M31 15l-1-5h5"/>',
    "Camping": '<path d="M24 8L5 40h38zM24 20L14 40M24 20l10 20"/>',
    "Home": '<path d="M15 7h18l6 17H9zM24 24v15M16 40h16"/>',
    "Books": '<path d="M24 12c-5-4-11-4-17-3v28c6-1 12-1 17 3 5-4 11-4 17-3V9c-6-1-12-1-17 3zM24 12v28"/>',
    "Fashion": '<path d="M17 8l-12 7 4 9 6-2v18h18V22l6 2 4-9-12-7c-2 4-12 4-14 0z"/>',
    "Toys": '<rect x="6" y="25" width="16" height="15"/><rect x="26" y="25" width="16" height="15"/><rect x="16" y="9" width="16" height="15"/>',
}

escape = html.escape


class Shop:
    """What one request asks of the database, and the page that comes of it."""

    last_lists = {}

    def __init__(self, connection, customer):
        self.cursor = connection.cursor(cursor_factory=psycopg2.extras.DictCursor)
        self.customer = self.row("SELECT * FROM customers WHERE customer_id = %s", [customer])

    def rows(self, query, values=None):
        self.cursor.execute(query, values)
        return self.cursor.fetchall()

    def row(self, query, values=None):
        found = self.rows(query, values)
        if not found:
            raise LookupError(query)
        return found[0]

    # Clicks

    def event(self, product, kind):
        self.cursor.execute("INSERT INTO events (customer_id, product_id, kind) VALUES (%s, %s, %s)", [self.customer["customer_id"], product, kind])

    def put_into_cart(self, product):
        self.cursor.execute("INSERT INTO carts VALUES (%s, %s) ON CONFLICT DO NOTHING", [self.customer["customer_id"], product])
        self.event(product, "cart")

    def take_out_of_cart(self, product):
        self.cursor.execute("DELETE FROM carts WHERE customer_id = %s AND product_id = %s", [self.customer["customer_id"], product])

    def buy_cart(self):
        self.cursor.execute("""WITH bought AS (DELETE FROM carts WHERE customer_id = %s RETURNING *)
                               INSERT INTO events (customer_id, product_id, kind) SELECT customer_id, product_id, 'purchase' FROM bought""",
                            [self.customer["customer_id"]])

    def forget(self, event):
        self.cursor.execute("DELETE FROM events WHERE event_id = %s AND customer_id = %s", [event, self.customer["customer_id"]])

    # Pages

    def at(self, *parts):
        return "/" + "/".join(str(p) for p in (self.customer["customer_id"], *parts))

    def button(self, action, text, name=""):
        return f'<form method="post" action="{self.at(*action)}"><button class="{name}">{text}</button></form>'

    def card(self, product, new, why):
        # Colours of departments are as far apart as they can be.
        hue = list(ICONS).index(product["department"]) * 45
        return f"""<article class="card" style="--hue: {hue}" data-product="{product['product_id']}">
            <a href="{self.at('product', product['product_id'])}">
              <span class="picture"><svg viewBox="0 0 48 48" aria-hidden="true">{ICONS[product['department']]}</svg></span>
              {'<span class="new">new</span>' if new else ''}
              <span class="name">{escape(product['kind'].capitalize())}</span>
              <span class="kind">{escape(product['name'])}</span>
              <span class="price">{product['price']}</span></a>
            {f'<a class="why" href="{self.at("why", product["product_id"])}">why this?</a>' if why else ''}
          </article>"""

    def listing(self, name, title, note, query, why=False, product=None):
        """A list of products, and the query that found them. What the list before this one did not have is marked."""
        values = {"customer": self.customer["customer_id"], "product": product}
        start = time.perf_counter()
        products = self.rows(query, values)
        milliseconds = (time.perf_counter() - start) * 1000
        ids = [p["product_id"] for p in products]
        key = (self.customer["customer_id"], name, product)
        now, before = self.last_lists.get(key, (ids, ids))
        if now != ids:
            now, before = ids, now
        self.last_lists[key] = (now, before)
        cards = "".join(self.card(p, p["product_id"] not in before, why) for p in products)
        sql = escape(self.cursor.mogrify(query, values).decode())
        return f"""<section id="{name}"><h2>{title}</h2><p class="note">{note}</p><div class="cards">{cards}</div>
          <details><summary>the query, {milliseconds:.1f} ms</summary><pre>{sql}</pre></details></section>"""

    def home(self):
        return (self.listing("for-you", "For you", "By all that you looked at and bought, less what you know already, and not all of one kind.", FOR_YOU, why=True)
                + self.listing("next-purchase", "Probably your next purchase", "By purchases alone. What runs out may come again.", NEXT_PURCHASE))

    def product(self, product):
        p = self.row("SELECT * FROM products WHERE product_id = %s", [product])
        self.event(product, "view")
        hue = list(ICONS).index(p["department"]) * 45
        return f"""<section class="product" style="--hue: {hue}">
            <span class="picture"><svg viewBox="0 0 48 48" aria-hidden="true">{ICONS[p['department']]}</svg></span>
            <div><h1>{escape(p['kind'].capitalize())} {escape(p['name'])}</h1><p>by {escape(p['brand'])}, in {escape(p['department'])}</p>
            <p class="price">{p['price']}</p>
            <div class="actions">{self.button(('add', product), 'Add to cart', 'first')}{self.button(('buy', product), 'Buy now')}</div></div>
          </section>""" + self.listing("goes-with", "Goes with it", "What a purchase of this is followed by.", GOES_WITH, product=product) \
            + self.listing("similar", f"Another {escape(p['kind'])}", "The most similar ones.", SIMILAR, product=product)

    def cart(self):
        products = self.rows("SELECT p.* FROM carts JOIN products p USING (product_id) WHERE customer_id = %s ORDER BY product_id",
                             [self.customer["customer_id"]])
        lines = "".join(f"""<tr><td><a href="{self.at('product', p['product_id'])}">{escape(p['kind'].capitalize())}</a></td><td>{escape(p['name'])}</td>
            <td class="number">{p['price']}</td><td>{self.button(('remove', p['product_id']), '✕', 'small')}</td></tr>""" for p in products)
        total = sum(p["price"] for p in products)
        table = f"""<table>{lines}<tr class="total"><td colspan="2">Together</td><td class="number">{total}</td><td></td></tr></table>
            <div class="actions">{self.button(('checkout',), 'Buy all', 'first')}</div>""" if products else "<p>It is empty.</p>"
        return f'<section id="cart"><h1>Your cart</h1>{table}</section>' \
            + self.listing("with-cart", "Goes with your cart", "What purchases of these are followed by.", WITH_CART)

    def why(self, product):
        p = self.row("SELECT * FROM products WHERE product_id = %s", [product])
        values = {"customer": self.customer["customer_id"], "product": product}
        reasons = self.rows(WHY, values)
        parts = [(r["value"].replace("=", ": ") if r["kind"] == "attribute" else "this very product" if r["kind"] == "item"
                  else "liked by everyone" if r["kind"] == "bias" else "had before", r["contribution"])
                 for r in reasons]
        events = [(f"{name}, {last:%-d %B}" + (f", {times} times" if times > 1 else ""), c)
                  for name, times, last, c in self.rows(WHAT_YOU_DID, values)]
        sql = escape(";\n\n".join(self.cursor.mogrify(q, values).decode() for q in (WHY, WHAT_YOU_DID)))
        return f"""<section id="why"><h1>Why {escape(p['kind'])} {escape(p['name'])}?</h1>
          <h2>What it is</h2><p class="note">These add up to its score for you, {sum(c for _, c in parts):.2f}.</p>{self.bars(parts)}
          <h2>What you did</h2><p class="note">By how much the score would be lower without.</p>{self.bars(sorted(events, key=lambda e: -e[1]))}
          <details><summary>the queries</summary><pre>{sql}</pre></details></section>"""

    @staticmethod
    def bars(parts):
        most = max((abs(c) for _, c in parts), default=1) or 1
        return '<table class="bars">' + "".join(
            f"""<tr><th>{escape(name)}</th><td><span class="{'less' if c < 0 else 'more'}" style="width: {abs(c) / most * 100:.1f}%"></span></td>
            <td class="number">{c:+.2f}</td></tr>""" for name, c in parts) + "</table>"

    def side(self):
        events = self.rows("""SELECT e.event_id, e.kind, e.product_id, p.name, p.kind AS what FROM events e JOIN products p USING (product_id)
                              WHERE customer_id = %s ORDER BY at DESC, event_id DESC LIMIT 12""", [self.customer["customer_id"]])
        verbs = {"view": "looked at", "cart": "put into the cart", "purchase": "bought"}
        lines = "".join(f"""<li class="{e['kind']}"><span>{verbs[e['kind']]}<br><a href="{self.at('product', e['product_id'])}">{escape(e['what'].capitalize())}</a>
            {escape(e['name'])}</span>{self.button(('forget', e['event_id']), '✕', 'small')}</li>""" for e in events)
        return f"""<aside><h2>What you did</h2><p class="note">Rows of the table <code>events</code>, latest first. ✕ deletes one.</p>
            <ol id="events">{lines or '<li>nothing yet</li>'}</ol></aside>"""

    def page(self, title, body):
        people = self.rows("""SELECT c.customer_id, c.name, (SELECT string_agg(d.department, ' and ') FROM (
                                  SELECT p.department FROM events e JOIN products p USING (product_id) WHERE e.customer_id = c.customer_id
                                  GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 2) d (department)) AS likes
                              FROM customers c WHERE c.customer_id <= 8 OR c.customer_id = %s ORDER BY 1""", [self.customer["customer_id"]])
        options = "".join(f"""<a href="/{p['customer_id']}"{' class="chosen"' if p['customer_id'] == self.customer['customer_id'] else ''}>
            {escape(p['name'])}<small>{escape(p['likes'] or 'has seen nothing yet')}</small></a>""" for p in people)
        in_cart = self.row("SELECT count(*) FROM carts WHERE customer_id = %s", [self.customer["customer_id"]])[0]
        return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
          <title>{escape(title)} · The Made Shop</title><link rel="stylesheet" href="/shop.css"><link rel="icon" href="data:,"></head><body>
          <header><a class="brand" href="{self.at()}">The Made Shop</a>
            <details class="people"><summary>{escape(self.customer['name'])}</summary><div>{options}
              <form method="post" action="/new"><button class="first">Somebody new</button></form></div></details>
            <a class="cart" href="{self.at('cart')}">Cart <b>{in_cart}</b></a></header>
          <p class="banner">Each click is an <code>INSERT</code>. The lists are answers of PostgreSQL to the queries below them, and nothing else is running.</p>
          <div class="columns"><main>{body}</main>{self.side()}</div></body></html>"""


class Handler(http.server.BaseHTTPRequestHandler):
    pool = None
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, kind="text/html; charset=utf-8", **headers):
        data = body.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), "Cache-Control": "no-store", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def go_to(self, place):
        self.answer(303, "", Location=place)

    def in_transaction(self, work):
        """A request is a transaction: an event, the state that it moves, and the lists that follow from it."""
        connection = self.pool.getconn()
        try:
            with connection:
                work(connection)
        except (LookupError, ValueError, psycopg2.errors.ForeignKeyViolation, psycopg2.errors.NumericValueOutOfRange):
            self.answer(404, "<!DOCTYPE html><title>Nothing here</title><p>There is nothing here. <a href='/'>The shop</a>")
        finally:
            self.pool.putconn(connection)

    def parts(self):
        return urllib.parse.urlsplit(self.path).path.strip("/").split("/")

    def do_GET(self):
        parts = self.parts()
        if parts == ["shop.css"]:
            self.answer(200, (HERE / "shop.css").read_text(), "text/css")
        elif parts == [""]:
            self.go_to("/1")
        else:
            self.in_transaction(lambda connection: self.show(connection, *parts))

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        # A page of another site that has a form for this one may not click here.
        if self.headers.get("Origin", "null") not in ("null", f"http://{self.headers.get('Host')}"):
            self.answer(403, "")
        else:
            self.in_transaction(lambda connection: self.click(connection, *self.parts()))

    def show(self, connection, customer, what="home", *which):
        shop = Shop(connection, int(customer))
        pages = {"home": shop.home, "product": shop.product, "cart": shop.cart, "why": shop.why}
        if what not in pages or len(which) != (what in ("product", "why")):
            raise LookupError(what)
        body = pages[what](*(int(w) for w in which))
        self.answer(200, shop.page(what.capitalize(), body))

    def click(self, connection, customer, what=None, which="0", *more):
        if customer == "new" and what is None:
            cursor = connection.cursor()
            cursor.execute("INSERT INTO customers (name) VALUES ('Somebody new') RETURNING customer_id")
            place = f"/{cursor.fetchone()[0]}"
        else:
            shop = Shop(connection, int(customer))
            which = int(which)
            if what == "add":
                shop.put_into_cart(which)
            elif what == "buy":
                shop.event(which, "purchase")
            elif what == "remove":
                shop.take_out_of_cart(which)
            elif what == "checkout":
                shop.buy_cart()
            elif what == "forget":
                shop.forget(which)
            else:
                raise LookupError(what)
            place = shop.at("cart") if what in ("add", "remove") else shop.at()
        connection.commit()
        self.go_to(place)

    def log_message(self, *arguments):
        pass


def main(port="8080"):
    Handler.pool = psycopg2.pool.ThreadedConnectionPool(1, 16, "")
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
    except OSError:
        # Somebody else has the port.
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(f"The shop is open: http://127.0.0.1:{server.server_address[1]}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
