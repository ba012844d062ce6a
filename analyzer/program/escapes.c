/*
 * escapes.c - following an exception outward through handlers, `finally` and `with`.
 */
#include "program/escapes.h"

#include "base/array.h"
#include "program/classes.h"

#include <string.h>

/* ---- classes of exceptions ---- */

/* The builtin ones and what each derives from; a class stands after its base. */
static const char *const builtin_exceptions[][2] = {
    {"BaseException", ""},
    {"SystemExit", "BaseException"},
    {"KeyboardInterrupt", "BaseException"},
    {"GeneratorExit", "BaseException"},
    {"Exception", "BaseException"},
    {"StopIteration", "Exception"},
    {"StopAsyncIteration", "Exception"},
    {"ArithmeticError", "Exception"},
    {"FloatingPointError", "ArithmeticError"},
    {"OverflowError", "ArithmeticError"},
    {"ZeroDivisionError", "ArithmeticError"},
    {"AssertionError", "Exception"},
    {"AttributeError", "Exception"},
    {"BufferError", "Exception"},
    {"EOFError", "Exception"},
    {"ImportError", "Exception"},
    {"ModuleNotFoundError", "ImportError"},
    {"LookupError", "Exception"},
    {"IndexError", "LookupError"},
    {"KeyError", "LookupError"},
    {"MemoryError", "Exception"},
    {"NameError", "Exception"},
    {"UnboundLocalError", "NameError"},
    {"OSError", "Exception"},
    {"BlockingIOError", "OSError"},
    {"ChildProcessError", "OSError"},
    {"ConnectionError", "OSError"},
    {"BrokenPipeError", "ConnectionError"},
    {"ConnectionAbortedError", "ConnectionError"},
    {"ConnectionRefusedError", "ConnectionError"},
    {"ConnectionResetError", "ConnectionError"},
    {"FileExistsError", "OSError"},
    {"FileNotFoundError", "OSError"},
    {"InterruptedError", "OSError"},
    {"IsADirectoryError", "OSError"},
    {"NotADirectoryError", "OSError"},
    {"PermissionError", "OSError"},
    {"ProcessLookupError", "OSError"},
    {"TimeoutError", "OSError"},
    {"ReferenceError", "Exception"},
    {"RuntimeError", "Exception"},
    {"NotImplementedError", "RuntimeError"},
    {"RecursionError", "RuntimeError"},
    {"SyntaxError", "Exception"},
    {"SystemError", "Exception"},
    {"TypeError", "Exception"},
    {"ValueError", "Exception"},
    {"UnicodeError", "ValueError"},
    {"UnicodeDecodeError", "UnicodeError"},
    {"UnicodeEncodeError", "UnicodeError"},
    {"Warning", "Exception"},
    {"ResourceWarning", "Warning"},
    {"DeprecationWarning", "Warning"},
    {"RuntimeWarning", "Warning"},
    {"UserWarning", "Warning"},
};

/* Other names of OSError. */
static const char *const os_errors[] = {"IOError",   "EnvironmentError", "WindowsError",
                                        "os.error",  "socket.error",     "select.error",
                                        "mmap.error"};

static const char *usual_name(const char *name)
{
    for (size_t i = 0; i < sizeof os_errors / sizeof *os_errors; i++) {
        if (strcmp(os_errors[i], name) == 0) {
            return "OSError";
        }
    }
    return name;
}

/* The base of a builtin exception; NULL for any other name. */
static const char *builtin_base(const char *name)
{
    for (size_t i = 0; i < sizeof builtin_exceptions / sizeof *builtin_exceptions; i++) {
        if (strcmp(builtin_exceptions[i][0], name) == 0) {
            return builtin_exceptions[i][1];
        }
    }
    return NULL;
}

static bool is_builtin_kind_of(const char *name, const char *base)
{
    while (name != NULL && *name != '\0') {
        if (strcmp(name, base) == 0) {
            return true;
        }
        name = builtin_base(name);
    }
    return false;
}

