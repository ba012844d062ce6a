/*
 * flow_calls.c - calls that control does not come back from, and managers that swallow exceptions.
 */
#include "program/flow.h"

#include <string.h>

static const char *const exits_process[] = {"sys.exit",  "os._exit", "os.abort",  "os.execv",
                                            "os.execve", "os.execl", "os.execvp", "os.execvpe",
                                            "exit",      "quit"};

/* What ends a test, or argparse's run: the method of the object they are always called on. */
static const char *const raising_methods[][2] = {
    {"self", "fail"},   {"self", "skipTest"}, {"pytest", "fail"}, {"pytest", "skip"},
    {"pytest", "exit"}, {"parser", "error"},  {"parser", "exit"},
};

static const char *last_name_of(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    if (op->kind == OP_LOAD) {
        return variable_name(facts, op->a);
    }
    return op->kind == OP_ATTRIBUTE ? facts_name(facts, op->b) : "";
}

static bool ends_with_name(const char *dotted, const char *name)
{
    const char *dot = strrchr(dotted, '.');
    return strcmp(dot == NULL ? dotted : dot + 1, name) == 0;
}

bool flow_call_exits(const struct facts *facts, uint32_t callee)
{
    const char *name = last_name_of(facts, callee);
    for (size_t i = 0; i < sizeof exits_process / sizeof *exits_process; i++) {
        if (ends_with_name(exits_process[i], name)
            && facts_spells(facts, callee, exits_process[i])) {
            return true;
        }
    }
    return false;
}

bool flow_call_raises(const struct facts *facts, uint32_t callee)
{
    const struct op *op = &facts->ops[callee];
    if (op->kind != OP_ATTRIBUTE || facts->ops[op->a].kind != OP_LOAD) {
        return false;
    }
    const char *object = variable_name(facts, facts->ops[op->a].a);
    const char *method = facts_name(facts, op->b);
    for (size_t i = 0; i < sizeof raising_methods / sizeof *raising_methods; i++) {
        if (strcmp(object, raising_methods[i][0]) == 0
            && strcmp(method, raising_methods[i][1]) == 0) {
            return true;
        }
    }
    return false;
}

bool flow_suppresses(const struct facts *facts, uint32_t manager)
{
    const struct op *op = &facts->ops[manager];
    if (op->kind != OP_CALL) {
        return false;
    }
    const char *name = last_name_of(facts, op->a);
    return strcmp(name, "suppress") == 0 || strncmp(name, "assertRaises", 12) == 0
           || strcmp(name, "raises") == 0;
}
