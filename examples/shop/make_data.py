#!/usr/bin/env python3
"""Writes the data of a made-up shop as SQL for psql: products, customers, and what these have looked at and bought. The same each time.

What is hidden in it, for a recommender to find: every customer has two favourite departments and two favourite brands; who has
bought a large thing (camera, coffee machine, bicycle, tent) comes back for what goes with it, of the same brand; coffee runs out.
"""
import random

BRANDS = ["Norda", "Velio", "Kestrel", "Omaru", "Brightwell", "Tilde", "Alpenrose", "Quay"]
# The first of the first four departments is the large thing.
DEPARTMENTS = {
    "Photo": [("camera", 450), ("lens", 180), ("tripod", 70), ("camera bag", 45)],
    "Coffee": [("espresso machine", 320), ("grinder", 90), ("milk jug", 18), ("coffee beans", 12)],
    "Cycling": [("bicycle", 780), ("helmet", 65), ("bicycle lock", 35), ("light set", 25)],
    "Camping": [("tent", 240), ("sleeping bag", 110), ("camping stove", 55), ("rucksack", 95)],
    "Home": [("lamp", 60), ("rug", 130), ("candle", 9), ("cushion", 22)],
    "Books": [("crime novel", 14), ("travel guide", 19), ("cookbook", 29), ("comic", 12)],
    "Fashion": [("shoes", 85), ("jacket", 140), ("shirt", 39), ("scarf", 25)],
    "Toys": [("brick set", 49), ("puzzle", 17), ("doll", 27), ("board game", 33)],
}
LARGE = {"camera", "espresso machine", "bicycle", "tent"}
MODELS = ["Aster", "Birk", "Calla", "Dune", "Elm", "Fern", "Grove", "Heath", "Iris", "Juno", "Kite", "Lark", "Mica", "Nova", "Opal", "Pine"]
FIRST_NAMES = ["Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gita", "Hugo", "Ida", "Jon", "Kim", "Lea", "Max", "Nina", "Otto", "Pia",
               "Quinn", "Rosa", "Sam", "Tess", "Udo", "Vera", "Will", "Xenia", "Yara", "Zoe"]
CUSTOMERS = 1200
DAYS = 200

chance = random.Random(20261201)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def make_products():
    products = []
    for department, kinds in DEPARTMENTS.items():
        for kind, price in kinds:
            for brand in BRANDS:
                products.append(dict(id=len(products) + 1, department=department, kind=kind, brand=brand, name=f"{brand} {chance.choice(MODELS)}",
                                     price=round(price * chance.uniform(0.7, 1.4)) - 0.05, weight=chance.uniform(0.3, 1)))
    return products


class Customer:
    """One customer's visits, one after the other."""

    def __init__(self, number, products):
        self.number, self.products = number, products
        self.name = f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {number}"
        self.departments = chance.sample(list(DEPARTMENTS), 2)
        self.brands = chance.sample(BRANDS, 2)
        self.wanted = []
        self.bought = set()
        self.events = []

    def choose(self, fits):
        those = [p for p in self.products if fits(p)]
        return chance.choices(those, [p["weight"] * (6 if p["brand"] in self.brands else 1) for p in those])[0]

    def add(self, day, kind, product):
        self.events.append((day, self.number, product["id"], kind))
        return day + chance.uniform(20, 200) / 86400

    def buy(self, day, product):
        day = self.add(day, "cart", product)
        self.add(day, "purchase", product)
        self.bought.add(product["id"])
        if product["kind"] in LARGE:
            others = [p for p in self.products if p["department"] == product["department"] and p["brand"] == product["brand"] and p is not product]
            self.wanted = chance.sample(others, len(others))
        elif product["kind"] == "coffee beans" and chance.random() < 0.8:
            self.wanted.append(product)

    def visit(self, day):
        if self.wanted and chance.random() < 0.8:
            product = self.wanted.pop(0)
            self.buy(self.add(day, "view", product), product)
            return
        department = chance.choice(self.departments) if chance.random() < 0.85 else chance.choice(list(DEPARTMENTS))
        kind = chance.choice(DEPARTMENTS[department])[0]
        seen = []
        for _ in range(chance.randint(2, 4)):
            # Mostly one kind of thing is looked for, and then others of its department.
            product = self.choose(lambda p: p["department"] == department and (p["kind"] == kind or chance.random() < 0.2))
            if product not in seen:
                seen.append(product)
                day = self.add(day, "view", product)
        best = [p for p in seen if p["brand"] in self.brands and p["id"] not in self.bought]
        if best and chance.random() < 0.6:
            self.buy(day, best[0])


def main():
    products = make_products()
    customers = [Customer(n, products) for n in range(1, CUSTOMERS + 1)]
    events = []
    for customer in customers:
        for day in sorted(chance.uniform(0, DAYS - 1) for _ in range(chance.randint(4, 14))):
            customer.visit(day)
        events += customer.events
    events.sort()
    print("INSERT INTO products (product_id, name, kind, department, brand, price) VALUES")
    print(",\n".join(f"({p['id']}, {quoted(p['name'])}, {quoted(p['kind'])}, {quoted(p['department'])}, {quoted(p['brand'])}, {p['price']:.2f})"
                     for p in products) + ";")
    print("INSERT INTO customers (customer_id, name) VALUES")
    print(",\n".join(f"({c.number}, {quoted(c.name)})" for c in customers) + ";")
    print("COPY made_events (customer_id, product_id, kind, days_ago) FROM STDIN;")
    for day, customer, product, kind in events:
        print(customer, product, kind, f"{DAYS - day:.5f}", sep="\t")
    print("\\.")


if __name__ == "__main__":
    main()
