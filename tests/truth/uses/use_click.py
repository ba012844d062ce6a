import click
from click import testing


def make_tool():
    @click.group()
    @click.option("--debug/--no-debug", default=False)
    @click.pass_context
    def tool(context, debug):
        context.obj = {"debug": debug}

    @tool.command()
    @click.argument("names", nargs=-1)
    @click.option("--count", type=click.IntRange(1, 5), default=1, prompt=True)
    @click.pass_obj
    def greet(obj, names, count):
        with click.progressbar(range(count)) as bar:
            for _ in bar:
                click.echo(" ".join(names))

    @tool.command()
    @click.pass_context
    def again(context):
        context.invoke(greet, names=["a"], count=1)
        context.call_on_close(lambda: context.obj.clear())

    return tool


def use_commands():
    runner = testing.CliRunner()
    for line in (["greet", "you", "--count", "2"], ["--debug", "again"], ["--help"], ["nothing"],
                 ["greet", "--count", "9"]):
        runner.invoke(make_tool(), line)


def use_context():
    tool = make_tool()
    with tool.make_context("tool", ["greet"]) as context:
        context.get_help()
