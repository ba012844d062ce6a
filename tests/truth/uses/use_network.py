"""requests (offline), werkzeug, tornado, urllib3, kombu, celery, blinker, twisted."""
import asyncio
import io

import blinker
import celery
import kombu
import requests
import requests.adapters
import tornado.gen
import tornado.ioloop
import tornado.locks
import tornado.queues
import tornado.template
import tornado.web
import urllib3
import werkzeug.routing
import werkzeug.test
import werkzeug.wrappers
from twisted.internet import defer, task
from twisted.python import failure


class Echo(requests.adapters.BaseAdapter):
    def send(self, request, **kwargs):
        response = requests.Response()
        response.status_code = 302 if request.url.endswith("/from") else 200
        response.headers["Location"] = "mock://x/to"
        response.raw = io.BytesIO(b"{}")
        response.request = request
        response.url = request.url
        return response

    def close(self):
        pass


def use_requests():
    with requests.Session() as session:
        session.mount("mock://", Echo())
        session.hooks["response"].append(lambda response, *args, **kwargs: None)
        session.get("mock://x/from", auth=("a", "b"), cookies={"c": "d"}).json()
        request = requests.Request("POST", "mock://x/y", files={"f": b"x"}, data={"a": 1})
        session.send(session.prepare_request(request))


def use_requests_refused():
    try:
        requests.get("http://127.0.0.1:9/", timeout=1)
    except requests.ConnectionError:
        pass


def use_urllib3():
    with urllib3.PoolManager(retries=urllib3.Retry(1, backoff_factor=0)) as pool:
        try:
            pool.request("GET", "http://127.0.0.1:9/")
        except urllib3.exceptions.HTTPError:
            pass


def use_werkzeug():
    rules = werkzeug.routing.Map([
        werkzeug.routing.Rule("/<int:year>/", endpoint="a"),
        werkzeug.routing.Submount("/b", [werkzeug.routing.Rule("/c", endpoint="c", redirect_to="d")]),
    ])

    @werkzeug.wrappers.Request.application
    def app(request):
        adapter = rules.bind_to_environ(request.environ)
        adapter.build("a", {"year": 3})
        try:
            adapter.match()
        except werkzeug.exceptions.HTTPException as error:
            return error
        return werkzeug.wrappers.Response(request.args.get("x", ""))

    client = werkzeug.test.Client(app)
    client.get("/2020/?x=1")
    client.post("/nowhere", data={"f": (io.BytesIO(b"x"), "x.txt")})


def use_tornado():
    async def work():
        queue = tornado.queues.Queue(2)
        lock = tornado.locks.Lock()
        event = tornado.locks.Event()

        async def eat():
            async for x in queue:
                async with lock:
                    queue.task_done()
                    if x == 2:
                        event.set()
                        return

        eater = asyncio.ensure_future(eat())
        for i in range(3):
            await queue.put(i)
        await event.wait()
        await eater
        try:
            await tornado.gen.with_timeout(tornado.ioloop.timedelta(milliseconds=1) if hasattr(
                tornado.ioloop, "timedelta") else __import__("datetime").timedelta(milliseconds=1),
                asyncio.Future())
        except tornado.gen.TimeoutError:
            pass

    asyncio.run(work())

    class Page(tornado.web.RequestHandler):
        def get(self):
            self.write("x")

    tornado.web.Application([(r"/", Page)])
    tornado.template.Template("{% for x in xs %}{{ x }}{% end %}").generate(xs="ab")


def use_tornado_coroutines():
    @tornado.gen.coroutine
    def inner(n):
        yield tornado.gen.moment
        if n == 0:
            raise ValueError
        raise tornado.gen.Return(n)

    @tornado.gen.coroutine
    def outer():
        yield [inner(1), inner(2)]
        try:
            yield inner(0)
        except ValueError:
            pass

    tornado.ioloop.IOLoop(make_current=False).run_sync(outer)


def use_kombu():
    with kombu.Connection("memory://") as connection:
        exchange = kombu.Exchange("e", type="direct")
        queue = kombu.Queue("q", exchange, routing_key="k")
        with connection.Producer() as producer:
            producer.publish({"a": 1}, exchange=exchange, routing_key="k", declare=[queue])
        with connection.Consumer(queue, callbacks=[lambda body, message: message.ack()]):
            connection.drain_events(timeout=2)
        simple = connection.SimpleQueue("s")
        simple.put("x")
        simple.get(timeout=2).ack()
        simple.close()


def use_celery():
    app = celery.Celery("shop", broker="memory://", backend="cache+memory://")
    app.conf.task_always_eager = True

    @app.task(bind=True)
    def add(self, x, y):
        return x + y

    @app.task
    def fail():
        raise ValueError

    add.delay(1, 2).get()
    celery.chain(add.s(1, 2), add.s(3)).apply()
    celery.group(add.s(1, 1), add.s(2, 2)).apply().get()
    fail.apply()


def use_blinker():
    signal = blinker.Signal()

    class Listener:
        def __init__(self):
            signal.connect(self.hear)

        def hear(self, sender, **kwargs):
            pass

    listener = Listener()
    signal.send("x")
    signal.disconnect(listener.hear)


def use_twisted():
    clock = task.Clock()
    loop = task.LoopingCall(lambda: None)
    loop.clock = clock
    loop.start(1)
    clock.advance(2)
    loop.stop()

    @defer.inlineCallbacks
    def work():
        yield defer.succeed(1)
        try:
            yield defer.fail(ValueError())
        except ValueError:
            pass
        return 2

    work()
    deferreds = [defer.Deferred() for _ in range(3)]
    defer.DeferredList(deferreds, consumeErrors=True).addCallback(lambda _: None)
    for one in deferreds:
        one.callback(1)
    first = defer.Deferred()
    first.addErrback(lambda f: f.trap(KeyError))
    try:
        raise KeyError
    except KeyError:
        first.errback(failure.Failure())
    waiting = defer.Deferred(lambda d: d.callback(None))
    waiting.addTimeout(1, clock)
    clock.advance(2)
    waiting.addErrback(lambda f: None)
