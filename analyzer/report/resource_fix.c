/*
 * resource_fix.c - a `with` statement for what is opened and not, or not surely, closed.
 *
 * Two shapes.  A name holds the resource: its statements up to the close, or up to the last use,
 * become the body.  Or it is used up where it is made: the statement becomes the body, and the
 * resource gets a name.
 *
 *     file = open(path)              with open(path) as file:
 *     text = file.read()                 text = file.read()
 *     file.close()
 *
 *     return open(path).read()       with open(path) as file:
 *                                        return file.read()
 *
 * What reads the resource later than it is told to (csv.reader, map, a generator) would find it
 * closed; so each use must be one that is known to be done when it returns.  The fix is safe where
 * nothing but the time of closing changes: a file that is read, or one that was closed by hand.
 * Closing what was written may fail, and what nobody closed kept silent about that.
 */
#include "report/resource_fix.h"

#include "report/prompt_uses.h"
#include "rule.h"

/* Makers whose `with` gives the resource itself, and does exactly what its close() does. */
static const char *const plain_makers[] = {
    "open",
    "io.open",
    "io.open_code",
    "io.FileIO",
    "os.fdopen",
    "os.scandir",
    "codecs.open",
    "tokenize.open",
    "pathlib.Path.open",
    "bz2.open",
    "bz2.BZ2File",
    "gzip.open",
    "gzip.GzipFile",
    "lzma.open",
    "lzma.LZMAFile",
    "zipfile.ZipFile",
    "tarfile.open",
    "tarfile.TarFile",
    "tarfile.TarFile.open",
    "wave.open",
    "dbm.open",
    "shelve.open",
    "mmap.mmap",
    "socket.socket",
    "socket.create_connection",
    "socket.create_server",
    "urllib.request.urlopen",
    "tempfile.TemporaryFile",
    "tempfile.NamedTemporaryFile",
    "tempfile.SpooledTemporaryFile",
    NULL,
};

/* What is known of the acquisition. */
struct acquisition {
    const struct facts *facts;
    const struct resource *resource;
    uint32_t file;
    uint32_t call; /* that makes it */
    const struct scope *scope;
};

/* ---- uses ---- */

/* The statement's op that a value ends in: what it is computed for.  NONE for those that have a
 * body, and for what is evaluated only sometimes. */
static uint32_t statement_of(const struct facts *facts, uint32_t value, uint32_t *top)
{
    for (uint32_t use = uses_next(facts, value, value); use != NONE;
         use = uses_next(facts, value, value)) {
        switch (facts->ops[use].kind) {
        case OP_EXPRESSION:
        case OP_RETURN:
        case OP_STORE:
            *top = value;
            return facts->ops[use].flags & OP_IS_AUGMENTED ? NONE : use;
        case OP_ARGUMENT:
            value = uses_call_of_argument(facts, use);
            if (facts->ops[value].kind != OP_CALL) {
                return NONE;
            }
            break;
        case OP_ELEMENT:
            for (value = use; facts->ops[value].kind == OP_ELEMENT;) {
                value--;
            }
            break;
        case OP_ATTRIBUTE:
        case OP_ITEM:
        case OP_CALL:
        case OP_UNARY:
        case OP_BINARY:
        case OP_COMPARE:
            value = use;
            break;
        default:
            return NONE;
        }
    }
    return NONE;
}

/* ---- what may be changed at all ---- */

static uint32_t find_call(const struct facts *facts, const struct place *place)
{
    const struct scope *s = &facts->scopes[facts_scope_at(facts, place->start)];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        if (facts->ops[i].kind == OP_CALL && facts->ops[i].start == place->start
            && op_end(&facts->ops[i]) == place->end) {
            return i;
        }
    }
    return NONE;
}

static bool is_plain_maker(const struct maker *maker)
{
    return words_have(plain_makers, maker->name) && !(maker->flags & MAKER_IS_DERIVED);
}

