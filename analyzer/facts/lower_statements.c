/*
 * lower_statements.c - handlers of statements.
 */
#include "facts/lower.h"

#include <string.h>

/* A module, a block, a clause's suite: statement after statement. */
void lower_block(struct lower *l, struct frame *f)
{
    if (!visit_next(l, f)) {
        finish(l, NONE);
    }
}

static bool is_assignment(uint16_t kind)
{
    return kind == KIND_ASSIGNMENT || kind == KIND_AUGMENTED_ASSIGNMENT;
}

/* A docstring, or `...`, is not worth an op. */
static bool is_plain_text(const struct lower *l, uint32_t node)
{
    uint16_t kind = kind_of(l, node);
    if (kind == KIND_ELLIPSIS) {
        return true;
    }
    for (uint32_t i = node; i < tree_end(l->tree, node); i++) {
        if (kind_of(l, i) == KIND_INTERPOLATION) {
            return false;
        }
    }
    return kind == KIND_STRING || kind == KIND_CONCATENATED_STRING;
}

void lower_expression_statement(struct lower *l, struct frame *f)
{
    if (f->step++ == 0) {
        l->n_statements++;
    } else if (!is_assignment(kind_of(l, f->cursor))) {
        emit(l, OP_EXPRESSION, f->cursor, l->result, NONE);
    }
    uint32_t next = next_named(l, f);
    if (next == 0 || is_plain_text(l, next)) {
        finish(l, NONE);
        return;
    }
    visit(l, next);
}

void lower_return(struct lower *l, struct frame *f)
{
    if (f->step++ == 0) {
        l->n_statements++;
        if (visit_next(l, f)) {
            l->scopes.items[l->scope].flags |= SCOPE_RETURNS_VALUE;
            return;
        }
        l->result = NONE;
    }
    emit(l, OP_RETURN, f->node, l->result, NONE);
    finish(l, NONE);
}

void lower_raise(struct lower *l, struct frame *f)
{
    uint32_t cause = child_of(l, f->node, FIELD_CAUSE);
    if (f->step == 0) {
        l->n_statements++;
        f->x = NONE;
    } else if (f->step == 1) {
        f->x = l->result;
    }
    if (f->step++ < 2 && visit_next(l, f)) {
        return;
    }
    emit(l, OP_RAISE, f->node, f->x, cause != 0 ? l->result : NONE);
    finish(l, NONE);
}

void lower_delete(struct lower *l, struct frame *f)
{
    if (f->step++ == 0) {
        l->n_statements++;
    }
    uint32_t next = next_named(l, f);
    if (next == 0) {
        finish(l, NONE);
        return;
    }
    visit_delete(l, next);
}

void lower_assert(struct lower *l, struct frame *f)
{
    if (f->step == 0) {
        l->n_statements++;
    } else if (f->step == 1) {
        f->x = l->result;
    }
    if (f->step++ < 2 && visit_next(l, f)) {
        return;
    }
    emit(l, OP_ASSERT, f->node, f->x, NONE);
    finish(l, NONE);
}

static void declare_names(struct lower *l, struct frame *f, enum op_kind kind)
{
    l->n_statements++;
    for (uint32_t name = next_named(l, f); name != 0; name = next_named(l, f)) {
        uint32_t use = use_of_name(l, symbol_of_node(l, name));
        l->uses.items[use].is_global |= kind == OP_GLOBAL;
        l->uses.items[use].is_nonlocal |= kind == OP_NONLOCAL;
        emit(l, kind, name, use, NONE);
    }
    finish(l, NONE);
}

void lower_global(struct lower *l, struct frame *f)
{
    declare_names(l, f, OP_GLOBAL);
}

void lower_nonlocal(struct lower *l, struct frame *f)
{
    declare_names(l, f, OP_NONLOCAL);
}

void lower_pass(struct lower *l, struct frame *f)
{
    (void)f;
    l->n_statements++;
    finish(l, NONE);
}

void lower_break(struct lower *l, struct frame *f)
{
    l->n_statements++;
    emit_jump(l, OP_BREAK, f->node);
    finish(l, NONE);
}

void lower_continue(struct lower *l, struct frame *f)
{
    l->n_statements++;
    emit_jump(l, OP_CONTINUE, f->node);
    finish(l, NONE);
}

/* ---- imports */

