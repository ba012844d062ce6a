"""Markup and parsing: markdown, docutils, pygments, bs4, mako, parso, jedi, pyparsing, lark."""
import bs4
import docutils.core
import jedi
import lark
import mako.lookup
import mako.template
import markdown
import parso
import pygments
import pyparsing
from pygments import formatters, lexers


def use_markdown():
    md = markdown.Markdown(extensions=["extra", "toc", "codehilite", "footnotes", "meta"])
    md.convert("# A\n\n* b\n* c\n\n[^1]\n\n[^1]: note\n\n```python\nx = 1\n```\n\n[TOC]\n")
    markdown.markdown("**b** <i>c</i>")


TEXT = """
Title
=====

.. contents::

Part
----

A *b* ``c`` [1]_ `link`_.

.. [1] note
.. _link: https://example.com
.. code:: python

   x = 1

.. list-table::

   * - a
     - b
"""


def use_docutils():
    for writer in ("html5", "latex", "pseudoxml"):
        docutils.core.publish_string(TEXT, writer_name=writer, settings_overrides={"report_level": 5})
    docutils.core.publish_doctree(TEXT, settings_overrides={"report_level": 5})
    docutils.core.publish_parts("broken *", writer_name="html", settings_overrides={"report_level": 5})


def use_pygments():
    for name, text in (("python", "def f(x):\n  return f'{x}'"), ("html", "<a href='x'>y</a>"), ("c", "int x;")):
        pygments.highlight(text, lexers.get_lexer_by_name(name), formatters.HtmlFormatter(linenos=True))
    pygments.highlight("x", lexers.guess_lexer("import os"), formatters.TerminalFormatter())


def use_soup():
    soup = bs4.BeautifulSoup("<p class=a>x<b>y</b><a href='/z'>w</a></p>", "html.parser")
    soup.find_all("a", href=True)
    soup.select("p > b")
    soup.p.append(soup.new_tag("i"))
    soup.b.extract()
    soup.prettify()


def use_mako():
    lookup = mako.lookup.TemplateLookup()
    lookup.put_string("base", "<%block name='a'/>${self.body()}")
    lookup.put_string("page", "<%inherit file='base'/><%def name='f(x)'>${x}</%def>${f(1)}% for")
    lookup.get_template("page").render()
    mako.template.Template("hello ${name}").render(name="x")
    try:
        mako.template.Template("${").render()
    except Exception:
        pass


def use_parso():
    module = parso.parse("class A:\n  def f(self, x=1):\n    return [y for y in x]\n")
    module.children[0].get_code()
    grammar = parso.load_grammar()
    list(grammar.iter_errors(grammar.parse("x = = 1\n")))


def use_jedi():
    script = jedi.Script("import json\nclass A:\n  def f(self): return json\nA().f().lo")
    script.complete(4, 10)
    script.infer(4, 1)
    script.get_names()


def use_pyparsing():
    number = pyparsing.Word(pyparsing.nums)
    expression = pyparsing.Forward()
    atom = number | "(" + expression + ")"
    expression <<= atom + pyparsing.ZeroOrMore(pyparsing.one_of("+ -") + atom)
    expression.parse_string("1+(2-3)", parse_all=True)
    pyparsing.infix_notation(number, [("*", 2, pyparsing.OpAssoc.LEFT)]).parse_string("1*2*3")
    try:
        expression.parse_string("x")
    except pyparsing.ParseException:
        pass


GRAMMAR = """
start: sum
sum: NUMBER ("+" NUMBER)*
%import common.NUMBER
"""


def use_lark():
    for parser in ("lalr", "earley"):
        tree = lark.Lark(GRAMMAR, parser=parser).parse("1+2+3")
        tree.pretty()
        list(tree.iter_subtrees())
