/*
 * resources.c - finds the acquisitions of a program and says what becomes of each.
 */
#include "program/resources.h"

#include "program/classes.h"
#include "program/maker_words.h"
#include "program/resource_search.h"
#include "program/resource_site.h"
#include "program/testcode.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_ROUNDS = 16, /* of functions that return what another returns: nobody's file goes through
                        more hands; as many as names are followed through imports */
    MAX_FOLLOWED = 30000000 /* nodes of a scope's flow, for all its resources together: 100 files
                               opened in a function of 5,000 lines are a tenth of it */
};

static const struct op *op_at(const struct search *search, uint32_t op)
{
    return &search->facts->ops[op];
}

/* ---- results ---- */

/* The callee as it is written. */
static const char *spell_callee(const struct search *search, uint32_t callee)
{
    struct arena *arena = &search->resources->arena;
    const char *rest = NULL;
    while (op_at(search, callee)->kind == OP_ATTRIBUTE) {
        const char *name = facts_name(search->facts, op_at(search, callee)->b);
        rest = rest == NULL ? arena_string(arena, name, strlen(name))
                            : arena_format(arena, "%s.%s", name, rest);
        callee = op_at(search, callee)->a;
    }
    const char *first = search_last_name(search, callee);
    if (rest == NULL) {
        return arena_string(arena, first, strlen(first));
    }
    return *first == '\0' ? rest : arena_format(arena, "%s.%s", first, rest);
}

/* sqlite3.connect(":memory:") holds nothing but memory. */
static bool is_in_memory(const struct search *search, uint32_t call)
{
    uint32_t first = facts_argument(search->facts, call, 0, NULL);
    const struct op *op = first == NONE ? NULL : op_at(search, first);
    return op != NULL && op->kind == OP_CONSTANT && op->aux == CONSTANT_STRING
           && strcmp(facts_name(search->facts, op->a), ":memory:") == 0;
}

/* A process without pipes is often started to go on by itself: an editor, a browser. */
static bool is_left_alone(const struct search *search, const struct site *site)
{
    static const char *const pipes[] = {"stdin", "stdout", "stderr"};
    if (strcmp(site->maker->thing, "process") != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof pipes / sizeof *pipes; i++) {
        uint32_t value = facts_argument(search->facts, site->call, -1, pipes[i]);
        if (value != NONE && strcmp(search_last_name(search, value), "PIPE") == 0) {
            return false;
        }
    }
    return true;
}

/* What a test's own function makes may be there to be left open. */
static bool is_made_in_test(const struct search *search, const struct site *site)
{
    return (site->maker->flags & MAKER_IS_DERIVED) && is_test_code(search->program, search->file);
}

static struct resource *add_resource(struct search *search, const struct site *site,
                                     enum resource_problem problem)
{
    struct resource *resource = array_push(search->resources);
    *resource = (struct resource){
        .problem = problem,
        .is_quiet = (site->maker->flags & MAKER_IS_QUIET) || is_in_memory(search, site->call)
                    || is_left_alone(search, site) || is_made_in_test(search, site),
        .place = place_of_op(search->file, op_at(search, site->call)),
        .maker = site->maker,
        .callee = spell_callee(search, op_at(search, site->call)->a),
        .holder = "",
        .owner = "",
    };
    return resource;
}

static const char *keep_name(const struct search *search, const char *name)
{
    return arena_string(&search->resources->arena, name, strlen(name));
}

static void add_way(const struct search *search, struct resource *resource,
                    const struct site_paths *paths)
{
    if (paths->way != NONE) {
        resource->way = place_of_op(search->file, op_at(search, paths->way));
        resource->way_is = paths->way_is;
    }
}

/* ---- what becomes of one ---- */

/* Whether the one close stands where a `with` would close: in the block of the acquisition, or in
 * the `finally` of a `try` there. */
static bool is_closed_where_with_would(const struct site *site)
{
    const struct scope_view *view = site->view;
    uint32_t block = scope_view_block(view, site->first_store);
    uint32_t close_block = scope_view_block(view, site->close);
    if (close_block != NONE && site->facts->ops[close_block].kind == OP_FINALLY) {
        close_block = scope_view_outer(view, close_block);
    }
    return close_block == block;
}

