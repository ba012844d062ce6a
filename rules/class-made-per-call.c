/*
 * A class made inside a function, and used only there: one more class at every call.
 *
 * A class is always part of a cycle (it is in its own __mro__, its methods and descriptors point
 * back to it), so each call leaves some seven objects that only the cyclic collector frees.  Silent
 * where making the class is the function's purpose (it is returned, stored, handed on, decorated),
 * where the function's results are cached, and in tests.
 *
 * Whether the function runs often is told by who calls it: less sure of are those with a name for
 * what is done once, and those that one place calls, outside of any loop.
 */
#include "rule.h"

/* Whether an op lies in a loop of its scope. */
static bool is_in_loop(const struct facts *facts, uint32_t op)
{
    for (uint32_t at = uses_control_around(facts, op); at != NONE;
         at = uses_control_around(facts, at)) {
        if (facts->ops[at].kind == OP_LOOP || facts->ops[at].kind == OP_COMPREHENSION) {
            return true;
        }
    }
    return false;
}

static bool is_done_once(const char *name)
{
    static const char *const beginnings[] = {"install", "setup",     "serve",    "run",
                                             "handle",  "configure", "register", "bootstrap",
                                             "launch",  "start"};
    name += strspn(name, "_");
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        size_t length = strlen(beginnings[i]);
        if (strncmp(name, beginnings[i], length) == 0
            && (name[length] == '\0' || name[length] == '_')) {
            return true;
        }
    }
    return false;
}

/* `@cli.command()`: what a program is started for. */
static bool is_command(const struct facts *facts, uint32_t scope)
{
    for (uint32_t call = facts_first_decorator(facts, scope); call != NONE;
         call = facts_next_decorator(facts, call)) {
        const struct op *decorator = &facts->ops[facts->ops[call].a];
        if (decorator->kind == OP_CALL) {
            decorator = &facts->ops[decorator->a];
        }
        if (decorator->kind == OP_ATTRIBUTE
            && strcmp(facts_name(facts, decorator->b), "command") == 0) {
            return true;
        }
    }
    return false;
}

/* What is called by each name: once, and in no loop, or more often. */
enum { CALLED_ONCE = 1, CALLED_OFTEN };

static void count_call(const struct program *program, struct pair_table *calls, uint32_t file,
                       uint32_t call)
{
    const struct facts *facts = program->files[file];
    const struct op *callee = &facts->ops[facts->ops[call].a];
    uint32_t name = callee->kind == OP_LOAD        ? facts->variables[callee->a].name
                    : callee->kind == OP_ATTRIBUTE ? callee->b
                                                   : NONE;
    if (name == NONE) {
        return;
    }
    uint64_t key = link_symbol_of(program->link, file, name);
    bool is_again = pair_table_get(calls, key) != TABLE_NONE || is_in_loop(facts, call);
    pair_table_set(calls, key, is_again ? CALLED_OFTEN : CALLED_ONCE);
}

static void count_calls(const struct program *program, struct pair_table *calls)
{
    for (uint32_t file = 0; file < program->n_files; file++) {
        const struct facts *facts = program->files[file];
        for (uint32_t i = 0; i < facts->n_ops; i++) {
            if (facts->ops[i].kind == OP_CALL) {
                count_call(program, calls, file, i);
            }
        }
    }
}

/* `calls` is filled when it is first asked for. */
static bool seems_to_run_often(struct check *check, struct pair_table *calls, uint32_t file,
                               const struct made_class *made)
{
    const struct facts *facts = check->program->files[file];
    uint32_t name = facts->scopes[made->function].name;
    if (is_in_loop(facts, made->op)
        || facts_find_decorator(facts, made->function, "property") != NONE) {
        return true;
    }
    if (is_done_once(facts_name(facts, name)) || is_command(facts, made->function)) {
        return false;
    }
    if (calls->n == 0) {
        count_calls(check->program, calls);
    }
    uint64_t key = link_symbol_of(check->program->link, file, name);
    return pair_table_get(calls, key) != CALLED_ONCE;
}

static void check_op(struct check *check, struct pair_table *calls, uint32_t file, uint32_t i)
{
    const struct facts *facts = check->program->files[file];
    struct made_class made;
    if (!made_class_at(check->program, file, i, &check->findings->arena, &made)
        || !made.is_used_here || !made.is_made_often || is_test_code(check->program, file)) {
        return;
    }
    bool is_often = seems_to_run_often(check, calls, file, &made);
    struct finding *finding = rule_report(check, made.place, variable_name(facts, made.variable),
                                          facts_name(facts, facts->scopes[made.function].name));
    finding->confidence = is_often ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
    cycle_of_made_class(check, finding, &made);
}

static void check(struct check *check)
{
    struct pair_table calls = {0};
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        for (uint32_t i = 0; i < check->program->files[file]->n_ops; i++) {
            check_op(check, &calls, file, i);
        }
    }
    pair_table_free(&calls);
}

const struct rule rule_class_made_per_call = {
    .code = "R9108",
    .name = "class-made-per-call",
    .message = "class '%s' is made anew at every call of '%s'",
    .why = "A class is always part of a reference cycle with itself: its __mro__, its __dict__ and "
           "its descriptors point back to it. Each call leaves such a class, some seven objects, "
           "until the "
           "cyclic collector runs, and making it costs far more than making an instance.",
    .instead = "Make the class once, at module level, and pass it what it needs.",
    .since = "",
    .check = check,
};
