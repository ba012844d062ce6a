/*
 * frameworks.c - what well-known frameworks do with the objects of a program.
 *
 * Tables first, then the questions.  A name that is not qualified is enough only where the file
 * mentions the framework.
 */
#include "program/frameworks.h"

#include "base/words.h"
#include "program/classes.h"
#include "program/link.h"

#include <string.h>

/* Made once, by the module or a factory that is called once, and never let go. */
static const char *const applications[] = {
    "flask.Flask",
    "flask.app.Flask",
    "quart.Quart",
    "quart.app.Quart",
    "fastapi.FastAPI",
    "fastapi.applications.FastAPI",
    "starlette.applications.Starlette",
    "litestar.Litestar",
    "sanic.Sanic",
    "falcon.App",
    "falcon.asgi.App",
    "bottle.Bottle",
    "dash.Dash",
    "aiohttp.web.Application",
    "tornado.web.Application",
    "django.apps.AppConfig",
    "django.apps.config.AppConfig",
    "celery.Celery",
    "celery.app.base.Celery",
    "typer.Typer",
    "kivy.app.App",
    "PyQt5.QtCore.QCoreApplication",
    "PyQt5.QtGui.QGuiApplication",
    "PyQt5.QtWidgets.QApplication",
    "PyQt6.QtCore.QCoreApplication",
    "PyQt6.QtGui.QGuiApplication",
    "PyQt6.QtWidgets.QApplication",
    "PySide2.QtCore.QCoreApplication",
    "PySide2.QtWidgets.QApplication",
    "PySide6.QtCore.QCoreApplication",
    "PySide6.QtGui.QGuiApplication",
    "PySide6.QtWidgets.QApplication",
    NULL,
};

/* What their authors call an application that is handed to a function: init_app(app). */
static const char *const application_names[] = {"app", "application", NULL};
static const char *const web_modules[] = {"flask",    "quart", "fastapi", "starlette",
                                          "litestar", "sanic", "celery",  "aiohttp",
                                          "werkzeug", "dash",  NULL};

/* pytest has one of each, and gives it to functions called pytest_…. */
static const char *const pytest_names[] = {"config", "session", "pluginmanager", "parser", NULL};

/* Calls in a class body that declare a relation; the last part of the name. */
static const char *const relations[] = {"relationship",  "Relationship",      "relation",
                                        "backref",       "dynamic_loader",    "ForeignKey",
                                        "OneToOneField", "ManyToManyField",   "ForeignKeyField",
                                        "ParentalKey",   "GenericForeignKey", NULL};

/* Packages whose objects have a parent that deletes them. */
static const char *const qt_packages[] = {"PyQt4.",   "PyQt5.",   "PyQt6.", "PySide.",
                                          "PySide2.", "PySide6.", "qtpy.",  NULL};

/* Decorators of an application or router: @app.get("/"). */
static const char *const path_decorators[] = {"get",       "post",  "put",       "delete",
                                              "patch",     "head",  "options",   "trace",
                                              "api_route", "route", "websocket", NULL};

/* Signals of Django, blinker and celery: modules that have them, and what makes more. */
static const char *const signal_modules[] = {"django.db.models.signals.",
                                             "django.core.signals.",
                                             "django.db.backends.signals.",
                                             "django.contrib.auth.signals.",
                                             "django.test.signals.",
                                             "celery.signals.",
                                             "flask.signals.",
                                             NULL};
static const char *const signal_makers[] = {"django.dispatch.Signal",
                                            "django.dispatch.dispatcher.Signal",
                                            "blinker.Signal",
                                            "blinker.signal",
                                            "blinker.NamedSignal",
                                            "celery.utils.dispatch.Signal",
                                            "celery.utils.dispatch.signal.Signal",
                                            NULL};

/* ---- what lives on ---- */

static bool begins_with_any(const char *name, const char *const *prefixes)
{
    for (; *prefixes != NULL; prefixes++) {
        if (strncmp(name, *prefixes, strlen(*prefixes)) == 0) {
            return true;
        }
    }
    return false;
}

static bool mentions_any(const struct facts *facts, const char *const *modules)
{
    for (; *modules != NULL; modules++) {
        if (facts_symbol(facts, *modules) != NONE) {
            return true;
        }
    }
    return false;
}

static bool derives_from_any(const struct program *program, uint32_t class,
                             const char *const *names)
{
    for (; *names != NULL; names++) {
        if (classes_derive_from(program, class, *names)) {
            return true;
        }
    }
    return false;
}

static bool is_pytest_hook(const struct facts *facts, uint32_t scope)
{
    static const char prefix[] = "pytest_";
    return scope != NONE && scope != 0 && facts->scopes[scope].kind == SCOPE_FUNCTION
           && strncmp(facts_name(facts, facts->scopes[scope].name), prefix, strlen(prefix)) == 0;
}

