#!/usr/bin/env python3
"""A field of type hrr and a model's tables in Django (Debian: python3-django, python3-psycopg2).

    django_shop.py for VISITOR      what recommend() answers, by its function
    django_shop.py some VISITOR     the same order by an expression of vectors, with a condition
    django_shop.py store            vectors written and read

The tables and the model are those of shop.py. In a project, the settings are in settings.py and the models in models.py.
"""
import os
import sys
import uuid

import django
from django.conf import settings
from django.db import connection, models

settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ.get("PGDATABASE", "postgres"),
                                          "HOST": os.environ.get("PGHOST", ""), "PORT": os.environ.get("PGPORT", ""),
                                          "USER": os.environ.get("PGUSER", "")}},
                   DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
django.setup()


class HrrField(models.Field):
    """A vector, as a list of floats."""

    def __init__(self, *arguments, dimension=None, **named):
        self.dimension = dimension
        super().__init__(*arguments, **named)

    def deconstruct(self):
        name, path, arguments, named = super().deconstruct()
        if self.dimension is not None:
            named["dimension"] = self.dimension
        return name, path, arguments, named

    def db_type(self, connection):
        return "hrr" if self.dimension is None else f"hrr({self.dimension})"

    def from_db_value(self, value, expression, connection):
        return None if value is None else [float(x) for x in value[1:-1].split(",")]

    def get_prep_value(self, value):
        return None if value is None else "[" + ",".join(str(float(x)) for x in value) + "]"


class MinusInnerProduct(models.Func):
    arg_joiner = " <#> "
    template = "(%(expressions)s)"
    output_field = models.FloatField()


class CosineDistance(MinusInnerProduct):
    arg_joiner = " <=> "


class Visitor(models.Model):
    """A model's own table: to be read only, and none of Django's migrations."""

    user_id = models.UUIDField(primary_key=True)
    vector = HrrField()
    events = models.BigIntegerField()

    class Meta:
        app_label = "shop"
        managed = False
        db_table = 'holomamba"."pages_users'


class Page(models.Model):
    item_id = models.TextField(primary_key=True)
    token = HrrField()
    target = HrrField(null=True)

    class Meta:
        app_label = "shop"
        managed = False
        db_table = 'holomamba"."pages_items'


class Mood(models.Model):
    """A table of one's own with vectors in it."""

    name = models.TextField()
    vector = HrrField(dimension=3, null=True)

    class Meta:
        app_label = "shop"
        db_table = "django_moods"


def recommend(visitor, k=5):
    with connection.cursor() as cursor:
        cursor.execute("SELECT item_id, score FROM recommend(%s::text, %s, 'pages')", [visitor, k])
        return cursor.fetchall()


def some(visitor):
    """Any condition is SQL, and the index serves the order. Here: the pages whose number ends in 7."""
    vector = models.Subquery(Visitor.objects.filter(user_id=visitor).values("vector"))
    pages = Page.objects.filter(target__isnull=False, item_id__endswith="7").annotate(distance=MinusInnerProduct("target", vector))
    return [(p.item_id, -p.distance) for p in pages.order_by("distance")[:5]]


def store():
    with connection.schema_editor() as editor:
        editor.create_model(Mood)
    Mood.objects.create(name="calm", vector=[1, 0, 0.5])
    Mood.objects.create(name="wild", vector=[0, 1, 0])
    Mood.objects.create(name="none", vector=None)
    moods = Mood.objects.filter(vector__isnull=False).order_by(CosineDistance("vector", models.Value([0.9, 0.1, 0.4], output_field=HrrField())))
    return [(m.name, m.vector) for m in moods]


def main(command, *arguments):
    rows = store() if command == "store" else {"for": recommend, "some": some}[command](uuid.UUID(arguments[0]))
    for row in rows:
        print(*row, sep="\t")


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ("for", "some", "store"):
        sys.exit(__doc__)
    main(*sys.argv[1:])
