/*
 * A temporary file or folder whose maker leaves removing it to the caller, and nobody does.
 *
 * mkdtemp(), mkstemp() and NamedTemporaryFile(delete=False) are followed by their value: the names
 * that hold it, `.name` of the file, paths made from it.  What is done with it is one of three: it
 * is removed (unlink, rmtree, move, a clean-up registered), somebody else may have it now
 * (returned, stored, given to a function that is not known), or it is only used.  Where it is only
 * used, it stays on the disk.  An attribute is followed by its name through the whole program.
 *
 * Of mkstemp() also the descriptor: `mkstemp()[1]` throws it away open.
 */
#include "rule.h"

/* What a value is: the thing itself, the open file of it, or a path made from it. */
enum part { NOT_ITS, ITSELF, ITS_FILE, MADE_FROM_IT };

enum { MAX_VALUES = 200 }; /* what is used more often than that is taken for somebody else's */

/* The scope in hand seen from its values; the next question is often about the same scope. */
struct seen {
    struct arena arena;
    struct scope_view view;
};

struct trace {
    struct check *check;
    uint32_t file;
    const struct facts *facts;
    uint32_t scope;
    struct seen *seen;
    struct arena arena;
    const char *attribute; /* of `self` that it is stored in, or NULL */
    bool is_removed, is_elsewhere;
    uint32_t n_used, n_values;
    struct {
        ARRAY_OF(uint32_t);
    } values;      /* still to be looked at */
    uint8_t *part; /* by op of the scope */
    uint32_t first_op;
};

static const struct op *op_at(const struct trace *trace, uint32_t op)
{
    return &trace->facts->ops[op];
}

static void add_value(struct trace *trace, uint32_t value, enum part part)
{
    if (trace->part[value - trace->first_op] != NOT_ITS) {
        return;
    }
    trace->part[value - trace->first_op] = (uint8_t)part;
    *array_push(&trace->values) = value;
    trace->is_elsewhere |= ++trace->n_values > MAX_VALUES;
}

/* The first op that takes a value; NONE when there is none. */
static uint32_t first_use(const struct trace *trace, uint32_t value)
{
    uint32_t use = scope_view_use(&trace->seen->view, value, NONE);
    return use == NONE ? NONE : use_op(&trace->seen->view, use);
}

static const char *called_name(const struct trace *trace, uint32_t call)
{
    const struct op *callee = op_at(trace, op_at(trace, call)->a);
    return callee->kind == OP_ATTRIBUTE ? facts_name(trace->facts, callee->b)
           : callee->kind == OP_LOAD    ? variable_name(trace->facts, callee->a)
                                        : "";
}

static bool spells_any(const struct trace *trace, uint32_t value, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (facts_spells(trace->facts, value, *names)) {
            return true;
        }
    }
    return false;
}

/* ---- calls ---- */

/* Names that say that it goes away, now or later. */
static const char *const removing[] = {
    "remove", "unlink",  "rmtree",   "rmdir",    "delete",   "clean",   "destroy", "move",
    "rename", "replace", "register", "callback", "finalize", "discard", "purge",   NULL,
};

/* Functions that read, write or ask about what they are given a path of. */
static const char *const users[] = {
    "open",
    "io.open",
    "os.open",
    "os.fdopen",
    "os.listdir",
    "os.scandir",
    "os.walk",
    "os.mkdir",
    "os.makedirs",
    "os.chdir",
    "os.chmod",
    "os.stat",
    "os.system",
    "os.access",
    "os.utime",
    "os.mkfifo",
    "os.symlink",
    "os.path.exists",
    "os.path.isfile",
    "os.path.isdir",
    "os.path.getsize",
    "os.path.getmtime",
    "shutil.copy",
    "shutil.copy2",
    "shutil.copyfile",
    "shutil.copytree",
    "shutil.make_archive",
    "shutil.unpack_archive",
    "subprocess.run",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
    "subprocess.Popen",
    "print",
    "len",
    "repr",
    "isinstance",
    "zipfile.ZipFile",
    "tarfile.open",
    "gzip.open",
    "bz2.open",
    "sqlite3.connect",
    "glob.glob",
    "shelve.open",
    "dbm.open",
    "json.dump",
    "json.load",
    "pickle.dump",
    "pickle.load",
    "csv.writer",
    "csv.reader",
    "shutil.copyfileobj",
    "sys.path.insert",
    "sys.path.append",
    "os.path.isabs",
    "importlib.import_module",
    NULL,
};