/* `a . b` may be written with blanks; that is not worth caring for. */
static void store_import(struct lower *l, uint32_t node, uint32_t name, uint32_t value)
{
    emit_store_name(l, node, name, value, node, OP_IS_IMPLICIT);
    uint32_t use = l->ops.items[l->ops.items[l->ops.n - 1].a].a;
    l->uses.items[use].flags |= VARIABLE_IS_IMPORTED;
}

static uint32_t top_of_dotted_name(struct lower *l, uint32_t node)
{
    uint32_t first = first_named(l, node);
    return symbol_of_node(l, first ? first : node);
}

void lower_import(struct lower *l, struct frame *f)
{
    l->n_statements++;
    for (uint32_t i = next_named(l, f); i != 0; i = next_named(l, f)) {
        uint32_t alias = child_of(l, i, FIELD_ALIAS);
        uint32_t name = alias ? child_of(l, i, FIELD_NAME) : i;
        uint32_t value =
            emit_with(l, OP_IMPORT, i, symbol_of_node(l, name), NONE, 0, alias ? OP_IS_RENAMED : 0);
        store_import(l, i, alias ? symbol_of_node(l, alias) : top_of_dotted_name(l, name), value);
    }
    finish(l, NONE);
}

static uint8_t count_dots(const struct lower *l, uint32_t module)
{
    const struct node *n = &l->tree->nodes[module];
    uint32_t dots = 0;
    for (uint32_t i = n->start; i < n->end; i++) {
        char c = l->tree->bytes[i];
        if (c == '.') {
            dots++;
        } else if (c != ' ' && c != '\t') {
            break;
        }
    }
    return dots < UINT8_MAX ? (uint8_t)dots : UINT8_MAX;
}

static uint32_t child_of_kind(const struct lower *l, uint32_t node, uint16_t kind)
{
    for (uint32_t i = node + 1; i < tree_end(l->tree, node); i = tree_end(l->tree, i)) {
        if (kind_of(l, i) == kind) {
            return i;
        }
    }
    return 0;
}

void lower_import_from(struct lower *l, struct frame *f)
{
    l->n_statements++;
    uint32_t module = child_of(l, f->node, FIELD_MODULE_NAME);
    bool is_relative = module != 0 && kind_of(l, module) == KIND_RELATIVE_IMPORT;
    uint8_t dots = is_relative ? count_dots(l, module) : 0;
    uint32_t dotted = is_relative ? child_of_kind(l, module, KIND_DOTTED_NAME) : module;
    uint32_t symbol = dotted ? symbol_of_node(l, dotted) : symbol_of_text(l, "", 0);
    for (uint32_t i = next_named(l, f); i != 0; i = next_named(l, f)) {
        if (i == module) {
            continue;
        }
        if (kind_of(l, i) == KIND_WILDCARD_IMPORT) {
            emit_with(l, OP_IMPORT_STAR, f->node, symbol, NONE, dots, 0);
            continue;
        }
        uint32_t alias = child_of(l, i, FIELD_ALIAS);
        uint32_t name = symbol_of_node(l, alias ? child_of(l, i, FIELD_NAME) : i);
        uint32_t value = emit_with(l, OP_IMPORT_FROM, i, symbol, name, dots, 0);
        store_import(l, i, alias ? symbol_of_node(l, alias) : name, value);
    }
    finish(l, NONE);
}

void lower_future_import(struct lower *l, struct frame *f)
{
    l->n_statements++;
    for (uint32_t i = next_named(l, f); i != 0; i = next_named(l, f)) {
        const struct node *n = &l->tree->nodes[i];
        if (n->end - n->start == 11 && memcmp(l->tree->bytes + n->start, "annotations", 11) == 0) {
            l->flags |= FACTS_DEFER_ANNOTATIONS;
        }
    }
    finish(l, NONE);
}

/* ---- if */

static bool is_type_checking(const struct lower *l, uint32_t condition)
{
    const struct op *op = condition == NONE ? NULL : &l->ops.items[condition];
    if (op == NULL || (op->kind != OP_LOAD && op->kind != OP_ATTRIBUTE)) {
        return false;
    }
    uint32_t name = op->kind == OP_LOAD ? l->uses.items[op->a].name : op->b;
    const struct symbol *symbol = &l->symbols.items[name];
    return symbol->length == 13 && memcmp(symbol->text, "TYPE_CHECKING", 13) == 0;
}

enum if_step { IF_BEGIN, IF_CONDITION, IF_BRANCH, IF_OTHER_CONDITION };