/* A close in the sense of `with`: not detach(), nor being read to the end. */
static bool is_plain_close(const struct site *site)
{
    const struct op *callee = &site->facts->ops[site->facts->ops[site->close].a];
    if (callee->kind != OP_ATTRIBUTE) {
        return false;
    }
    const char *method = facts_name(site->facts, callee->b);
    size_t length = strcspn(site->maker->closers, " ");
    return strcmp(method, "close") == 0
           || (strlen(method) == length && memcmp(method, site->maker->closers, length) == 0);
}

/* Whether it is closed as soon as it is made, to see that it can be opened or for its name. */
static bool is_closed_at_once(const struct site *site)
{
    for (uint32_t op = site->first_store; op < site->close; op++) {
        const struct op *o = &site->facts->ops[op];
        if (o->kind == OP_NEXT || o->kind == OP_AWAIT || o->kind == OP_YIELD) {
            return false;
        }
        const struct op *callee = o->kind == OP_CALL ? &site->facts->ops[o->a] : NULL;
        if (callee != NULL
            && !(callee->kind == OP_ATTRIBUTE
                 && strcmp(facts_name(site->facts, callee->b), "fileno") == 0)) {
            return false;
        }
    }
    return true;
}

static bool with_would_do(const struct site *site)
{
    const uint32_t unfit = MAKER_WITH_KEEPS_OPEN | MAKER_IS_NUMBER | MAKER_SURVIVES_ERRORS
                           | MAKER_MAKES_PAIR | MAKER_FIRST_OF_TUPLE | MAKER_SECOND_OF_TUPLE;
    return !(site->maker->flags & unfit) && site->n_closed == 1 && site->n_given == 0
           && site->n_entered == 0 && site->n_holders == 1 && !site->is_conditional
           && is_plain_close(site) && is_closed_where_with_would(site) && !is_closed_at_once(site);
}

static bool is_in_function(const struct search *search, const struct site *site)
{
    return search->facts->scopes[site->scope].kind == SCOPE_FUNCTION;
}

static const struct flow *flow_of_scope(struct search *search, uint32_t scope)
{
    if (search->flow == NULL) {
        search->flow = flow_build(search->facts, scope, &search->of_scope);
    }
    search->n_followed += search->flow->n_nodes;
    search->is_cut |= search->n_followed > MAX_FOLLOWED;
    return search->flow;
}

/* Around os.fork() the ends of a pipe go different ways, which paths cannot tell apart. */
static bool is_low_level_pair(const struct maker *maker)
{
    return (maker->flags & MAKER_IS_NUMBER) && (maker->flags & MAKER_MAKES_PAIR);
}

static void judge_named(struct search *search, const struct site *site)
{
    struct site_paths paths = site_follow(site, flow_of_scope(search, site->scope));
    bool survives = site->maker->flags & MAKER_SURVIVES_ERRORS;
    struct resource *resource = NULL;
    if (paths.is_left) {
        bool is_never = site->n_closed + site->n_given + site->n_entered == 0;
        resource =
            add_resource(search, site, is_never ? RESOURCE_NEVER_CLOSED : RESOURCE_NOT_CLOSED);
        resource->is_certain = is_never && !site->is_conditional;
        resource->is_quiet |= !is_never && is_low_level_pair(site->maker);
        add_way(search, resource, &paths);
    } else if (paths.is_left_on_error && !survives && is_in_function(search, site)) {
        resource = add_resource(search, site, RESOURCE_NOT_CLOSED_ON_ERROR);
        resource->is_quiet |=
            is_low_level_pair(site->maker) || is_test_code(search->program, search->file);
        add_way(search, resource, &paths);
    } else if (with_would_do(site)) {
        resource = add_resource(search, site, RESOURCE_CLOSED_BY_HAND);
    }
    if (resource != NULL) {
        resource->holder = keep_name(search, variable_name(search->facts, site->holders[0]));
    }
}

static void judge_owned(struct search *search, const struct site *site)
{
    uint32_t class = owner_class(site);
    if (class == NONE) {
        return;
    }
    const struct op *target = op_at(search, op_at(search, site->owner_store)->a);
    const char *name = facts_name(search->facts, target->b);
    if (owner_releases(site, class, target->b)) {
        search_derive_class(search, site, class);
        return;
    }
    struct resource *resource = add_resource(search, site, RESOURCE_OWNED);
    resource->is_quiet |= (site->maker->flags & MAKER_LIVES_LONG) != 0;
    resource->holder = arena_format(&search->resources->arena, "self.%s", name);
    const struct class *owner = &search->program->classes->all.items[class];
    resource->owner =
        keep_name(search, facts_name(search->facts, search->facts->scopes[owner->scope].name));
}

