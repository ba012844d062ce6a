import sqlalchemy as sa
from sqlalchemy import event, orm


def make_classes():
    base = orm.declarative_base()

    class Author(base):
        __tablename__ = "author"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        books = orm.relationship("Book", back_populates="author", cascade="all, delete-orphan")

    class Book(base):
        __tablename__ = "book"
        id = sa.Column(sa.Integer, primary_key=True)
        title = sa.Column(sa.String)
        author_id = sa.Column(sa.ForeignKey("author.id"))
        author = orm.relationship("Author", back_populates="books")

    return base, Author, Book


def use_core():
    engine = sa.create_engine("sqlite://")
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer, primary_key=True), sa.Column("b", sa.String))
    table.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}])
        list(connection.execute(sa.select(table.c.a, sa.func.count()).where(table.c.b == "x").group_by(table.c.a)))
    engine.dispose()


def use_orm():
    base, author_class, book_class = make_classes()
    engine = sa.create_engine("sqlite://")
    base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        author = author_class(name="A", books=[book_class(title="B"), book_class(title="C")])
        session.add(author)
        session.commit()
        session.query(author_class).join(book_class).filter(book_class.title == "B").all()
        session.delete(author.books[0])
        session.flush()
        session.rollback()
    engine.dispose()


def use_events():
    engine = sa.create_engine("sqlite://")
    seen = []
    event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args))
    with engine.connect() as connection:
        connection.execute(sa.text("select 1")).scalar()
        inspector = sa.inspect(connection)
        inspector.get_table_names()
    engine.dispose()


def use_reflection_and_errors():
    engine = sa.create_engine("sqlite://")
    metadata = sa.MetaData()
    with engine.begin() as connection:
        connection.execute(sa.text("create table r (x integer primary key)"))
        metadata.reflect(connection)
        try:
            connection.execute(sa.text("select nothing from nowhere"))
        except sa.exc.OperationalError:
            pass
    engine.dispose()
