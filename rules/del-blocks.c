/*
 * `__del__` waits for something, or touches an event loop.
 *
 * Read are `__del__` and what it calls on `self` (program/finalizers.h), in that order.  What an
 * object is is told by what made it (`self._lock = threading.Lock()`); where nobody knows, by its
 * name, which is believed less.  Left alone are: what does not wait (`acquire(False)`,
 * `shutdown(wait=False)`, `SimpleQueue.put`, `call_soon_threadsafe`), what a caller's argument
 * decides, re-entrant locks, and warnings.warn(…, ResourceWarning), which is how the standard
 * library tells of what was not closed.  Printing and logging are only possible findings: they take
 * locks of their own, but most programs get away with it.
 */
#include "rule.h"

/* What `__del__` does with a name: the words before and after it. */
struct effect {
    const char *before, *after;
    enum confidence most; /* never believed more than that */
};

static const struct effect
    takes_lock = {"takes the lock", ", which the thread that lets the object go may hold already",
                  CONFIDENCE_CERTAIN},
    uses_queue = {"uses", ": the thread that lets the object go may hold the queue's lock already",
                  CONFIDENCE_CERTAIN},
    waits = {"waits for somebody else in", "", CONFIDENCE_CERTAIN},
    sleeps = {"sleeps in", "", CONFIDENCE_CERTAIN},
    runs_process = {"runs another program and waits for it in", "", CONFIDENCE_CERTAIN},
    talks = {"waits for the network in", "", CONFIDENCE_CERTAIN},
    touches_loop = {"touches an event loop in", ", perhaps from another thread", CONFIDENCE_LIKELY},
    forgets = {"calls the coroutine", ", which nobody awaits: it never runs", CONFIDENCE_CERTAIN},
    writes = {"writes with", ", which takes locks of its own", CONFIDENCE_POSSIBLE};

struct blocking {
    const struct effect *effect;
    const char *name;
    enum confidence confidence;
};

static enum confidence at_most(enum confidence confidence, const struct effect *effect)
{
    return confidence < effect->most ? confidence : effect->most;
}

/* ---- functions ---- */

struct blocking_functions {
    const struct effect *effect;
    const char *names[14];
};

static const struct blocking_functions blocking_functions[] = {
    {&sleeps, {"time.sleep", NULL}},
    {&runs_process,
     {"subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output",
      "subprocess.getoutput", "os.system", NULL}},
    {&waits, {"os.waitpid", "os.wait", "concurrent.futures.wait", "select.select", NULL}},
    {&talks,
     {"requests.get", "requests.post", "requests.put", "requests.delete", "requests.patch",
      "requests.request", "httpx.get", "httpx.post", "httpx.delete", "urllib.request.urlopen",
      "socket.create_connection", "socket.getaddrinfo", NULL}},
    {&touches_loop,
     {"asyncio.run", "asyncio.create_task", "asyncio.ensure_future", "asyncio.gather", NULL}},
    {&writes,
     {"print", "logging.debug", "logging.info", "logging.warning", "logging.error",
      "logging.exception", "logging.critical", "logging.log", NULL}},
};

/* A call of a function that is known to block. */
static bool is_blocking_function(const struct facts *facts, uint32_t call, struct blocking *found)
{
    for (size_t i = 0; i < sizeof blocking_functions / sizeof *blocking_functions; i++) {
        const struct blocking_functions *row = &blocking_functions[i];
        for (const char *const *name = row->names; *name != NULL; name++) {
            if (facts_calls(facts, call, *name)) {
                *found = (struct blocking){row->effect, *name, row->effect->most};
                return true;
            }
        }
    }
    return false;
}

/* ---- methods ---- */

/* What a method does when its object is known to be, or called, such a thing. */
struct blocking_method {
    const char *method;
    const struct effect *effect;
    const char *makers[8]; /* what makes such objects; certain */
    const char *words[6];  /* what they are called; likely.  "" is anything */
};

#define LOCKS                                                                                      \
    {                                                                                              \
        "threading.Lock", "threading.Semaphore", "threading.BoundedSemaphore",                     \
            "multiprocessing.Lock", "multiprocessing.Semaphore", "multiprocessing.RLock", NULL     \
    }
#define LOCK_WORDS                                                                                 \
    {                                                                                              \
        "lock", "mutex", "=sem", "semaphore", NULL                                                 \
    }
#define QUEUES                                                                                     \
    {                                                                                              \
        "queue.Queue", "queue.LifoQueue", "queue.PriorityQueue", "multiprocessing.Queue",          \
            "multiprocessing.JoinableQueue", NULL                                                  \
    }