/* Functions that make another path of it, or another spelling of the same. */
static const char *const path_makers[] = {"os.path.join",
                                          "os.path.basename",
                                          "os.path.dirname",
                                          "os.path.relpath",
                                          "os.fspath",
                                          "str",
                                          NULL};
static const char *const respellers[] = {"os.path.abspath", "os.path.realpath", "os.path.normpath",
                                         "pathlib.Path",    "os.path.normcase", NULL};

static const char *const loggers[] = {"debug", "info", "warning", "error", "exception", NULL};

/* A list that is only the argument of a program to run. */
static bool is_command_line(const struct trace *trace, uint32_t display)
{
    uint32_t use = first_use(trace, display);
    if (use == NONE || op_at(trace, use)->kind != OP_ARGUMENT) {
        return false;
    }
    uint32_t call = uses_call_of_argument(trace->facts, use);
    return op_at(trace, call)->kind == OP_CALL
           && strncmp(uses_spell_chain(trace->facts, op_at(trace, call)->a, &trace->check->scratch),
                      "subprocess.", 11)
                  == 0;
}

static void take_argument(struct trace *trace, uint32_t argument, enum part part)
{
    uint32_t call = uses_call_of_argument(trace->facts, argument);
    if (op_at(trace, call)->kind != OP_CALL) {
        trace->is_elsewhere = true;
        return;
    }
    uint32_t callee = op_at(trace, call)->a;
    if (words_occur_in(removing, called_name(trace, call))) {
        trace->is_removed |= part != MADE_FROM_IT;
        trace->n_used++;
    } else if (spells_any(trace, callee, path_makers)) {
        add_value(trace, call, MADE_FROM_IT);
    } else if (spells_any(trace, callee, respellers)) {
        add_value(trace, call, part);
    } else if (spells_any(trace, callee, users) || words_have(loggers, called_name(trace, call))) {
        trace->n_used++;
    } else {
        trace->is_elsewhere = true;
    }
}

/* ---- attributes and names ---- */

static void take_attribute(struct trace *trace, uint32_t attribute, enum part part)
{
    const char *name = facts_name(trace->facts, op_at(trace, attribute)->b);
    uint32_t call = first_use(trace, attribute);
    bool is_call =
        call != NONE && op_at(trace, call)->kind == OP_CALL && op_at(trace, call)->a == attribute;
    if (part == ITS_FILE) {
        if (strcmp(name, "name") == 0 || strcmp(name, "file") == 0) {
            add_value(trace, attribute, ITSELF);
        }
        trace->n_used++;
        return;
    }
    if (words_occur_in(removing, name)) {
        trace->is_removed |= part == ITSELF;
    } else if (is_call) {
        add_value(trace, call, MADE_FROM_IT);
    } else {
        add_value(trace, attribute, MADE_FROM_IT);
    }
}

static void follow_name(struct trace *trace, uint32_t variable, enum part part)
{
    const struct scope_view *view = &trace->seen->view;
    const struct variable *v = &trace->facts->variables[variable];
    if (v->scope != trace->scope || v->flags & (VARIABLE_IS_CAPTURED | VARIABLE_IS_DECLARED)) {
        trace->is_elsewhere = true;
        return;
    }
    uint32_t load = scope_view_load(view, variable, NONE);
    for (; load != NONE && !trace->is_elsewhere; load = scope_view_load(view, variable, load)) {
        add_value(trace, load, part);
    }
}

static void take_store(struct trace *trace, uint32_t store, enum part part)
{
    const struct op *target = op_at(trace, op_at(trace, store)->a);
    if (target->kind == OP_TARGET_NAME) {
        follow_name(trace, target->a, part);
    } else if (target->kind == OP_TARGET_ATTRIBUTE && part != MADE_FROM_IT
               && trace->attribute == NULL && classes_is_self(trace->facts, target->a)) {
        trace->attribute = facts_name(trace->facts, target->b);
    } else {
        trace->is_elsewhere = true;
    }
}

/* ---- one value ---- */

