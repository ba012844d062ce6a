/*
 * facts.c - asking a file's facts.
 */
#include "facts/facts.h"

#include "base/builder.h"

#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

uint32_t facts_symbol(const struct facts *facts, const char *name)
{
    size_t length = strlen(name);
    if (facts->n_symbol_slots == 0) {
        return NONE;
    }
    uint32_t n = facts->n_symbol_slots;
    for (uint32_t i = facts_slot(XXH3_64bits(name, length), n);; i = i + 1 < n ? i + 1 : 0) {
        uint32_t slot = facts->symbol_slots[i];
        if (slot == 0) {
            return NONE;
        }
        if (strcmp(facts_name(facts, slot - 1), name) == 0) {
            return slot - 1;
        }
    }
}

/* The child of `scope` whose text contains `offset`: children are sorted and do not overlap. */
static uint32_t child_at(const struct facts *facts, uint32_t scope, uint32_t offset)
{
    uint32_t low = facts->scopes[scope].first_child;
    uint32_t high = low + facts->scopes[scope].n_children;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (facts->scopes[middle].end <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    uint32_t last = facts->scopes[scope].first_child + facts->scopes[scope].n_children;
    return low < last && facts->scopes[low].start <= offset ? low : NONE;
}

uint32_t facts_scope_at(const struct facts *facts, uint32_t offset)
{
    uint32_t scope = 0;
    while (facts->scopes[scope].n_children > 0) {
        uint32_t child = child_at(facts, scope, offset);
        if (child == NONE) {
            break;
        }
        scope = child;
    }
    return scope;
}

uint32_t facts_scope_of_op(const struct facts *facts, uint32_t op)
{
    uint32_t low = 0, high = facts->n_scopes; /* first_op grows with the scope's index */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (facts->scopes[middle].first_op <= op) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

const char *facts_qualified_name(const struct facts *facts, uint32_t scope, struct arena *arena)
{
    const char *name = "";
    for (uint32_t s = scope; s != 0 && s != NONE; s = facts->scopes[s].parent) {
        bool is_inner = *name != '\0';
        bool is_local = is_inner && facts->scopes[s].kind != SCOPE_CLASS;
        name = arena_format(arena, "%s%s%s", facts_name(facts, facts->scopes[s].name),
                            is_local   ? ".<locals>."
                            : is_inner ? "."
                                       : "",
                            name);
    }
    return name;
}

/* ---- dotted names */

static bool is_import(const struct op *op)
{
    return op->kind == OP_IMPORT || op->kind == OP_IMPORT_FROM;
}

/* The one value an imported variable has in this file, or NONE: what `import` or `from` bound it
 * to. */
static uint32_t import_of_variable(const struct facts *facts, uint32_t variable)
{
    if (!(facts->variables[variable].flags & VARIABLE_IS_IMPORTED)) {
        return NONE;
    }
    uint32_t value = facts->variables[variable].value;
    if (value != NONE && is_import(&facts->ops[value])) {
        return value;
    }
    const struct scope *scope = &facts->scopes[facts->variables[variable].scope];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_STORE && facts->ops[op->a].kind == OP_TARGET_NAME
            && facts->ops[op->a].a == variable && is_import(&facts->ops[op->b])) {
            return op->b;
        }
    }
    return NONE;
}

/* What an import's value spells: `import a.b` binds "a", `from .m import x` spells ".m.x". */
static const char *spell_import(const struct facts *facts, const struct op *op, struct arena *arena)
{
    const char *module = facts_name(facts, op->a);
    if (op->kind == OP_IMPORT_FROM) {
        char dots[UINT8_MAX + 1] = {0};
        memset(dots, '.', op->aux);
        return arena_format(arena, "%s%s%s%s", dots, module, *module ? "." : "",
                            facts_name(facts, op->b));
    }
    size_t length = op->flags & OP_IS_RENAMED ? strlen(module) : strcspn(module, ".");
    return arena_string(arena, module, length);
}

static const char *spell_variable(const struct facts *facts, uint32_t variable, struct arena *arena)
{
    uint32_t import = import_of_variable(facts, variable);
    return import == NONE ? variable_name(facts, variable)
                          : spell_import(facts, &facts->ops[import], arena);
}

const char *facts_dotted_name(const struct facts *facts, uint32_t value, struct arena *arena)
{
    const char *rest = NULL;
    while (value != NONE && facts->ops[value].kind == OP_ATTRIBUTE) {
        const char *name = facts_name(facts, facts->ops[value].b);
        rest = rest ? arena_format(arena, "%s.%s", name, rest) : name;
        value = facts->ops[value].a;
    }
    if (value == NONE || facts->ops[value].kind != OP_LOAD) {
        return NULL;
    }
    const char *first = spell_variable(facts, facts->ops[value].a, arena);
    return rest ? arena_format(arena, "%s.%s", first, rest) : first;
}