#define EXECUTORS                                                                                  \
    {                                                                                              \
        "concurrent.futures.ThreadPoolExecutor", "concurrent.futures.ProcessPoolExecutor",         \
            "concurrent.futures.thread.ThreadPoolExecutor", NULL                                   \
    }
#define THREADS                                                                                    \
    {                                                                                              \
        "threading.Thread", "threading.Timer", "multiprocessing.Process", "multiprocessing.Pool",  \
            "multiprocessing.pool.ThreadPool", "queue.Queue", NULL                                 \
    }
#define WAITED                                                                                     \
    {                                                                                              \
        "threading.Event", "threading.Condition", "threading.Barrier", "subprocess.Popen",         \
            "multiprocessing.Event", NULL                                                          \
    }
#define SOCKETS                                                                                    \
    {                                                                                              \
        "socket.socket", "ssl.SSLSocket", "socket.create_connection", NULL                         \
    }
#define LOGGER_WORDS                                                                               \
    {                                                                                              \
        "=log", "logger", "logging", "=logs", NULL                                                 \
    }

static const struct blocking_method blocking_methods[] = {
    {"acquire", &takes_lock, LOCKS, LOCK_WORDS},
    {"put", &uses_queue, QUEUES, {"queue", NULL}},
    {"put_nowait", &uses_queue, QUEUES, {"queue", NULL}},
    {"get", &uses_queue, QUEUES, {NULL}},
    {"join", &waits, THREADS, {"", NULL}},
    {"wait", &waits, WAITED, {"event", "proc", "popen", "thread", "cond", NULL}},
    {"communicate", &waits, {"subprocess.Popen", NULL}, {"proc", "popen", NULL}},
    {"shutdown", &waits, EXECUTORS, {"executor", "pool", NULL}},
    {"result", &waits, {NULL}, {"future", "=fut", NULL}},
    {"sendall", &talks, SOCKETS, {"=sock", "socket", NULL}},
    {"recv", &talks, SOCKETS, {"=sock", "socket", NULL}},
    {"quit", &talks, {"smtplib.SMTP", "smtplib.SMTP_SSL", "ftplib.FTP", NULL}, {"smtp", NULL}},
    {"logout", &talks, {"imaplib.IMAP4", "imaplib.IMAP4_SSL", NULL}, {"imap", NULL}},
    {"run_until_complete", &touches_loop, {NULL}, {"", NULL}},
    {"call_soon", &touches_loop, {NULL}, {"loop", NULL}},
    {"call_later", &touches_loop, {NULL}, {"loop", NULL}},
    {"create_task", &touches_loop, {NULL}, {"loop", NULL}},
    {"debug", &writes, {"logging.getLogger", NULL}, LOGGER_WORDS},
    {"info", &writes, {"logging.getLogger", NULL}, LOGGER_WORDS},
    {"warning", &writes, {"logging.getLogger", NULL}, LOGGER_WORDS},
    {"error", &writes, {"logging.getLogger", NULL}, LOGGER_WORDS},
    {"exception", &writes, {"logging.getLogger", NULL}, LOGGER_WORDS},
};

static bool is_false(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return op->kind == OP_CONSTANT
           && (op->aux == CONSTANT_FALSE
               || (op->a != NONE && strspn(facts_name(facts, op->a), "0.") > 0
                   && facts_name(facts, op->a)[strspn(facts_name(facts, op->a), "0.")] == '\0'));
}

/* Whether the arguments say that it does not wait, or nobody knows: False, 0, a variable. */
static bool is_told_not_to_wait(const struct facts *facts, uint32_t call, const char *keyword)
{
    uint32_t value = facts_argument(facts, call, 0, keyword);
    return value != NONE
           && (is_false(facts, value) || facts->ops[value].kind != OP_CONSTANT
               || facts->ops[value].aux == CONSTANT_STRING);
}

/* Whether the only argument, if there is one, is a time to wait: not `"".join(parts)`.  Of what is
 * known to be a thread or the like it always is. */
static bool has_only_timeout(const struct facts *facts, uint32_t call, bool is_known)
{
    uint32_t n = facts->ops[call].b;
    uint32_t timeout = facts_argument(facts, call, -1, "timeout");
    if (n != 1 || timeout != NONE) {
        return n == 0 || (n == 1 && !is_false(facts, timeout));
    }
    uint32_t value = facts_argument(facts, call, 0, NULL);
    return value != NONE
           && (is_known ? !is_false(facts, value) : !is_told_not_to_wait(facts, call, "timeout"));
}