/* f->x counts the IFs that are open: an `elif` is an IF in the ELSE part of the one before.
 * f->y says whether the branch being lowered is for type checkers only. */
void lower_if(struct lower *l, struct frame *f)
{
    uint32_t clause = f->cursor == 0 ? f->node : f->cursor;
    switch ((enum if_step)f->step) {
    case IF_BEGIN:
        l->n_statements++;
        f->step = IF_CONDITION;
        visit(l, child_of(l, f->node, FIELD_CONDITION));
        return;
    case IF_CONDITION:
    case IF_OTHER_CONDITION:
        f->y = is_type_checking(l, l->result);
        l->type_checking_depth += f->y;
        open_control(l, OP_IF, clause, l->result, 0, 0);
        f->x++;
        f->cursor = f->step == IF_CONDITION ? child_of(l, f->node, FIELD_CONSEQUENCE) : clause;
        uint32_t body = child_of(l, clause, FIELD_CONSEQUENCE);
        f->step = IF_BRANCH;
        if (body != 0) {
            visit(l, body);
            return;
        }
        break;
    case IF_BRANCH:
        break;
    }
    l->type_checking_depth -= f->y;
    f->y = 0;
    uint32_t next = f->cursor == 0 ? 0 : next_named(l, f);
    if (next == 0) {
        while (f->x-- > 0) {
            close_control(l, f->node);
        }
        finish(l, NONE);
        return;
    }
    if (kind_of(l, next) == KIND_ELIF_CLAUSE) {
        part_of_control(l, OP_ELSE, next, 0);
        f->step = IF_OTHER_CONDITION;
        visit(l, child_of(l, next, FIELD_CONDITION));
        return;
    }
    if (kind_of(l, next) == KIND_ELSE_CLAUSE) {
        part_of_control(l, OP_ELSE, next, 0);
    }
    visit(l, next);
}

/* ---- loops */

enum loop_step { LOOP_BEGIN, LOOP_HEAD, LOOP_BODY, LOOP_ELSE, LOOP_DONE };

static void lower_loop_rest(struct lower *l, struct frame *f)
{
    if (f->step == LOOP_BODY) {
        f->step = LOOP_ELSE;
        uint32_t body = child_of(l, f->node, FIELD_BODY);
        if (body != 0) {
            visit(l, body);
            return;
        }
    }
    uint32_t alternative = child_of(l, f->node, FIELD_ALTERNATIVE);
    if (f->step == LOOP_ELSE && alternative != 0) {
        f->step = LOOP_DONE;
        part_of_control(l, OP_ELSE, alternative, 0);
        visit(l, alternative);
        return;
    }
    close_control(l, f->node);
    finish(l, NONE);
}

void lower_while(struct lower *l, struct frame *f)
{
    if (f->step == LOOP_BEGIN) {
        l->n_statements++;
        f->step = LOOP_HEAD;
        open_control(l, OP_LOOP, f->node, NONE, LOOP_WHILE, 0);
        visit(l, child_of(l, f->node, FIELD_CONDITION));
        return;
    }
    if (f->step == LOOP_HEAD) {
        emit(l, OP_TEST, child_of(l, f->node, FIELD_CONDITION), l->result, NONE);
        f->step = LOOP_BODY;
    }
    lower_loop_rest(l, f);
}

void lower_for(struct lower *l, struct frame *f)
{
    if (f->step == LOOP_BEGIN) {
        l->n_statements++;
        f->step = LOOP_HEAD;
        visit(l, child_of(l, f->node, FIELD_RIGHT));
        return;
    }
    if (f->step == LOOP_HEAD) {
        uint32_t iterable = l->result;
        uint8_t async = has_token(l, f->node, KIND_TOKEN_ASYNC) ? OP_IS_ASYNC : 0;
        uint32_t left = child_of(l, f->node, FIELD_LEFT);
        f->step = LOOP_BODY;
        open_control(l, OP_LOOP, f->node, iterable, LOOP_FOR, async);
        uint32_t next = emit_with(l, OP_NEXT, left, iterable, NONE, 0, async);
        visit_store(l, left, next, left, OP_IS_IMPLICIT);
        return;
    }
    lower_loop_rest(l, f);
}

/* ---- try */

enum except_step { EXCEPT_BEGIN, EXCEPT_TYPE, EXCEPT_BODY };

