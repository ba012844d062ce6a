/*
 * A small view is kept, and with it the large buffer that it looks into.
 *
 *   re.search(pattern, text)   a match holds the whole text that was searched
 *   memoryview(data)[:16]      a view holds the whole buffer
 *   numpy.load(path)[:10]      a slice of an array is a view of all of it
 *
 * Reported when a function keeps one in an attribute, a global, or a container of one of these, and
 * the buffer is a whole file or answer: what read(), read_text(), getvalue(), numpy.load() and the
 * like return.  A method of the match (group(), span()) copies, and so do bytes() and .copy().
 */
#include "rule.h"

/* ---- large buffers ---- */

/* Whether a value is a whole file or answer: a call of read() without a size, or of its kin; an
 * answer's text. */
static bool is_large(const struct program *program, uint32_t file, uint32_t value)
{
    const struct facts *facts = program->files[file];
    static const char *const readers[] = {"read",     "read_text", "read_bytes", "readall",
                                          "getvalue", "tobytes",   "getbuffer",  NULL};
    static const char *const attributes[] = {"text", "content", "body", NULL};
    const struct op *op = &facts->ops[link_origin(program, file, value)];
    if (op->kind == OP_AWAIT) {
        op = &facts->ops[op->a];
    }
    if (op->kind == OP_ATTRIBUTE) {
        return words_have(attributes, facts_name(facts, op->b))
               && facts->ops[link_origin(program, file, op->a)].kind == OP_CALL;
    }
    const struct op *callee = op->kind == OP_CALL ? &facts->ops[op->a] : NULL;
    const char *name = callee == NULL                 ? ""
                       : callee->kind == OP_ATTRIBUTE ? facts_name(facts, callee->b)
                                                      : "";
    return words_have(readers, name) && (strcmp(name, "read") != 0 || op->b == 0);
}

static bool makes_large_array(const struct program *program, uint32_t file, uint32_t value)
{
    const struct facts *facts = program->files[file];
    static const char *const makers[] = {"numpy.load",       "numpy.fromfile", "numpy.loadtxt",
                                         "numpy.genfromtxt", "numpy.memmap",   NULL};
    uint32_t origin = link_origin(program, file, value);
    for (const char *const *maker = makers; *maker != NULL; maker++) {
        if (facts_calls(facts, origin, *maker)) {
            return true;
        }
    }
    return false;
}

/* ---- views ---- */

static bool is_pattern(const struct program *program, uint32_t file, uint32_t value)
{
    const struct facts *facts = program->files[file];
    return facts_calls(facts, link_origin(program, file, value), "re.compile");
}

/* Whether a call makes a match of a large text. */
static bool is_match(const struct program *program, uint32_t file, uint32_t call)
{
    const struct facts *facts = program->files[file];
    static const char *const methods[] = {"match", "search", "fullmatch", NULL};
    const struct op *op = &facts->ops[call];
    if (op->kind != OP_CALL || facts->ops[op->a].kind != OP_ATTRIBUTE) {
        return false;
    }
    const struct op *callee = &facts->ops[op->a];
    if (!words_have(methods, facts_name(facts, callee->b))) {
        return false;
    }
    bool is_function = facts_spells(facts, op->a, "re.match")
                       || facts_spells(facts, op->a, "re.search")
                       || facts_spells(facts, op->a, "re.fullmatch");
    uint32_t text = facts_argument(facts, call, is_function ? 1 : 0, "string");
    return (is_function || is_pattern(program, file, callee->a)) && text != NONE
           && is_large(program, file, text);
}

/* What a value is, and of what, when it is a view of a large buffer; NULL otherwise. */
static const char *describe_view(const struct program *program, uint32_t file, uint32_t value)
{
    const struct facts *facts = program->files[file];
    value = link_origin(program, file, value);
    const struct op *op = &facts->ops[value];
    if (is_match(program, file, value)) {
        return "the match holds the whole text that was searched";
    }
    if (op->kind != OP_ITEM || facts->ops[op->b].kind != OP_SLICE) {
        return NULL;
    }
    if (makes_large_array(program, file, op->a)) {
        return "the slice is a view, which holds the whole array";
    }
    uint32_t whole = link_origin(program, file, op->a);
    uint32_t buffer =
        facts_calls(facts, whole, "memoryview") ? facts_argument(facts, whole, 0, NULL) : NONE;
    return buffer != NONE && is_large(program, file, buffer) ? "the view holds the whole buffer"
                                                             : NULL;
}

/* ---- where it is kept ---- */

static bool is_lasting(const struct facts *facts, uint32_t container)
{
    const struct op *op = &facts->ops[container];
    return op->kind == OP_ATTRIBUTE || (op->kind == OP_LOAD && is_global_variable(facts, op->a));
}

static bool is_kept_by_store(const struct facts *facts, const struct op *store)
{
    const struct op *target = &facts->ops[store->a];
    return target->kind == OP_TARGET_ATTRIBUTE
           || (target->kind == OP_TARGET_NAME && is_global_variable(facts, target->a))
           || (target->kind == OP_TARGET_ITEM && is_lasting(facts, target->a));
}

static void check_store(struct check *check, uint32_t file, uint32_t store)
{
    const struct facts *facts = check->program->files[file];
    const struct op *op = &facts->ops[store];
    const char *what = op->b != NONE && is_kept_by_store(facts, op)
                           ? describe_view(check->program, file, op->b)
                           : NULL;
    if (what != NULL) {
        rule_report(check, place_of_op(file, op), what);
    }
}

/* `self.heads.append(view)` */
static void check_addition(struct check *check, uint32_t file, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    uint32_t container, added = containers_added_by(facts, call, &container);
    const char *what = added != NONE && is_lasting(facts, container)
                           ? describe_view(check->program, file, added)
                           : NULL;
    if (what != NULL) {
        rule_report(check, place_of_op(file, &facts->ops[call]), what);
    }
}

static bool has_any(const struct facts *facts)
{
    static const char *const symbols[] = {"re", "memoryview", "numpy", NULL};
    for (const char *const *symbol = symbols; *symbol != NULL; symbol++) {
        if (facts_symbol(facts, *symbol) != NONE) {
            return true;
        }
    }
    return false;
}

static void check_file(struct check *check, uint32_t file)
{
    const struct facts *facts = check->program->files[file];
    for (uint32_t scope = 1; scope < facts->n_scopes; scope++) {
        const struct scope *s = &facts->scopes[scope];
        for (uint32_t i = s->first_op; s->kind == SCOPE_FUNCTION && i < s->first_op + s->n_ops;
             i++) {
            if (facts->ops[i].kind == OP_STORE) {
                check_store(check, file, i);
            } else if (facts->ops[i].kind == OP_CALL) {
                check_addition(check, file, i);
            }
        }
    }
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        if (has_any(check->program->files[file]) && !is_test_code(check->program, file)) {
            check_file(check, file);
        }
    }
}

const struct rule rule_view_keeps_buffer = {
    .code = "W9605",
    .name = "view-keeps-buffer",
    .message = "what is kept here is small, but %s",
    .why = "A match object refers to the string it was found in (match.string), a memoryview to "
           "the object it looks into (view.obj), a slice of a NumPy array to the whole array "
           "(array.base). Twenty bytes of a header kept for later keep the file of fifty megabytes "
           "they come from, and no profiler shows why: the view itself is tiny. A slice of str, "
           "bytes or list is a copy and keeps nothing.",
    .instead = "keep a copy of the part: match.group(), bytes(view[:16]), array[:10].copy().",
    .since = "",
    .check = check,
};
