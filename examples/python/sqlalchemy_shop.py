#!/usr/bin/env python3
"""A column of type hrr and a model's tables in SQLAlchemy (Debian: python3-sqlalchemy, python3-psycopg2).

    sqlalchemy_shop.py for VISITOR      what recommend() answers, by its function
    sqlalchemy_shop.py some VISITOR     the same order by an expression of vectors, with a condition
    sqlalchemy_shop.py store            vectors written and read

It connects as libpq does. The tables and the model are those of shop.py.
"""
import sys
import uuid

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Integer, Text, create_engine, func, select
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Session, declarative_base
from sqlalchemy.types import UserDefinedType

Base = declarative_base()


class Hrr(UserDefinedType):
    """A vector as a list of floats, whose operators are methods of the column: User.vector.inner_product(Item.target)."""

    cache_ok = True

    def __init__(self, dimension=None):
        self.dimension = dimension

    def get_col_spec(self, **_):
        return "hrr" if self.dimension is None else f"hrr({self.dimension})"

    def bind_processor(self, dialect):
        return lambda values: None if values is None else "[" + ",".join(str(float(x)) for x in values) + "]"

    def result_processor(self, dialect, coltype):
        return lambda text: None if text is None else [float(x) for x in text[1:-1].split(",")]

    class comparator_factory(UserDefinedType.Comparator):
        def minus_inner_product(self, other):
            return self.op("<#>", return_type=Float())(other)

        def cosine_distance(self, other):
            return self.op("<=>", return_type=Float())(other)


class Visit(Base):
    __tablename__ = "visits"
    visit_id = Column(BigInteger, primary_key=True)
    visitor = Column(UUID(as_uuid=True), nullable=False)
    page = Column(Text, nullable=False)


class Visitor(Base):
    """A model's own table: to be read only."""

    __tablename__ = "pages_users"
    __table_args__ = {"schema": "holomamba"}
    user_id = Column(UUID(as_uuid=True), primary_key=True)
    vector = Column(Hrr())
    events = Column(BigInteger)


class Page(Base):
    __tablename__ = "pages_items"
    __table_args__ = {"schema": "holomamba"}
    item_id = Column(Text, primary_key=True)
    token = Column(Hrr())
    target = Column(Hrr())


class Mood(Base):
    """A table of one's own with vectors in it."""

    __tablename__ = "moods"
    mood_id = Column(Integer, primary_key=True)
    name = Column(Text, nullable=False)
    vector = Column(Hrr(3))


def recommend(session, visitor, k=5):
    answer = func.recommend(str(visitor), k, "pages").table_valued("item_id", "score")
    return session.execute(select(answer.c.item_id, answer.c.score)).all()


def some(session, visitor):
    """Any condition is SQL, and the index serves the order. Here: the pages whose number ends in 7."""
    distance = Page.target.minus_inner_product(select(Visitor.vector).where(Visitor.user_id == visitor).scalar_subquery())
    pages = select(Page.item_id, distance).where(Page.target.isnot(None), Page.item_id.like("%7")).order_by(distance).limit(5)
    return [(page, -d) for page, d in session.execute(pages)]


def store(session):
    Base.metadata.create_all(session.connection(), tables=[Mood.__table__])
    session.add_all([Mood(name="calm", vector=[1, 0, 0.5]), Mood(name="wild", vector=[0, 1, 0]), Mood(name="none", vector=None)])
    session.flush()
    nearest = select(Mood.name, Mood.vector).where(Mood.vector.isnot(None)).order_by(Mood.vector.cosine_distance([0.9, 0.1, 0.4]))
    return session.execute(nearest).all()


def main(command, *arguments):
    with Session(create_engine("postgresql+psycopg2://")) as session:
        if command == "store":
            rows = store(session)
        else:
            rows = {"for": recommend, "some": some}[command](session, uuid.UUID(arguments[0]))
        for row in rows:
            print(*row, sep="\t")
        session.commit()


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ("for", "some", "store"):
        sys.exit(__doc__)
    main(*sys.argv[1:])