/* A module's name that the module itself does nothing with is made for others. */
static bool is_made_for_others(const struct search *search, const struct site *site)
{
    return search->facts->scopes[site->scope].kind == SCOPE_MODULE && site->n_plain == 0
           && site->n_closed == 0;
}

static void note_entered(struct search *search, const struct site *site)
{
    uint8_t *is_known = &search->is_entered[site->maker->number];
    if (site->n_entered > 0 && site->first_store == NONE && !*is_known) {
        *is_known = 1;
        add_resource(search, site, RESOURCE_ENTERED);
    }
}

struct wanted_flow {
    struct search *search;
    uint32_t scope;
};

static const struct flow *wanted_flow(void *context)
{
    const struct wanted_flow *wanted = context;
    return flow_of_scope(wanted->search, wanted->scope);
}

static void judge_reuse(struct search *search, const struct site *site)
{
    struct wanted_flow wanted = {.search = search, .scope = site->scope};
    struct site_reuse reuse = site_find_reuse(site, wanted_flow, &wanted);
    if (reuse.use == NONE) {
        return;
    }
    struct resource *resource = add_resource(search, site,
                                             reuse.is_returned       ? RESOURCE_RETURNED_CLOSED
                                             : reuse.is_closed_again ? RESOURCE_CLOSED_TWICE
                                                                     : RESOURCE_USED_CLOSED);
    resource->place = place_of_op(search->file, op_at(search, reuse.use));
    resource->is_quiet = is_test_code(search->program, search->file);
    resource->holder = keep_name(search, variable_name(search->facts, reuse.name));
    if (reuse.closed_at != NONE) {
        const struct op *close = op_at(search, reuse.closed_at);
        bool is_with = close->kind == OP_WITH;
        resource->way = place_of_op(search->file, is_with ? op_at(search, close->a) : close);
        resource->way_is = is_with ? "closed at the end of this 'with'" : "closed here";
    }
}

static void judge_entered(struct search *search, const struct site *site)
{
    if (is_in_memory(search, site->call)) {
        return;
    }
    struct resource *resource = add_resource(search, site, RESOURCE_ONLY_ENTERED);
    resource->way = place_of_op(search->file, op_at(search, op_at(search, site->open_with)->a));
    resource->way_is = "what is entered here";
}

static void judge(struct search *search, const struct site *site)
{
    if (search->is_cut || site->is_hidden || site_is_unbelievable(site)
        || search->facts->scopes[site->scope].kind == SCOPE_CLASS) {
        return;
    }
    search_derive_maker(search, site);
    judge_reuse(search, site);
    note_entered(search, site);
    if (site->open_with != NONE && site->n_given == 1 && site->n_closed == 0
        && site->n_entered == 0) {
        judge_entered(search, site);
        return;
    }
    if (site->owner_store != NONE && site->n_given == 1 && site->n_closed == 0
        && site->n_entered == 0) {
        judge_owned(search, site);
    }
    if (site->first_store != NONE) {
        if (!site->is_given_at_once && !is_made_for_others(search, site)) {
            judge_named(search, site);
        }
        return;
    }
    bool is_used = site->n_closed + site->n_entered + site->n_given > 0;
    if (!is_used && site->n_plain > 0) {
        add_resource(search, site, RESOURCE_DROPPED)->is_certain =
            strcmp(site->maker->thing, "file") == 0 && !(site->maker->flags & MAKER_IS_DERIVED);
    }
}

/* ---- from a call to its resources ---- */

static void examine(struct search *search, uint32_t scope, uint32_t call, uint32_t value,
                    const struct maker *maker)
{
    struct site site = {
        .program = search->program,
        .makers = &search->resources->makers,
        .facts = search->facts,
        .view = &search->view,
        .scratch = &search->scratch,
        .is_harmless = search->is_harmless,
        .file = search->file,
        .scope = scope,
        .call = call,
        .value = value,
        .maker = maker,
    };
    site_trace(&site);
    judge(search, &site);
}