/* Takes ".name" off the end of the `*length` bytes at `dotted`. */
static bool strip_last(const char *dotted, size_t *length, const char *name)
{
    size_t n = strlen(name);
    if (*length < n + 1 || dotted[*length - n - 1] != '.'
        || memcmp(dotted + *length - n, name, n) != 0) {
        return false;
    }
    *length -= n + 1;
    return true;
}

static bool import_spells(const struct facts *facts, const struct op *op, const char *dotted,
                          size_t length)
{
    const char *module = facts_name(facts, op->a);
    if (op->kind == OP_IMPORT_FROM) {
        return op->aux == 0 && strip_last(dotted, &length, facts_name(facts, op->b))
               && strlen(module) == length && memcmp(module, dotted, length) == 0;
    }
    size_t n = op->flags & OP_IS_RENAMED ? strlen(module) : strcspn(module, ".");
    return n == length && memcmp(module, dotted, length) == 0;
}

bool facts_spells(const struct facts *facts, uint32_t value, const char *dotted)
{
    size_t length = strlen(dotted);
    while (value != NONE && facts->ops[value].kind == OP_ATTRIBUTE) {
        if (!strip_last(dotted, &length, facts_name(facts, facts->ops[value].b))) {
            return false;
        }
        value = facts->ops[value].a;
    }
    if (value == NONE || facts->ops[value].kind != OP_LOAD) {
        return false;
    }
    uint32_t variable = facts->ops[value].a;
    if (facts->variables[variable].flags & VARIABLE_IS_IMPORTED) {
        uint32_t import = import_of_variable(facts, variable);
        return import != NONE && import_spells(facts, &facts->ops[import], dotted, length);
    }
    const char *name = variable_name(facts, variable);
    return is_builtin_variable(facts, variable) && strlen(name) == length
           && memcmp(name, dotted, length) == 0;
}

bool facts_calls(const struct facts *facts, uint32_t op, const char *dotted)
{
    return op != NONE && facts->ops[op].kind == OP_CALL
           && facts_spells(facts, facts->ops[op].a, dotted);
}

/* ---- decorators and arguments */

static bool is_decorator_call(const struct facts *facts, uint32_t op)
{
    return op < facts->n_ops && facts->ops[op].kind == OP_CALL
           && (facts->ops[op].flags & OP_IS_DECORATOR);
}

uint32_t facts_first_decorator(const struct facts *facts, uint32_t scope)
{
    uint32_t definition = facts->scopes[scope].defined_at;
    if (definition == NONE) {
        return NONE;
    }
    const struct op *op = &facts->ops[definition];
    uint32_t next = definition + 1 + (op->kind == OP_CLASS ? op->b : 0);
    return is_decorator_call(facts, next) ? next : NONE;
}

uint32_t facts_next_decorator(const struct facts *facts, uint32_t call)
{
    return is_decorator_call(facts, call + 2) ? call + 2 : NONE;
}

uint32_t facts_find_decorator(const struct facts *facts, uint32_t scope, const char *dotted)
{
    for (uint32_t call = facts_first_decorator(facts, scope); call != NONE;
         call = facts_next_decorator(facts, call)) {
        uint32_t value = facts->ops[call].a;
        uint32_t callee = facts->ops[value].kind == OP_CALL ? facts->ops[value].a : value;
        if (facts_spells(facts, callee, dotted)) {
            return value;
        }
    }
    return NONE;
}

static uint32_t keyword_argument(const struct facts *facts, uint32_t call, const char *name)
{
    for (uint32_t i = call + 1; i <= call + facts->ops[call].b; i++) {
        const struct op *argument = &facts->ops[i];
        if (argument->b != NONE && strcmp(facts_name(facts, argument->b), name) == 0) {
            return argument->a;
        }
    }
    return NONE;
}

uint32_t facts_argument(const struct facts *facts, uint32_t call, int position, const char *name)
{
    uint32_t n = facts->ops[call].b;
    for (uint32_t i = 0; position >= 0 && i < n; i++) {
        const struct op *argument = &facts->ops[call + 1 + i];
        if (argument->b != NONE || argument->flags & (OP_IS_STARRED | OP_IS_DOUBLE_STARRED)) {
            break;
        }
        if (i == (uint32_t)position) {
            return argument->a;
        }
    }
    return name == NULL ? NONE : keyword_argument(facts, call, name);
}

bool facts_integer(const struct facts *facts, uint32_t value, uint32_t *number)
{
    enum { MAX_DIGITS = 9 }; /* these fit 32 bits */
    const struct op *op = value == NONE ? NULL : &facts->ops[value];
    if (op == NULL || op->kind != OP_CONSTANT || op->aux != CONSTANT_INTEGER || op->a == NONE) {
        return false;
    }
    uint32_t n_digits = 0;
    *number = 0;
    for (const char *s = facts_name(facts, op->a); *s != '\0'; s++) {
        if (*s == '_') {
            continue;
        }
        if (*s < '0' || *s > '9' || ++n_digits > MAX_DIGITS) {
            return false;
        }
        *number = *number * 10 + (uint32_t)(*s - '0');
    }
    return n_digits > 0;
}