/* Whether a method of that name, called with these arguments, is another than the one meant, or
 * does not wait. */
static bool has_other_arguments(const struct facts *facts, uint32_t call, const char *method,
                                bool is_known)
{
    static const char *const timed[] = {"join", "wait", "result", NULL};
    if (strcmp(method, "acquire") == 0) {
        return is_told_not_to_wait(facts, call, "blocking");
    }
    if (strcmp(method, "shutdown") == 0) {
        uint32_t n_known = facts_argument(facts, call, 0, "wait") != NONE;
        n_known += facts_argument(facts, call, -1, "cancel_futures") != NONE;
        return facts->ops[call].b > n_known || is_told_not_to_wait(facts, call, "wait");
    }
    return words_have(timed, method) && !has_only_timeout(facts, call, is_known);
}

/* The last part of a dotted name. */
static const char *last_part(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot == NULL ? name : dot + 1;
}

enum likeness { UNLIKE, CALLED_SO, MADE_SO };

/* Whether what is made so is known to be another thing than its name says: one that does not wait
 * for its own thread, or that stands in for one that does; or that waits only when awaited. */
static bool is_harmless_maker(const char *maker)
{
    static const char *const words[] = {"rlock", "condition",  "simplequeue", "deque",   "null",
                                        "dummy", "fake",       "mock",        "asyncio", "trio",
                                        "anyio", "contextvar", NULL};
    return words_occur_in(words, maker);
}

/* Whether `object` is what the method's row speaks of: by what made it, or by its name. */
static enum likeness likeness_of(const struct finalizer *f, uint32_t file, uint32_t object,
                                 const struct blocking_method *row, struct arena *arena)
{
    const struct facts *facts = f->program->files[file];
    const char *maker = finalizer_maker_of(f, file, object, arena);
    const char *name = facts_dotted_name(facts, object, arena);
    bool is_loop = row->effect == &touches_loop;
    if (words_have(row->makers, maker)) {
        return MADE_SO;
    }
    if (*row->words == NULL || (!is_loop && is_harmless_maker(maker))) {
        return UNLIKE;
    }
    bool is_named =
        **row->words == '\0' || (name != NULL && words_occur_in(row->words, last_part(name)));
    return is_named ? CALLED_SO : UNLIKE;
}

static struct blocking blocking_of(const struct facts *facts, uint32_t named,
                                   const struct effect *effect, enum likeness likeness,
                                   struct arena *arena)
{
    const char *name = facts_dotted_name(facts, named, arena);
    enum confidence confidence = likeness == MADE_SO ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    if (name == NULL) { /* `logging.getLogger(name).info` */
        name = facts->ops[named].kind == OP_ATTRIBUTE ? facts_name(facts, facts->ops[named].b) : "";
    }
    name += strspn(name, "."); /* of a relative import */
    return (struct blocking){effect, name, at_most(confidence, effect)};
}

static bool is_blocking_method(const struct finalizer *f, uint32_t file, uint32_t call,
                               struct arena *arena, struct blocking *found)
{
    const struct facts *facts = f->program->files[file];
    const struct op *callee = &facts->ops[facts->ops[call].a];
    const char *method = callee->kind == OP_ATTRIBUTE ? facts_name(facts, callee->b) : "";
    for (size_t i = 0; i < sizeof blocking_methods / sizeof *blocking_methods; i++) {
        const struct blocking_method *row = &blocking_methods[i];
        enum likeness likeness =
            strcmp(row->method, method) != 0 ? UNLIKE : likeness_of(f, file, callee->a, row, arena);
        if (likeness != UNLIKE && !has_other_arguments(facts, call, method, likeness == MADE_SO)) {
            bool is_thing = row->effect == &takes_lock || row->effect == &uses_queue;
            uint32_t named = is_thing ? callee->a : facts->ops[call].a;
            *found = blocking_of(facts, named, row->effect, likeness, arena);
            return true;
        }
    }
    return false;
}

/* `with self._lock:` */
static bool is_lock_taken(const struct finalizer *f, uint32_t file, uint32_t with,
                          struct arena *arena, struct blocking *found)
{
    const struct facts *facts = f->program->files[file];
    uint32_t manager = facts->ops[with].a;
    enum likeness likeness = likeness_of(f, file, manager, &blocking_methods[0], arena);
    *found = blocking_of(facts, manager, &takes_lock, likeness, arena);
    return likeness != UNLIKE && *found->name != '\0';
}