bool frameworks_lives_on(const struct program *program, const char *name, uint32_t class,
                         uint32_t file, uint32_t scope)
{
    const struct facts *facts = program->files[file];
    if (class != NONE) {
        return derives_from_any(program, class, applications);
    }
    return words_have(applications, name)
           || (words_have(application_names, name) && mentions_any(facts, web_modules))
           || (words_have(pytest_names, name) && is_pytest_hook(facts, scope));
}

/* ---- relations ---- */

static const char *last_part(const struct facts *facts, uint32_t callee)
{
    const struct op *op = &facts->ops[callee];
    return op->kind == OP_ATTRIBUTE ? facts_name(facts, op->b)
           : op->kind == OP_LOAD    ? variable_name(facts, op->a)
                                    : "";
}

bool frameworks_is_relation(const struct program *program, uint32_t class, const char *attribute)
{
    const struct classes *classes = program->classes;
    const struct class *c = &classes->all.items[class];
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        struct class_value value = {0, NONE};
        uint32_t ancestor = classes->ancestors.items[c->first_ancestor + i];
        if (classes_count_in_body(program, ancestor, attribute, &value) > 0
            && value.value != NONE) {
            const struct facts *facts = program->files[value.file];
            const struct op *op = &facts->ops[value.value];
            return op->kind == OP_CALL && words_have(relations, last_part(facts, op->a));
        }
    }
    return false;
}

/* ---- user interfaces ---- */

static bool is_of_qt(const char *name)
{
    return begins_with_any(name, qt_packages);
}

bool frameworks_is_owned_by_parent(const struct program *program, uint32_t class, const char *name)
{
    const struct classes *classes = program->classes;
    if (class == NONE) {
        return is_of_qt(name);
    }
    const struct class *c = &classes->all.items[class];
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        const struct class *ancestor =
            &classes->all.items[classes->ancestors.items[c->first_ancestor + i]];
        for (uint32_t k = 0; k < ancestor->n_bases; k++) {
            const struct class_base *base = &classes->bases.items[ancestor->first_base + k];
            if (base->class == NONE && is_of_qt(base->name)) {
                return true;
            }
        }
    }
    return false;
}

/* ---- requests ---- */

bool frameworks_copies_defaults(const struct facts *facts, uint32_t scope)
{
    if (facts_symbol(facts, "fastapi") == NONE) {
        return false;
    }
    for (uint32_t call = facts_first_decorator(facts, scope); call != NONE;
         call = facts_next_decorator(facts, call)) {
        const struct op *made = &facts->ops[facts->ops[call].a];
        if (made->kind == OP_CALL && facts->ops[made->a].kind == OP_ATTRIBUTE
            && words_have(path_decorators, facts_name(facts, facts->ops[made->a].b))) {
            return true;
        }
    }
    return false;
}

bool frameworks_is_dependency(const struct facts *facts, uint32_t call)
{
    return facts_calls(facts, call, "fastapi.Depends")
           || facts_calls(facts, call, "fastapi.Security")
           || facts_calls(facts, call, "fastapi.params.Depends");
}

/* ---- signals ---- */

static bool makes_signal(struct program *program, uint32_t file, uint32_t value)
{
    const struct facts *facts = program->files[file];
    if (value == NONE || facts->ops[value].kind != OP_CALL) {
        return false;
    }
    struct entity maker = link_entity(program, file, facts->ops[value].a);
    return maker.kind == ENTITY_FOREIGN
           && words_have(signal_makers, link_text(program, maker.index));
}

static bool is_signal(struct program *program, uint32_t file, uint32_t value)
{
    struct entity entity = link_entity(program, file, value);
    if (entity.kind == ENTITY_FOREIGN) {
        return begins_with_any(link_text(program, entity.index), signal_modules);
    }
    return entity.kind == ENTITY_VALUE
           && makes_signal(program, entity.file,
                           program->link->bindings[entity.file][entity.index]);
}

uint32_t frameworks_weak_receiver(struct program *program, uint32_t file, uint32_t call)
{
    const struct facts *facts = program->files[file];
    const struct op *callee = &facts->ops[facts->ops[call].a];
    bool connects = callee->kind == OP_ATTRIBUTE
                    && strcmp(facts_name(facts, callee->b), "connect") == 0
                    && facts_argument(facts, call, -1, "weak") == NONE
                    && facts_argument(facts, call, 2, NULL) == NONE;
    uint32_t receiver = connects ? facts_argument(facts, call, 0, "receiver") : NONE;
    return receiver != NONE && is_signal(program, file, callee->a) ? receiver : NONE;
}