/* "r", "rb", or no mode at all. */
static bool only_reads(const struct acquisition *a)
{
    static const char *const not_by_mode[] = {"os.scandir", "urllib.request.urlopen",
                                              "tokenize.open", "io.open_code", NULL};
    const char *name = a->resource->maker->name;
    if (words_have(not_by_mode, name)) {
        return true;
    }
    bool is_first = strcmp(name, "pathlib.Path.open") == 0;
    uint32_t mode = facts_argument(a->facts, a->call, is_first ? 0 : 1, "mode");
    if (strncmp(name, "socket.", 7) == 0 || strncmp(name, "tempfile.", 9) == 0
        || strncmp(name, "dbm.", 4) == 0 || strncmp(name, "shelve.", 7) == 0
        || strcmp(name, "os.fdopen") == 0) {
        return false;
    }
    if (mode == NONE) {
        return a->facts->ops[a->call].b <= 1 || is_first;
    }
    const struct op *op = &a->facts->ops[mode];
    const char *text = facts_name(a->facts, op->a);
    return op->kind == OP_CONSTANT && op->aux == CONSTANT_STRING && text[0] == 'r'
           && strchr(text, '+') == NULL;
}

/* ---- held by a name ---- */

/* What is done with the name. */
struct life {
    uint32_t variable;
    uint32_t store;
    uint32_t close;    /* the OP_EXPRESSION of the only close; NONE: there is none */
    uint32_t last_end; /* offset at which the last use ends */
    bool is_prompt;    /* each use is done when it returns */
    bool is_followed;  /* no use gives it away */
    bool has_field;    /* its name is asked for */
};

static bool is_held_simply(const struct facts *facts, uint32_t store)
{
    const struct op *target = &facts->ops[facts->ops[store].a];
    if (facts->ops[store].kind != OP_STORE || target->kind != OP_TARGET_NAME
        || (facts->ops[store].flags & (OP_IS_AUGMENTED | OP_IS_IMPLICIT))) {
        return false;
    }
    const struct variable *v = &facts->variables[target->a];
    uint32_t unfit = VARIABLE_IS_PARAMETER | VARIABLE_IS_CAPTURED | VARIABLE_IS_DECLARED
                     | VARIABLE_IN_COMPREHENSION | VARIABLE_IS_DELETED;
    return v->scope != 0 && !(v->flags & unfit);
}

/* Bound in one place only; a place in a loop is one. */
static bool is_bound_once(const struct facts *facts, const struct scope *scope, uint32_t variable,
                          uint32_t store)
{
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if ((op->kind == OP_STORE || op->kind == OP_DELETE) && i != store
            && facts->ops[op->a].kind == OP_TARGET_NAME && facts->ops[op->a].a == variable) {
            return false;
        }
    }
    return true;
}

/* `file.close()` as a statement. */
static uint32_t closing_statement(const struct acquisition *a, uint32_t use)
{
    const struct facts *facts = a->facts;
    if (facts->ops[use].kind != OP_ATTRIBUTE) {
        return NONE;
    }
    const char *method = facts_name(facts, facts->ops[use].b);
    uint32_t call = uses_next(facts, use, use);
    if (call == NONE || facts->ops[call].kind != OP_CALL || facts->ops[call].a != use
        || facts->ops[call].b > 0 || (strcmp(method, "close") != 0)) {
        return NONE;
    }
    uint32_t statement = uses_next(facts, call, call);
    return statement != NONE && facts->ops[statement].kind == OP_EXPRESSION ? statement : NONE;
}

/* Whether a function that is given it hands it to nobody else: what it makes of it stays here. */
static bool stays_here(const struct facts *facts, uint32_t use)
{
    const struct op *op = &facts->ops[use];
    uint32_t top, value = use;
    if (op->kind == OP_LOOP || op->kind == OP_NEXT) {
        return true;
    }
    if (op->kind == OP_ARGUMENT) {
        value = uses_call_of_argument(facts, use);
    } else if (op->kind != OP_ATTRIBUTE) {
        return false;
    }
    uint32_t statement = statement_of(facts, value, &top);
    return statement != NONE && facts->ops[statement].kind != OP_RETURN;
}

static bool is_field(const struct facts *facts, uint32_t use)
{
    const struct op *op = &facts->ops[use];
    return op->kind == OP_ATTRIBUTE
           && (strcmp(facts_name(facts, op->b), "name") == 0
               || strcmp(facts_name(facts, op->b), "encoding") == 0);
}

