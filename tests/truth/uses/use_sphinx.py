import io
import os
import tempfile

from prompt_toolkit import PromptSession
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from sphinx import application

TEXT = "Title\n=====\n\n.. toctree::\n\n.. py:function:: f(x)\n\n   It is :py:func:`f`.\n"


def use_sphinx():
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "index.rst"), "w") as file:
            file.write(TEXT)
        with open(os.path.join(folder, "conf.py"), "w") as file:
            file.write("extensions = ['sphinx.ext.autodoc', 'sphinx.ext.intersphinx']\n")
        out = os.path.join(folder, "out")
        app = application.Sphinx(folder, folder, out, out, "html", status=io.StringIO(), warning=io.StringIO())
        app.build()


def use_prompt_toolkit():
    with create_pipe_input() as source:
        source.send_text("hello\n")
        with create_app_session(input=source, output=DummyOutput()):
            PromptSession(completer=WordCompleter(["hello"])).prompt("> ")