static void take(struct trace *trace, uint32_t op, enum part part)
{
    switch (op_at(trace, op)->kind) {
    case OP_STORE:
        take_store(trace, op, part);
        break;
    case OP_ATTRIBUTE:
        take_attribute(trace, op, part);
        break;
    case OP_ARGUMENT:
        take_argument(trace, op, part);
        break;
    case OP_ELEMENT: {
        uint32_t display = op;
        while (op_at(trace, display)->kind == OP_ELEMENT) {
            display--;
        }
        trace->is_elsewhere |= !is_command_line(trace, display);
        trace->n_used++;
        break;
    }
    case OP_EITHER:
    case OP_ENTERED:
        add_value(trace, op, part);
        break;
    case OP_BINARY:
        add_value(trace, op, MADE_FROM_IT);
        break;
    case OP_RETURN:
    case OP_YIELD:
    case OP_YIELD_FROM:
    case OP_COLLECT:
    case OP_RAISE:
        trace->is_elsewhere = true;
        break;
    default:
        trace->n_used++;
        break;
    }
}

/* A value that nothing takes is part of an f-string, which goes who knows where. */
static void follow(struct trace *trace)
{
    while (trace->values.n > 0 && !trace->is_elsewhere) {
        uint32_t value = trace->values.items[--trace->values.n];
        enum part part = trace->part[value - trace->first_op];
        const struct scope_view *view = &trace->seen->view;
        uint32_t use = scope_view_use(view, value, NONE);
        bool is_text = op_at(trace, value)->kind == OP_LOAD || part == ITSELF;
        trace->is_elsewhere |= use == NONE && is_text && part != ITS_FILE;
        for (; use != NONE; use = scope_view_use(view, value, use)) {
            take(trace, use_op(view, use), part);
        }
    }
    trace->values.n = 0;
}

static void begin(struct trace *trace, uint32_t op)
{
    struct seen *seen = trace->seen;
    uint32_t scope = trace->scope = facts_scope_of_op(trace->facts, op);
    const struct scope *s = &trace->facts->scopes[scope];
    if (seen->view.facts != trace->facts || seen->view.scope != scope) {
        arena_reset(&seen->arena);
        seen->view = scope_view_make(trace->facts, scope, &seen->arena);
    }
    trace->first_op = s->first_op;
    trace->part = arena_alloc(&trace->arena, s->n_ops);
}

static void end(struct trace *trace)
{
    array_free(&trace->values);
    arena_free(&trace->arena);
}

/* ---- attributes, through the program ---- */

static bool is_removed_at(struct check *check, struct seen *seen, const struct attribute_use *use)
{
    const struct facts *facts = check->program->files[use->file];
    struct trace trace = {.check = check, .file = use->file, .facts = facts, .seen = seen};
    if (facts->ops[use->op].kind != OP_ATTRIBUTE) {
        return true; /* getattr() */
    }
    begin(&trace, use->op);
    add_value(&trace, use->op, ITSELF);
    follow(&trace);
    end(&trace);
    return trace.is_removed || trace.is_elsewhere || trace.attribute != NULL;
}

/* Whether somewhere an attribute of that name is removed, or goes where it is not seen. */
static bool is_attribute_removed(struct check *check, struct seen *seen, const char *name)
{
    const struct attribute_uses *uses = attribute_uses_of((struct program *)check->program);
    uint32_t symbol = link_find_file_symbol(check->program, name);
    uint32_t at = symbol == NONE ? NONE : uses->first[symbol];
    while (at != NONE && !is_removed_at(check, seen, &uses->items[at])) {
        at = uses->items[at].next;
    }
    return at != NONE;
}

/* ---- makers ---- */

static bool is_kept_file(const struct facts *facts, uint32_t call)
{
    uint32_t delete = facts_argument(facts, call, -1, "delete");
    return delete != NONE && facts->ops[delete].kind == OP_CONSTANT
           && facts->ops[delete].aux == CONSTANT_FALSE
           && facts_spells(facts, facts->ops[call].a, "tempfile.NamedTemporaryFile");
}

/* Of mkstemp()'s pair, the path, as far as it is taken out; sees whether the descriptor is lost. */
static bool begin_with_path(struct trace *trace, uint32_t call, bool *loses_descriptor)
{
    bool has_path = false;
    const struct scope_view *view = &trace->seen->view;
    uint32_t next = scope_view_use(view, call, NONE);
    for (; next != NONE; next = scope_view_use(view, call, next)) {
        uint32_t use = use_op(view, next);
        const struct op *op = op_at(trace, use);
        if (op->kind == OP_UNPACKED) {
            if (op->b == 1) {
                add_value(trace, use, ITSELF);
                has_path = true;
            }
        } else if (op->kind == OP_ITEM && op_at(trace, op->b)->kind == OP_CONSTANT
                   && strcmp(facts_name(trace->facts, op_at(trace, op->b)->a), "1") == 0) {
            add_value(trace, use, ITSELF);
            has_path = *loses_descriptor = true;
        } else {
            trace->is_elsewhere = true;
        }
    }
    return has_path;
}