/* The clause's own frame; `as name` binds the name and deletes it at the end. */
static void lower_except(struct lower *l, struct frame *f)
{
    uint32_t value = child_of(l, f->node, FIELD_VALUE);
    bool is_named = value != 0 && kind_of(l, value) == KIND_AS_PATTERN;
    uint32_t alias = is_named ? child_of(l, value, FIELD_ALIAS) : child_of(l, f->node, FIELD_ALIAS);
    uint32_t type = is_named ? first_named(l, value) : value;
    uint32_t end = tree_end(l->tree, f->node);
    switch ((enum except_step)f->step) {
    case EXCEPT_BEGIN:
        f->step = EXCEPT_TYPE;
        part_of_control(l, OP_EXCEPT, f->node,
                        has_token(l, f->node, KIND_TOKEN_STAR) ? OP_IS_STARRED : 0);
        l->result = NONE;
        if (type != 0) {
            visit(l, type);
            return;
        }
        /* fall through */
    case EXCEPT_TYPE: {
        uint32_t caught = emit(l, OP_CAUGHT, type ? type : f->node, l->result, NONE);
        uint32_t body = 0;
        for (uint32_t i = first_named(l, f->node); i != 0; i = tree_next_named(l->tree, i, end)) {
            body = kind_of(l, i) == KIND_BLOCK ? i : body;
        }
        f->step = EXCEPT_BODY;
        if (alias != 0) {
            uint32_t name = alias;
            while (name != 0 && kind_of(l, name) != KIND_IDENTIFIER) {
                name = first_named(l, name);
            }
            f->x = name;
            if (name != 0) {
                emit_store_name(l, name, symbol_of_node(l, name), caught, name, OP_IS_IMPLICIT);
            }
        }
        if (body != 0) {
            visit(l, body);
            return;
        }
    }
        /* fall through */
    case EXCEPT_BODY:
        if (f->x != 0) {
            uint32_t use = use_of_name(l, symbol_of_node(l, f->x));
            uint32_t target = emit(l, OP_TARGET_NAME, f->x, use, NONE);
            emit_with(l, OP_DELETE, f->x, target, NONE, 0, OP_IS_IMPLICIT);
        }
        finish(l, NONE);
        return;
    }
}

void lower_try(struct lower *l, struct frame *f)
{
    if (kind_of(l, f->node) == KIND_EXCEPT_CLAUSE) {
        lower_except(l, f);
        return;
    }
    if (f->step++ == 0) {
        l->n_statements++;
        open_control(l, OP_TRY, f->node, NONE, 0, 0);
    }
    uint32_t next = next_named(l, f);
    if (next == 0) {
        close_control(l, f->node);
        finish(l, NONE);
        return;
    }
    if (kind_of(l, next) == KIND_ELSE_CLAUSE) {
        part_of_control(l, OP_ELSE, next, 0);
    } else if (kind_of(l, next) == KIND_FINALLY_CLAUSE) {
        part_of_control(l, OP_FINALLY, next, 0);
    }
    visit(l, next);
}

/* ---- with */

enum with_step { WITH_BEGIN, WITH_MANAGER, WITH_BOUND, WITH_BODY };

/* f->cursor is the item; f->x counts the WITHs that are open.  Items lie in the with_clause, which
 * is the first named child. */
void lower_with(struct lower *l, struct frame *f)
{
    uint32_t clause = first_named(l, f->node);
    uint32_t end = clause ? tree_end(l->tree, clause) : 0;
    uint8_t async = has_token(l, f->node, KIND_TOKEN_ASYNC) ? OP_IS_ASYNC : 0;
    if (f->step == WITH_BEGIN) {
        l->n_statements++;
        f->cursor = clause ? first_named(l, clause) : 0;
    } else if (f->step == WITH_MANAGER) {
        uint32_t value = child_of(l, f->cursor, FIELD_VALUE);
        uint32_t alias =
            value && kind_of(l, value) == KIND_AS_PATTERN ? child_of(l, value, FIELD_ALIAS) : 0;
        uint32_t manager = l->result;
        open_control(l, OP_WITH, f->cursor, manager, 0, async);
        f->x++;
        f->step = WITH_BOUND;
        uint32_t entered = emit_with(l, OP_ENTERED, f->cursor, manager, NONE, 0, async);
        if (alias != 0) {
            visit_store(l, alias, entered, alias, OP_IS_IMPLICIT);
            return;
        }
    }
    if (f->step == WITH_BOUND) {
        f->cursor = tree_next_named(l->tree, f->cursor, end);
    }
    if (f->step != WITH_BODY && f->cursor != 0) {
        uint32_t value = child_of(l, f->cursor, FIELD_VALUE);
        uint32_t manager =
            value && kind_of(l, value) == KIND_AS_PATTERN ? first_named(l, value) : value;
        f->step = WITH_MANAGER;
        visit(l, manager ? manager : f->cursor);
        return;
    }
    uint32_t body = child_of(l, f->node, FIELD_BODY);
    if (f->step != WITH_BODY && body != 0) {
        f->step = WITH_BODY;
        visit(l, body);
        return;
    }
    while (f->x-- > 0) {
        close_control(l, f->node);
    }
    finish(l, NONE);
}