static bool is_wanted_part(const struct maker *maker, const struct op *unpacked)
{
    if (unpacked->kind != OP_UNPACKED || (unpacked->flags & OP_IS_STARRED)) {
        return false;
    }
    return ((maker->flags & (MAKER_MAKES_PAIR | MAKER_FIRST_OF_TUPLE)) && unpacked->b == 0)
           || ((maker->flags & (MAKER_MAKES_PAIR | MAKER_SECOND_OF_TUPLE)) && unpacked->b == 1);
}

/* Of the findings from the n-th on, which are about one call, only the gravest stays. */
static void keep_gravest(struct resources *resources, size_t n)
{
    for (size_t i = n + 1; i < resources->n; i++) {
        if (resources->items[i].problem < resources->items[n].problem) {
            resources->items[n] = resources->items[i];
        }
    }
    resources->n = resources->n > n ? n + 1 : n;
}

/* The awaited value, if that is all that is done with it. */
static uint32_t awaited(const struct search *search, uint32_t value)
{
    uint32_t use = scope_view_use(&search->view, value, NONE);
    uint32_t op = use == NONE ? value : use_op(&search->view, use);
    return op_at(search, op)->kind == OP_AWAIT ? op : value;
}

/* The parts of a tuple, where it is taken apart at once. */
static void examine_tuple(struct search *search, uint32_t scope, uint32_t call,
                          const struct maker *maker)
{
    size_t n = search->resources->n;
    uint32_t value = awaited(search, call);
    uint32_t use = scope_view_use(&search->view, value, NONE);
    for (; use != NONE; use = scope_view_use(&search->view, value, use)) {
        uint32_t op = use_op(&search->view, use);
        if (is_wanted_part(maker, op_at(search, op))) {
            examine(search, scope, call, op, maker);
        }
    }
    keep_gravest(search->resources, n);
}

static bool is_of_round(const struct search *search, const struct maker *maker)
{
    return maker->number >= search->first_maker && maker->number < search->end_maker;
}

static void examine_call(struct search *search, uint32_t scope, uint32_t call)
{
    const uint32_t tuple = MAKER_MAKES_PAIR | MAKER_FIRST_OF_TUPLE | MAKER_SECOND_OF_TUPLE;
    const struct maker *maker = search_maker_of_call(search, call);
    if (maker == NULL || !is_of_round(search, maker) || search_makes_nothing(search, call, maker)) {
        return;
    }
    if (!search->has_view) {
        search->view = scope_view_make(search->facts, scope, &search->of_scope);
        search->is_harmless = arena_alloc(&search->of_scope, search->view.n_ops);
        search->has_view = true;
    }
    if (maker->flags & tuple) {
        examine_tuple(search, scope, call, maker);
    } else {
        examine(search, scope, call, call, maker);
    }
}

/* locals(), vars(), eval(text), exec(text): with names of their own they do not. */
static bool calls_with_locals(const struct search *search, const struct op *call)
{
    static const char *const names[] = {"locals", "vars", "eval", "exec"};
    const struct op *callee = op_at(search, call->a);
    if (callee->kind != OP_LOAD) {
        return false;
    }
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(variable_name(search->facts, callee->a), names[i]) == 0) {
            return call->b == i / 2;
        }
    }
    return false;
}

static bool sees_its_locals(const struct search *search, const struct scope *scope)
{
    for (uint32_t op = scope->first_op; op < scope->first_op + scope->n_ops; op++) {
        if (op_at(search, op)->kind == OP_CALL && calls_with_locals(search, op_at(search, op))) {
            return true;
        }
    }
    return false;
}

/* Whoever speaks of ResourceWarning leaves open on purpose: assertWarns(ResourceWarning). */
static bool expects_leaks(const struct search *search, const struct scope *scope)
{
    uint32_t symbol = facts_symbol(search->facts, "ResourceWarning");
    for (uint32_t i = 0; symbol != NONE && i < scope->n_ops; i++) {
        const struct op *op = op_at(search, scope->first_op + i);
        if (op->kind == OP_LOAD && search->facts->variables[op->a].name == symbol) {
            return true;
        }
    }
    return false;
}

