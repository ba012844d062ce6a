from flask import Blueprint, Flask, jsonify, render_template_string, request, session


def make_app():
    app = Flask("shop")
    app.secret_key = "x"
    pages = Blueprint("pages", "shop")

    @app.route("/hello/<name>")
    def hello(name):
        session["name"] = name
        return render_template_string("Hello {{ name }}", name=name)

    @pages.route("/sum", methods=["POST"])
    def add():
        return jsonify(sum=sum(request.get_json()["of"]))

    @app.route("/fail")
    def fail():
        raise ValueError("no")

    @app.cli.command("init")
    def init():
        pass

    app.register_blueprint(pages, url_prefix="/pages")
    return app


def use_client():
    with make_app().test_client() as client:
        client.get("/hello/you")
        client.post("/pages/sum", json={"of": [1, 2]})
        client.get("/fail")
        client.get("/nowhere")


def use_cli():
    make_app().test_cli_runner().invoke(args=["init"])


def use_context():
    app = make_app()
    with app.app_context(), app.test_request_context("/hello/me"):
        app.preprocess_request()