/* ---- match */

/* Whether node i of a pattern is a name that the pattern binds. */
static bool is_captured_by_pattern(const struct lower *l, uint32_t i)
{
    if (kind_of(l, i) != KIND_IDENTIFIER) {
        return false;
    }
    uint16_t before = kind_of(l, i - 1);
    if (before == KIND_TOKEN_AS || before == KIND_TOKEN_STAR || before == KIND_TOKEN_STAR_STAR) {
        return true;
    }
    if (before != KIND_DOTTED_NAME || l->tree->nodes[i - 1].size != 2) {
        return false; /* `a.b` is compared with, not bound */
    }
    uint16_t around = kind_of(l, i - 2);
    return around == KIND_CASE_PATTERN || around == KIND_TOKEN_EQUAL || around == KIND_UNION_PATTERN
           || around == KIND_TOKEN_PIPE;
}

static void bind_pattern(struct lower *l, uint32_t subject, uint32_t clause)
{
    for (uint32_t i = clause + 1; i < tree_end(l->tree, clause); i++) {
        uint8_t field = l->tree->nodes[i].field;
        if (field == FIELD_CONSEQUENCE || field == FIELD_GUARD) {
            return;
        }
        if (is_captured_by_pattern(l, i)) {
            uint32_t part = emit(l, OP_MATCHED, i, subject, NONE);
            emit_store_name(l, i, symbol_of_node(l, i), part, i, OP_IS_IMPLICIT);
        }
    }
}

enum match_step { MATCH_BEGIN, MATCH_SUBJECT, MATCH_GUARD, MATCH_BODY };

static uint32_t next_case(struct lower *l, struct frame *f)
{
    uint32_t block = child_of(l, f->node, FIELD_BODY);
    if (block == 0) {
        return 0;
    }
    uint32_t i = f->cursor == 0 ? first_named(l, block)
                                : tree_next_named(l->tree, f->cursor, tree_end(l->tree, block));
    while (i != 0 && kind_of(l, i) != KIND_CASE_CLAUSE) {
        i = tree_next_named(l->tree, i, tree_end(l->tree, block));
    }
    return i;
}

/* Cases are IFs, each in the ELSE part of the one before; f->x counts them, f->value is the
 * subject. */
void lower_match(struct lower *l, struct frame *f)
{
    switch ((enum match_step)f->step) {
    case MATCH_BEGIN:
        l->n_statements++;
        f->step = MATCH_SUBJECT;
        visit(l, child_of(l, f->node, FIELD_SUBJECT));
        return;
    case MATCH_SUBJECT:
        f->value = l->result;
        break;
    case MATCH_GUARD: {
        uint32_t body = child_of(l, f->cursor, FIELD_CONSEQUENCE);
        open_control(l, OP_IF, f->cursor, l->result, 0, OP_IS_PATTERN);
        f->x++;
        f->step = MATCH_BODY;
        if (body != 0) {
            visit(l, body);
            return;
        }
    }
        /* fall through */
    case MATCH_BODY:
        break;
    }
    uint32_t next = next_case(l, f);
    if (next == 0) {
        while (f->x-- > 0) {
            close_control(l, f->node);
        }
        finish(l, NONE);
        return;
    }
    if (f->cursor != 0) {
        part_of_control(l, OP_ELSE, next, 0);
    }
    f->cursor = next;
    bind_pattern(l, f->value, next);
    l->result = f->value;
    f->step = MATCH_GUARD;
    uint32_t guard = child_of(l, next, FIELD_GUARD);
    if (guard != 0) {
        visit(l, guard);
    }
}
