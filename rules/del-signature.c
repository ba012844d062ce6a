/*
 * A `__del__` that CPython cannot call with the object alone, or whose result it throws away.
 *
 * The function stands in a class body and has no decorator, which might change what it takes.
 */
#include "rule.h"

/* The first parameter beyond `self` without a default, NONE if a call with one argument will do. */
static uint32_t extra_parameter(const struct facts *facts, const struct scope *scope)
{
    bool has_self = false;
    for (uint32_t i = 0; i < scope->n_parameters; i++) {
        const struct parameter *parameter = &facts->parameters[scope->first_parameter + i];
        bool is_positional =
            parameter->kind == PARAMETER_PLAIN || parameter->kind == PARAMETER_POSITIONAL_ONLY;
        if (parameter->kind == PARAMETER_STAR || (is_positional && !has_self)) {
            has_self = true;
        } else if (parameter->default_value == NONE && parameter->kind != PARAMETER_DOUBLE_STAR) {
            return parameter->variable;
        }
    }
    return NONE;
}

static bool takes_nothing(const struct facts *facts, const struct scope *scope)
{
    return scope->n_parameters == 0
           || facts->parameters[scope->first_parameter].kind == PARAMETER_KEYWORD_ONLY
           || facts->parameters[scope->first_parameter].kind == PARAMETER_DOUBLE_STAR;
}

/* A value that is surely not None.  What a call returns is not known: `return self.close()`. */
static bool is_result(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return (op->kind == OP_CONSTANT && op->aux != CONSTANT_NONE) || op->kind == OP_DISPLAY
           || op->kind == OP_COMPREHENSION || op->kind == OP_COMPARE || op->kind == OP_BINARY
           || op->kind == OP_FUNCTION || (op->kind == OP_UNARY && op->aux == OPERATOR_NOT);
}

static bool returns_result(const struct facts *facts, const struct scope *scope)
{
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_RETURN && op->a != NONE && is_result(facts, op->a)) {
            return true;
        }
    }
    return false;
}

static void report(struct check *check, uint32_t file, const struct scope *scope,
                   const char *problem)
{
    struct place place = {file, scope->name_start, scope->name_end};
    struct finding *finding = rule_report(check, place, problem);
    finding->confidence = CONFIDENCE_CERTAIN;
}

static void check_finalizer(struct check *check, uint32_t file, const struct scope *scope)
{
    const struct facts *facts = check->program->files[file];
    uint32_t extra = extra_parameter(facts, scope);
    if (takes_nothing(facts, scope)) {
        report(check, file, scope, "takes no argument, so CPython cannot call it");
    } else if (extra != NONE) {
        report(check, file, scope,
               arena_format(&check->scratch, "requires '%s', which CPython does not pass",
                            variable_name(facts, extra)));
    } else if (scope->flags & SCOPE_IS_ASYNC) {
        report(check, file, scope, "is async: its body never runs");
    } else if (scope->flags & SCOPE_IS_GENERATOR) {
        report(check, file, scope, "is a generator: its body never runs");
    } else if (returns_result(facts, scope)) {
        report(check, file, scope, "returns a value, which CPython throws away");
    }
}

static void check(struct check *check)
{
    for (uint32_t class = 0; class < check->program->classes->all.n; class ++) {
        struct method method;
        if (!classes_own_method(check->program, class, "__del__", &method)) {
            continue;
        }
        const struct facts *facts = check->program->files[method.file];
        if (facts_first_decorator(facts, method.scope) == NONE) {
            check_finalizer(check, method.file, &facts->scopes[method.scope]);
        }
    }
}

const struct rule rule_del_signature = {
    .code = "E9210",
    .name = "del-signature",
    .message = "'__del__' %s",
    .why =
        "CPython calls `__del__` with the object and nothing else, and looks at no result. A "
        "required parameter makes each call a TypeError, printed as \"Exception ignored in\" and "
        "dropped; of an async or generator function the call only makes a coroutine or generator "
        "that is thrown away. Either way nothing is released, and no test fails.",
    .instead = "Give it `self` only (defaults are fine), make it a plain function, and do what "
               "needs arguments or `await` in close() or a context manager.",
    .since = "",
    .check = check,
};