static void search_scope(struct search *search, uint32_t scope)
{
    const struct scope *s = &search->facts->scopes[scope];
    bool is_exempt =
        ((s->flags & SCOPE_CALLS_LOCALS) && sees_its_locals(search, s)) || expects_leaks(search, s);
    search->has_view = search->is_cut = false;
    search->n_followed = 0;
    search->flow = NULL;
    for (uint32_t op = s->first_op; op < s->first_op + s->n_ops; op++) {
        uint8_t kind = op_at(search, op)->kind;
        if (kind == OP_IMPORT_FROM) {
            search_mark_renamed_import(search, op);
        } else if (kind == OP_CALL && !is_exempt) {
            examine_call(search, scope, op);
            arena_reset(&search->scratch);
        }
    }
    if (search->is_cut) {
        *array_push(&search->resources->cut) =
            (struct place){.file = search->file, .start = s->name_start, .end = s->name_end};
    }
    arena_reset(&search->of_scope);
}

static void search_file(struct search *search, uint32_t file)
{
    struct arena arena = {0};
    search->file = file;
    search->facts = search->program->files[file];
    search->is_maker_name = arena_alloc(&arena, search->facts->n_symbols + 1);
    search->is_entered = arena_alloc(&arena, search->end_maker);
    bool is_any = search_mark_names(search);
    for (uint32_t scope = 0; is_any && scope < search->facts->n_scopes; scope++) {
        search_scope(search, scope);
    }
    arena_free(&arena);
}

static int compare_places(const void *a, const void *b)
{
    const struct resource *left = a, *right = b;
    if (left->place.file != right->place.file) {
        return left->place.file < right->place.file ? -1 : 1;
    }
    if (left->place.start != right->place.start) {
        return left->place.start < right->place.start ? -1 : 1;
    }
    return (left->problem > right->problem) - (left->problem < right->problem);
}

static void add_settings(struct makers *makers, const struct maker_settings *settings)
{
    struct arena arena = {0};
    struct maker maker;
    for (size_t i = 0; i < settings->makers.n; i++) {
        if (maker_read(settings->makers.items[i], &arena, &maker, NULL)) {
            maker_add_said(makers, &maker);
        }
    }
    for (size_t i = 0; i < settings->closers.n; i++) {
        makers_add_closer(makers, settings->closers.items[i]);
    }
    for (size_t i = 0; i < settings->borrowers.n; i++) {
        makers_add_borrower(makers, settings->borrowers.items[i]);
    }
    arena_free(&arena);
}

void resources_find(struct program *program)
{
    struct resources *resources = arena_alloc(&program->arena, sizeof *resources);
    program->resources = resources;
    makers_init(&resources->makers);
    if (program->maker_settings != NULL) {
        add_settings(&resources->makers, program->maker_settings);
    }
    struct search search = {.program = program, .resources = resources};
    for (int round = 0; round < MAX_ROUNDS && search.end_maker < resources->makers.n; round++) {
        search.first_maker = search.end_maker;
        search.end_maker = (uint32_t)resources->makers.n;
        struct arena arena = {0};
        search_begin_round(&search, &arena);
        for (uint32_t file = 0; file < program->n_files; file++) {
            search_file(&search, file);
        }
        arena_free(&arena);
    }
    if (resources->n > 0) {
        qsort(resources->items, resources->n, sizeof *resources->items, compare_places);
    }
    arena_free(&search.scratch);
    arena_free(&search.of_scope);
}

void resources_free(struct program *program)
{
    struct resources *resources = program->resources;
    if (resources != NULL) {
        array_free(resources);
        array_free(&resources->cut);
        arena_free(&resources->arena);
        makers_free(&resources->makers);
    }
}

/* ---- for the rules ---- */

const struct resource *resources_next(const struct program *program, enum resource_problem problem,
                                      const struct resource *last)
{
    const struct resources *resources = program->resources;
    size_t i = last == NULL ? 0 : (size_t)(last - resources->items) + 1;
    while (i < resources->n && resources->items[i].problem != problem) {
        i++;
    }
    return i < resources->n ? &resources->items[i] : NULL;
}

const char *resource_with_line(const struct resource *resource, struct arena *arena)
{
    bool is_async = resource->maker->flags & MAKER_IS_ASYNC;
    bool has_name = *resource->holder != '\0' && strchr(resource->holder, '.') == NULL;
    const char *name = has_name ? resource->holder : "…";
    bool needs_closing = resource->maker->flags & MAKER_WITH_KEEPS_OPEN;
    return arena_format(arena, "%swith %s%s(…)%s as %s:", is_async ? "async " : "",
                        needs_closing ? "contextlib.closing(" : "", resource->callee,
                        needs_closing ? ")" : "", name);
}