static void report(struct trace *trace, uint32_t call, const char *thing)
{
    struct check *check = trace->check;
    const char *name = uses_spell_chain(trace->facts, op_at(trace, call)->a, &check->scratch);
    struct finding *finding =
        rule_report(check, place_of_op(trace->file, op_at(trace, call)), thing, name);
    if (is_test_code(check->program, trace->file)) {
        finding->confidence = CONFIDENCE_POSSIBLE;
    }
    if (strcmp(thing, "folder") == 0) {
        finding_remedy(check, finding, "with tempfile.TemporaryDirectory() as folder:");
    }
}

/* What the rule looks with. */
struct look {
    struct check *check;
    struct seen seen;
};

static void judge(struct look *look, struct trace *trace, uint32_t call, const char *thing)
{
    follow(trace);
    bool is_let_go = trace->is_removed || trace->is_elsewhere;
    if (!is_let_go && trace->attribute != NULL) {
        is_let_go = is_attribute_removed(look->check, &look->seen, trace->attribute);
    }
    if (!is_let_go) {
        report(trace, call, thing);
    }
}

static void judge_pair(struct look *look, struct trace *trace, uint32_t call)
{
    bool loses_descriptor = false;
    if (begin_with_path(trace, call, &loses_descriptor) && loses_descriptor) {
        rule_report_as(trace->check, place_of_op(trace->file, op_at(trace, call)),
                       "the descriptor that mkstemp() opens is thrown away open");
    } else if (!trace->is_elsewhere) {
        judge(look, trace, call, "file");
    }
}

static void check_call(struct look *look, uint32_t file, uint32_t call)
{
    const struct facts *facts = look->check->program->files[file];
    struct trace trace = {.check = look->check, .file = file, .facts = facts, .seen = &look->seen};
    uint32_t callee = facts->ops[call].a;
    bool is_folder = facts_spells(facts, callee, "tempfile.mkdtemp");
    bool is_pair = facts_spells(facts, callee, "tempfile.mkstemp");
    if (!is_folder && !is_pair && !is_kept_file(facts, call)) {
        return;
    }
    begin(&trace, call);
    if (is_pair) {
        judge_pair(look, &trace, call);
    } else {
        add_value(&trace, call, is_folder ? ITSELF : ITS_FILE);
        judge(look, &trace, call, is_folder ? "folder" : "file");
    }
    end(&trace);
}

static bool has_makers(const struct facts *facts)
{
    static const char *const names[] = {"mkdtemp", "mkstemp", "NamedTemporaryFile"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (facts_symbol(facts, names[i]) != NONE) {
            return true;
        }
    }
    return false;
}

static void check(struct check *check)
{
    struct look look = {.check = check};
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        uint32_t n_ops = has_makers(facts) ? facts->n_ops : 0;
        for (uint32_t i = 0; i < n_ops; i++) {
            if (facts->ops[i].kind == OP_CALL) {
                check_call(&look, file, i);
            }
        }
    }
    arena_free(&look.seen.arena);
}

const struct rule rule_temporary_not_removed = {
    .code = "W9311",
    .name = "temporary-not-removed",
    .message = "the temporary %s made by %s() is never removed",
    .why = "mkdtemp(), mkstemp() and NamedTemporaryFile(delete=False) leave it to their caller to "
           "remove what they made, and nothing else ever does: not the garbage collector, not the "
           "end of the process. The disk, or the memory that /tmp is on, fills up a little with "
           "each call, until something unrelated cannot write. mkstemp() opens a descriptor, too; "
           "without a name it stays open for as long as the process lives.",
    .instead = "`with tempfile.TemporaryDirectory()` or `NamedTemporaryFile()` removes it; where "
               "another program needs it closed first, os.unlink() or shutil.rmtree() in a "
               "`finally`. Since Python 3.12, NamedTemporaryFile(delete_on_close=False) does that.",
    .since = "",
    .confidence = CONFIDENCE_LIKELY,
    .check = check,
};