static void note_use(const struct acquisition *a, uint32_t load, struct life *life)
{
    const struct facts *facts = a->facts;
    uint32_t use = uses_next(facts, load, load);
    if (use == NONE || load < life->store || uses_in_generator(facts, load)) {
        life->is_followed = false;
        return;
    }
    uint32_t close = closing_statement(a, use);
    if (close != NONE) {
        life->is_followed = life->is_followed && life->close == NONE;
        life->close = close;
        return;
    }
    uint32_t end = op_end(&facts->ops[use]);
    bool has_field = is_field(facts, use);
    bool is_prompt = has_field || prompt_value_after(facts, load, use) != NONE;
    life->last_end = end > life->last_end ? end : life->last_end;
    life->has_field = life->has_field || has_field;
    life->is_prompt = life->is_prompt && is_prompt;
    life->is_followed = life->is_followed && (is_prompt || stays_here(facts, use));
}

static struct life follow(const struct acquisition *a, uint32_t store)
{
    struct life life = {
        .variable = a->facts->ops[a->facts->ops[store].a].a,
        .store = store,
        .close = NONE,
        .last_end = op_end(&a->facts->ops[store]),
        .is_prompt = true,
        .is_followed = true,
    };
    for (uint32_t i = a->scope->first_op; i < a->scope->first_op + a->scope->n_ops; i++) {
        if (a->facts->ops[i].kind == OP_LOAD && a->facts->ops[i].a == life.variable) {
            note_use(a, i, &life);
        }
    }
    return life;
}

/* Up to where it was closed by hand, anybody may use it; up to the last use, only who is done with
 * it by then.  A temporary file goes when it is closed, and its name is good for nothing. */
static bool may_end(const struct acquisition *a, const struct life *life)
{
    bool is_temporary = strncmp(a->resource->maker->name, "tempfile.", 9) == 0;
    return life->is_followed
           && (life->close != NONE || (life->is_prompt && !(is_temporary && life->has_field)));
}

static bool is_safe(const struct acquisition *a, bool was_closed)
{
    return was_closed || only_reads(a);
}

static void offer_for_name(struct check *check, struct finding *finding,
                           const struct acquisition *a, uint32_t store)
{
    const struct facts *facts = a->facts;
    if (!is_held_simply(facts, store)
        || !is_bound_once(facts, a->scope, facts->ops[facts->ops[store].a].a, store)) {
        return;
    }
    struct life life = follow(a, store);
    if (!may_end(a, &life)) {
        return;
    }
    bool has_close = life.close != NONE;
    struct place place = {a->file, facts->ops[store].start, life.last_end};
    struct change *change = finding_change(check, finding, CHANGE_WITH, place,
                                           "with \1 as %s:", variable_name(facts, life.variable));
    change->quoted[0] = place_of_op(a->file, &facts->ops[a->call]);
    if (has_close) {
        change->quoted[1] = place_of_op(a->file, &facts->ops[life.close]);
    }
    finding->fix_is_safe = is_safe(a, has_close);
}

/* ---- used up at once ---- */

static bool is_name_free(const struct facts *facts, const char *name)
{
    uint32_t symbol = facts_symbol(facts, name);
    for (uint32_t i = 0; symbol != NONE && i < facts->n_variables; i++) {
        if (facts->variables[i].name == symbol) {
            return false;
        }
    }
    return true;
}

static const char *free_name(const struct acquisition *a)
{
    bool is_socket = strcmp(a->resource->maker->thing, "socket") == 0;
    const char *names[] = {is_socket ? "connection" : a->resource->maker->thing, "file", "opened",
                           "resource"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strchr(names[i], ' ') == NULL && is_name_free(a->facts, names[i])) {
            return names[i];
        }
    }
    return NULL;
}

