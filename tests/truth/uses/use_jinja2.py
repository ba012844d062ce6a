import jinja2
from jinja2 import sandbox

PAGES = {
    "base": "<h1>{% block title %}{% endblock %}</h1>{% block body %}{% endblock %}",
    "page": "{% extends 'base' %}{% block title %}{{ super() }}x{% endblock %}"
    "{% block body %}{% for x in rows recursive %}{{ loop.index }}{{ x }}{% endfor %}{% endblock %}",
    "macro": "{% macro f(a) %}{{ a }}{{ caller() }}{% endmacro %}{% call f(1) %}z{% endcall %}",
    "use": "{% import 'macro' as m %}{{ m.f }}{% include 'macro' %}{% set ns = namespace(a=1) %}{{ ns.a }}",
}


def use_inheritance():
    env = jinja2.Environment(loader=jinja2.DictLoader(PAGES), extensions=["jinja2.ext.do"])
    for name in PAGES:
        env.get_template(name).render(rows=[1, 2])


def use_async():
    env = jinja2.Environment(loader=jinja2.DictLoader(PAGES), enable_async=True)
    env.get_template("page").render(rows=[1])


def use_streams():
    env = jinja2.Environment(loader=jinja2.DictLoader(PAGES))
    stream = env.get_template("page").stream(rows=[1, 2])
    next(stream)
    "".join(env.get_template("page").generate(rows=[3]))


def use_overlay():
    env = jinja2.Environment(undefined=jinja2.ChainableUndefined)
    env.overlay(autoescape=True).from_string("{{ a.b.c }}").render()


def use_sandbox():
    env = sandbox.SandboxedEnvironment()
    try:
        env.from_string("{{ ''.__class__.mro() }}").render()
    except jinja2.exceptions.SecurityError:
        pass


def use_errors():
    env = jinja2.Environment(undefined=jinja2.StrictUndefined)
    for text in ("{{ x.y }}", "{% for %}"):
        try:
            env.from_string(text).render()
        except jinja2.TemplateError:
            pass
