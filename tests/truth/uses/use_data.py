"""attrs, pydantic, marshmallow, networkx, rich, textual-free prompt_toolkit, simpy, pytest's API."""
import io
import os
import tempfile

import attr
import marshmallow
import networkx
import pydantic
import pytest
import rich.console
import rich.live
import rich.markdown
import rich.progress
import rich.table
import rich.traceback
import rich.tree
import simpy


def use_attrs():
    @attr.s(auto_attribs=True)
    class Node:
        name: str
        parent: "Node" = None
        children: list = attr.Factory(list)

    root = Node("a")
    root.children.append(Node("b", root))
    attr.asdict(Node("c"))
    attr.evolve(root, name="z")

    @attr.define
    class Slotted:
        x: int = attr.field(validator=attr.validators.instance_of(int))

    Slotted(1)


def use_pydantic():
    class Item(pydantic.BaseModel):
        name: str
        parts: list = []

        @pydantic.validator("name")
        def check(cls, value):
            return value.strip()

    Item(name=" a ", parts=[1]).json()
    try:
        Item()
    except pydantic.ValidationError as error:
        str(error)


def use_marshmallow():
    class Inner(marshmallow.Schema):
        a = marshmallow.fields.Int(required=True)

    class Outer(marshmallow.Schema):
        inner = marshmallow.fields.Nested(Inner)
        many = marshmallow.fields.List(marshmallow.fields.Nested(Inner))

        @marshmallow.post_load
        def make(self, data, **kwargs):
            return data

    Outer().load({"inner": {"a": 1}, "many": [{"a": 2}]})
    Outer(many=True).dump([{"inner": {"a": 1}}])
    try:
        Outer().load({"inner": {}})
    except marshmallow.ValidationError:
        pass


def use_networkx():
    graph = networkx.karate_club_graph()
    networkx.shortest_path(graph, 0, 33)
    networkx.pagerank_scipy(graph) if hasattr(networkx, "pagerank_scipy") else None
    list(networkx.connected_components(graph))
    graph.subgraph([0, 1, 2]).copy()
    directed = networkx.DiGraph([(1, 2), (2, 3)])
    list(networkx.topological_sort(directed))
    directed.reverse(copy=False)
    graph.adj, graph.nodes, graph.edges, graph.degree
    networkx.minimum_spanning_tree(graph)


def use_rich():
    console = rich.console.Console(file=io.StringIO(), record=True)
    table = rich.table.Table("a", "b")
    table.add_row("1", "[bold]2")
    tree = rich.tree.Tree("a")
    tree.add("b").add("c")
    console.print(table, tree, rich.markdown.Markdown("# x\n* y"))
    with rich.progress.Progress(console=console) as progress:
        for _ in progress.track(range(3)):
            pass
    with rich.live.Live(table, console=console, refresh_per_second=50):
        pass
    with console.status("x"):
        pass
    try:
        raise ValueError
    except ValueError:
        console.print_exception(show_locals=True)
    console.export_html()


def use_simpy():
    env = simpy.Environment()
    resource = simpy.Resource(env, capacity=1)
    store = simpy.Store(env, capacity=2)

    def customer(name):
        with resource.request() as request:
            got = yield request | env.timeout(3)
            if request in got:
                yield env.timeout(1)
        yield store.put(name)
        yield store.get()

    def breaker(process):
        yield env.timeout(1)
        process.interrupt("x")

    def patient():
        try:
            yield env.timeout(5)
        except simpy.Interrupt:
            pass

    for name in "abc":
        env.process(customer(name))
    env.process(breaker(env.process(patient())))
    env.run(until=10)


TEST = """
import pytest

@pytest.fixture(params=[1, 2])
def number(request):
    yield request.param

def test_good(number, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("A", "b")

@pytest.mark.parametrize("x", [1, 2])
class TestClass:
    def test_x(self, x):
        assert x == 1

def test_raises():
    with pytest.raises(ValueError):
        raise ValueError
"""


def use_pytest():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "test_some.py")
        with open(path, "w") as file:
            file.write(TEST)
        pytest.main(["-q", "-p", "no:cacheprovider", "--rootdir", folder, path])