/* `self.aclose()` as a statement, where that is an async function. */
static bool is_coroutine_dropped(const struct finalizer *f, const struct method *caller,
                                 uint32_t call, struct arena *arena, struct blocking *found)
{
    const struct facts *facts = f->program->files[caller->file];
    uint32_t use = uses_next(facts, call, call);
    struct method method;
    if (use == NONE || facts->ops[use].kind != OP_EXPRESSION
        || !self_calls_method(f->program, f->class, caller, call, &method)
        || facts_first_decorator(f->program->files[method.file], method.scope) != NONE) {
        return false;
    }
    *found = (struct blocking){&forgets, facts_dotted_name(facts, facts->ops[call].a, arena),
                               CONFIDENCE_CERTAIN};
    unsigned flags = f->program->files[method.file]->scopes[method.scope].flags;
    return flags & SCOPE_IS_ASYNC && found->name != NULL;
}

/* ---- the finalizer ---- */

static bool blocks(const struct finalizer *f, const struct method *method, uint32_t op,
                   struct arena *arena, struct blocking *found)
{
    const struct facts *facts = f->program->files[method->file];
    if (facts->ops[op].kind == OP_WITH) {
        return is_lock_taken(f, method->file, op, arena, found);
    }
    return facts->ops[op].kind == OP_CALL
           && (is_blocking_function(facts, op, found)
               || is_blocking_method(f, method->file, op, arena, found)
               || is_coroutine_dropped(f, method, op, arena, found));
}

struct answer {
    struct blocking blocking;
    const struct finalizer_step *step;
    uint32_t op;
};

static void read_step(struct check *check, const struct finalizer *f,
                      const struct finalizer_step *step, struct answer *answer)
{
    const struct facts *facts = f->program->files[step->method.file];
    const struct scope *scope = &facts->scopes[step->method.scope];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        struct blocking blocking;
        if (blocks(f, &step->method, i, &check->scratch, &blocking)
            && (answer->step == NULL || blocking.confidence > answer->blocking.confidence)
            && !finalizer_is_asked(f, step, i)) {
            *answer = (struct answer){blocking, step, i};
        }
    }
}

static struct place place_of_blocking(const struct facts *facts, uint32_t file, uint32_t op)
{
    return place_of_op(file, &facts->ops[facts->ops[op].kind == OP_WITH ? facts->ops[op].a : op]);
}

static void report(struct check *check, const struct finalizer *f, const struct answer *answer)
{
    uint32_t file = f->items[0].method.file;
    const struct facts *facts = f->program->files[file];
    const struct facts *home = f->program->files[answer->step->method.file];
    uint32_t shown = finalizer_shown_op(answer->step, answer->op);
    const struct effect *effect = answer->blocking.effect;
    struct finding *finding = rule_report(check, place_of_blocking(facts, file, shown),
                                          effect->before, answer->blocking.name, effect->after);
    finding->confidence = answer->blocking.confidence;
    if (answer->step->op != NONE) {
        finding_relate(check, finding,
                       place_of_blocking(home, answer->step->method.file, answer->op), "here");
    }
}

static void check(struct check *check)
{
    struct finalizer finalizer = FINALIZERS_FIRST;
    while (finalizers_next(check->program, &finalizer)) {
        struct answer answer = {.step = NULL};
        for (size_t i = 0; i < finalizer.n; i++) {
            read_step(check, &finalizer, &finalizer.items[i], &answer);
        }
        if (answer.step != NULL) {
            report(check, &finalizer, &answer);
        }
    }
}

const struct rule rule_del_blocks = {
    .code = "W9206",
    .name = "del-blocks",
    .message = "'__del__' %s '%s'%s",
    .why =
        "`__del__` runs in whatever thread lets the last reference go, or in whatever thread the "
        "collector happens to run, between any two instructions, and before Python 3.12 inside "
        "any allocation. If that thread holds the lock already, it waits for itself and the "
        "program stops; so with queue.Queue, whose every method takes a lock (queue.SimpleQueue "
        "was made for this). A thread that is joined from itself is a RuntimeError, one that waits "
        "for the interpreter at exit a hang. An event loop's methods are not thread-safe, and "
        "print() or a logging handler fails with \"reentrant call\" when it is interrupted by "
        "another.",
    .instead = "release without waiting (`shutdown(wait=False)`, `acquire(blocking=False)`, "
               "loop.call_soon_threadsafe(…)), put the clean-up on a queue.SimpleQueue for a "
               "thread of your own, or do it in close(), and in `__del__` only say "
               "warnings.warn(…, ResourceWarning).",
    .since = "",
    .check = check,
};
