import django
from django.conf import settings

settings.configure(
    DEBUG=False,
    SECRET_KEY="x",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
)
django.setup()

from django import forms, http, template  # noqa: E402
from django.contrib.auth import models  # noqa: E402
from django.core import management, paginator, signals  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import RequestFactory  # noqa: E402
from django.urls import path, resolvers  # noqa: E402

urlpatterns = [path("hello/<int:n>/", lambda request, n: http.HttpResponse(str(n)))]


class Order(forms.Form):
    name = forms.CharField(max_length=5)
    count = forms.IntegerField()


def use_forms():
    form = Order({"name": "too long a name", "count": "x"})
    form.is_valid()
    form.errors.as_json()
    str(form.as_p())
    form["name"].value()
    factory = forms.formset_factory(Order, extra=2)
    str(factory())


def use_templates():
    engine = template.Engine(loaders=[("django.template.loaders.locmem.Loader", {
        "base": "{% block a %}{% endblock %}",
        "page": "{% extends 'base' %}{% block a %}{% for x in xs %}{{ x|upper }}{% endfor %}{% endblock %}",
    })])
    engine.get_template("page").render(template.Context({"xs": "abc"}))


def use_models():
    management.call_command("migrate", verbosity=0)
    user = models.User.objects.create_user("me", password="p")
    group = models.Group.objects.create(name="g")
    user.groups.add(group)
    list(models.User.objects.filter(groups__name="g").select_related().prefetch_related("groups"))
    models.User.objects.annotate().aggregate()
    user.delete()
    connection.queries


def use_urls():
    resolver = resolvers.URLResolver(resolvers.RegexPattern(r"^/"), urlpatterns)
    match = resolver.resolve("/hello/3/")
    match.func(RequestFactory().get("/hello/3/"), **match.kwargs)
    resolver.reverse_dict


def use_signals_and_pages():
    signals.request_finished.connect(use_urls, weak=False)
    signals.request_finished.disconnect(use_urls)
    pages = paginator.Paginator(list(range(20)), 5)
    pages.page(2).next_page_number()