/* Whether nothing of note happens in the statement before the call is evaluated. */
static bool comes_first(const struct facts *facts, uint32_t top, uint32_t call)
{
    uint32_t start = facts->ops[top].start;
    for (uint32_t i = call; i-- > 0 && facts->ops[i].start >= start;) {
        const struct op *op = &facts->ops[i];
        bool is_own = op->start >= facts->ops[call].start;
        bool is_quiet = op->kind == OP_LOAD || op->kind == OP_ATTRIBUTE || op->kind == OP_CONSTANT;
        if (op_end(op) > op_end(&facts->ops[top])) {
            break;
        }
        if (!is_own && !is_quiet) {
            return false;
        }
    }
    uint32_t control = uses_control_around(facts, call);
    return control == NONE || facts->ops[control].start < start;
}

static void nest(struct check *check, struct finding *finding, const struct acquisition *a,
                 uint32_t inside)
{
    const struct op *call = &a->facts->ops[a->call];
    struct place place = place_of_op(a->file, call);
    struct place statement = {a->file, call->start, op_end(&a->facts->ops[inside])};
    const char *name = free_name(a);
    if (name == NULL) {
        return;
    }
    finding_change(check, finding, CHANGE_BEFORE, place, "with \1 as %s:", name)->quoted[0] = place;
    finding_change(check, finding, CHANGE_INDENT, statement, "%s", "");
    finding_change(check, finding, CHANGE_REPLACE, place, "%s", name);
    finding->fix_is_safe = a->scope->kind == SCOPE_FUNCTION && only_reads(a);
}

static void offer_at_once(struct check *check, struct finding *finding, const struct acquisition *a,
                          uint32_t use)
{
    const struct facts *facts = a->facts;
    uint32_t top, done = prompt_value_after(facts, a->call, use);
    if (facts->ops[use].kind == OP_EXPRESSION) {
        struct change *change =
            finding_change(check, finding, CHANGE_STATEMENT,
                           place_of_op(a->file, &facts->ops[a->call]), "with \1:\n\tpass");
        change->quoted[0] = place_of_op(a->file, &facts->ops[a->call]);
        finding->fix_is_safe = only_reads(a);
        return;
    }
    if (done == NONE || facts->scopes[facts_scope_of_op(facts, a->call)].kind == SCOPE_LAMBDA) {
        return;
    }
    if (facts->ops[done].kind == OP_LOOP) {
        bool is_statement = facts->ops[done].aux == LOOP_FOR;
        if (is_statement && !(facts->ops[done].flags & OP_IS_ASYNC)) {
            nest(check, finding, a, a->call);
        }
        return;
    }
    if (statement_of(facts, done, &top) != NONE && comes_first(facts, top, a->call)) {
        nest(check, finding, a, a->call);
    }
}

/* ---- both ---- */

/* A generator would hold the `with` while nobody asks for more; a class body has no place for it.
 */
static bool is_fit(const struct scope *scope)
{
    return scope->kind != SCOPE_CLASS && scope->kind != SCOPE_LAMBDA
           && !(scope->flags & (SCOPE_IS_GENERATOR | SCOPE_CALLS_LOCALS));
}

/* A loop takes what it goes over twice: as it begins, and at each turn. */
static bool is_only_use(const struct facts *facts, uint32_t value, uint32_t use)
{
    uint32_t next = uses_next(facts, value, use);
    return next == NONE
           || (facts->ops[use].kind == OP_LOOP && facts->ops[next].kind == OP_NEXT
               && uses_next(facts, value, next) == NONE);
}

void resource_offer_with(struct check *check, struct finding *finding,
                         const struct resource *resource)
{
    uint32_t file = resource->place.file;
    const struct facts *facts = check->program->files[file];
    struct acquisition a = {.facts = facts, .resource = resource, .file = file};
    if (!is_plain_maker(resource->maker)) {
        return;
    }
    a.call = find_call(facts, &resource->place);
    if (a.call == NONE) {
        return;
    }
    a.scope = &facts->scopes[facts_scope_of_op(facts, a.call)];
    uint32_t use = uses_next(facts, a.call, a.call);
    if (!is_fit(a.scope) || use == NONE || !is_only_use(facts, a.call, use)) {
        return;
    }
    if (facts->ops[use].kind == OP_STORE) {
        offer_for_name(check, finding, &a, use);
    } else {
        offer_at_once(check, finding, &a, use);
    }
}