struct raised escapes_type_of(const struct program *program, uint32_t file, uint32_t value,
                              struct arena *arena)
{
    struct raised type = {"", NONE};
    const struct facts *facts = program->files[file];
    if (value == NONE) {
        return type;
    }
    uint32_t class = facts->ops[value].kind == OP_CALL ? facts->ops[value].a : value;
    type.class = classes_named_by(program, file, class);
    const char *name = facts_dotted_name(facts, class, arena);
    if (name != NULL
        && (type.class != NONE || strchr(name, '.') != NULL
            || builtin_base(usual_name(name)) != NULL)) {
        type.name = usual_name(name);
    }
    return type;
}

/* ---- handlers ---- */

/* Whether a class of the program is a kind of what the handler names. */
static bool class_is_kind_of(const struct program *program, uint32_t class, struct raised handler)
{
    const struct classes *classes = program->classes;
    const struct class *c = &classes->all.items[class];
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        uint32_t ancestor = classes->ancestors.items[c->first_ancestor + i];
        const struct class *a = &classes->all.items[ancestor];
        if (ancestor == handler.class) {
            return true;
        }
        for (uint32_t b = 0; b < a->n_bases; b++) {
            const struct class_base *base = &classes->bases.items[a->first_base + b];
            if (base->class == NONE && is_builtin_kind_of(usual_name(base->name), handler.name)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_exit(const char *name)
{
    return strcmp(name, "SystemExit") == 0 || strcmp(name, "KeyboardInterrupt") == 0
           || strcmp(name, "GeneratorExit") == 0;
}

/* Whether a handler for one class takes the exception; one for a class nobody knows may. */
static bool one_catches(const struct program *program, uint32_t file, uint32_t value,
                        struct raised type, struct arena *arena)
{
    struct raised handler = escapes_type_of(program, file, value, arena);
    if (strcmp(handler.name, "BaseException") == 0) {
        return true;
    }
    if (strcmp(handler.name, "Exception") == 0) {
        return !is_exit(type.name);
    }
    if (type.class != NONE) {
        return class_is_kind_of(program, type.class, handler);
    }
    if (*handler.name == '\0') {
        return true;
    }
    if (*type.name == '\0') {
        return false;
    }
    bool is_known = builtin_base(type.name) != NULL || handler.class != NONE
                    || builtin_base(handler.name) != NULL;
    return !is_known || is_builtin_kind_of(type.name, handler.name);
}

static bool catches(const struct program *program, uint32_t file, uint32_t value,
                    struct raised type, struct arena *arena)
{
    const struct facts *facts = program->files[file];
    if (value == NONE) {
        return true;
    }
    if (facts->ops[value].kind != OP_DISPLAY) {
        return one_catches(program, file, value, type, arena);
    }
    for (uint32_t i = value + 1; i <= value + facts->ops[value].b; i++) {
        if (one_catches(program, file, facts->ops[i].a, type, arena)) {
            return true;
        }
    }
    return false;
}

/* Whether a `with` that may swallow exceptions swallows this one. */
static bool manager_catches(const struct program *program, uint32_t file, uint32_t with,
                            struct raised type, struct arena *arena)
{
    const struct facts *facts = program->files[file];
    uint32_t manager = facts->ops[with].a;
    if (facts->ops[manager].kind != OP_CALL) {
        return true;
    }
    for (uint32_t i = manager + 1; i <= manager + facts->ops[manager].b; i++) {
        if (catches(program, file, facts->ops[i].a, type, arena)) {
            return true;
        }
    }
    return false;
}

/* ---- the way out ---- */

struct walk {
    const struct program *program;
    const struct flow *flow;
    uint32_t file;
    struct raised type;
    struct arena *arena;
    uint8_t *seen;
    struct {
        ARRAY_OF(uint32_t);
    } waiting;
};

static void go_to(struct walk *walk, uint32_t node)
{
    if (node != NONE && !walk->seen[node]) {
        walk->seen[node] = 1;
        *array_push(&walk->waiting) = node;
    }
}

static void pass(struct walk *walk, const struct flow_node *node)
{
    const struct op *op = node->op == NONE ? NULL : &walk->flow->facts->ops[node->op];
    if (node->kind == FLOW_OP && op->kind == OP_CAUGHT) {
        if (!catches(walk->program, walk->file, op->a, walk->type, walk->arena)) {
            go_to(walk, node->next[1]);
        }
        return;
    }
    if (node->kind == FLOW_WITH_EXIT && node->next[1] != NONE
        && manager_catches(walk->program, walk->file, node->op, walk->type, walk->arena)) {
        return;
    }
    go_to(walk, node->next[0]);
    if (node->kind != FLOW_WITH_EXIT) {
        go_to(walk, node->next[1]);
    }
}

bool escapes_scope(const struct program *program, uint32_t file, const struct flow *flow,
                   uint32_t node, struct raised type, struct arena *arena)
{
    struct walk walk = {.program = program,
                        .flow = flow,
                        .file = file,
                        .type = type,
                        .arena = arena,
                        .seen = arena_alloc(arena, flow->n_nodes)};
    go_to(&walk, flow->nodes[node].raise);
    while (walk.waiting.n > 0) {
        uint32_t next = *array_last(&walk.waiting);
        walk.waiting.n--;
        pass(&walk, &flow->nodes[next]);
    }
    array_free(&walk.waiting);
    return walk.seen[flow->at_raise];
}

static void find_reachable(struct walk *walk)
{
    go_to(walk, walk->flow->entry);
    while (walk->waiting.n > 0) {
        const struct flow_node *node = &walk->flow->nodes[*array_last(&walk->waiting)];
        walk->waiting.n--;
        go_to(walk, node->next[0]);
        go_to(walk, node->next[1]);
        go_to(walk, node->raise);
    }
    array_free(&walk->waiting);
}

bool escapes_always(const struct program *program, uint32_t file, uint32_t scope,
                    struct raised *type, struct arena *arena)
{
    const struct facts *facts = program->files[file];
    if (facts->scopes[scope].flags & (SCOPE_IS_ASYNC | SCOPE_IS_GENERATOR)) {
        return false;
    }
    const struct flow *flow = flow_build(facts, scope, arena);
    struct walk walk = {.flow = flow, .seen = arena_alloc(arena, flow->n_nodes)};
    find_reachable(&walk);
    if (flow->is_partial || walk.seen[flow->at_end] || walk.seen[flow->at_return]) {
        return false;
    }
    for (uint32_t node = 0; node < flow->n_nodes; node++) {
        uint32_t op = flow->nodes[node].op;
        if (!walk.seen[node] || flow->nodes[node].kind != FLOW_OP
            || facts->ops[op].kind != OP_RAISE) {
            continue;
        }
        *type = escapes_type_of(program, file, facts->ops[op].a, arena);
        if (escapes_scope(program, file, flow, node, *type, arena)) {
            return true;
        }
    }
    return false;
}

bool escapes_from_op(const struct program *program, uint32_t file, uint32_t op,
                     const char *exception, struct arena *arena)
{
    const struct facts *facts = program->files[file];
    const struct flow *flow = flow_build(facts, facts_scope_of_op(facts, op), arena);
    const struct raised type = {exception, NONE};
    for (uint32_t node = 0; node < flow->n_nodes && !flow->is_partial; node++) {
        const struct flow_node *n = &flow->nodes[node];
        if (n->kind == FLOW_OP && n->op == op && !(n->flags & FLOW_IS_COPY)) {
            return escapes_scope(program, file, flow, node, type, arena);
        }
    }
    return false;
}
