/*
 * A default that can change is one object for all calls, instances, contexts or keys.
 *
 * Reported are list, dict and set displays, comprehensions, and calls of constructors known to make
 * something that can change: as defaults of parameters, of NamedTuple, dataclass and attrs fields,
 * of a ContextVar, and as the one value of dict.fromkeys().
 *
 * A parameter's default is followed through the function, as far as the name still means it:
 *
 *   changed      certain       options["a"] = 1, names.append(x)
 *   kept         likely        self.options = options, return names
 *   handed on    possible      f(options): most only read it
 *   only read    not reported  for name in names, options.get("a"), list(names), {**options}
 *
 * Of a function inside another one each is only possible: there it is a way to keep state.
 *
 * It is also followed into the functions of the file and the methods of the class that it is handed
 * to.
 *
 * A field that every call of its class in the program gives, and the value of dict.fromkeys() where
 * a loop puts others in its place, are only possible.
 *
 * Nor are the parameters of FastAPI's path operations, which copies them for each request, nor
 * parameters whose annotation promises not to change it (Sequence, Mapping, …: pylint and
 * ruff's users argued that), and those named as a cache: sharing is what they are for.
 */
#include "rule.h"

/* ---- parameters ---- */

/* The last name of an annotation: "Sequence" for `typing.Sequence[str]`; "" for others. */
static const char *annotation_name(const struct facts *facts, uint32_t annotation)
{
    const struct op *op = &facts->ops[annotation];
    if (op->kind == OP_ITEM) {
        op = &facts->ops[op->a];
    }
    if (op->kind == OP_CONSTANT && op->aux == CONSTANT_STRING) {
        return facts_name(facts, op->a);
    }
    return op->kind == OP_LOAD        ? variable_name(facts, op->a)
           : op->kind == OP_ATTRIBUTE ? facts_name(facts, op->b)
                                      : "";
}

static bool promises_not_to_change(const struct facts *facts, uint32_t annotation)
{
    static const char *const types[] = {"Sequence",  "Mapping",    "Collection",
                                        "Container", "Iterable",   "AbstractSet",
                                        "Sized",     "Reversible", NULL};
    if (annotation == NONE) {
        return false;
    }
    const char *name = annotation_name(facts, annotation);
    for (const char *const *type = types; *type != NULL; type++) {
        size_t length = strlen(*type);
        if (strncmp(name, *type, length) == 0 && (name[length] == '\0' || name[length] == '[')) {
            return true;
        }
    }
    return false;
}

/* `_cache={}`, `memo={}`: shared on purpose. */
static bool is_shared_on_purpose(const char *name)
{
    return *name == '_' || strstr(name, "cache") != NULL || strstr(name, "memo") != NULL;
}

/* `def seen(name, names={})` in a function: new at each call of the outer one, and most often kept
 * on purpose, as a variable between the calls of the inner one. */
static bool is_state_of_nested(const struct facts *facts, const struct scope *scope)
{
    return scope->parent != NONE && facts->scopes[scope->parent].kind == SCOPE_FUNCTION;
}

static const char *const fate_is[] = {
    [FATE_READ] = "read",
    [FATE_HANDED_ON] = "handed on",
    [FATE_KEPT] = "kept",
    [FATE_CHANGED] = "changed",
};

/* Whether something is done with an attribute of that name, of whatever object, but to read it. */
static bool is_changed_anywhere(const struct program *program, const char *name)
{
    for (uint32_t file = 0; file < program->n_files; file++) {
        const struct facts *facts = program->files[file];
        uint32_t symbol = facts_symbol(facts, name);
        for (uint32_t i = 0; symbol != NONE && i < facts->n_ops; i++) {
            bool is_it = facts->ops[i].kind == OP_ATTRIBUTE && facts->ops[i].b == symbol;
            for (uint32_t use = is_it ? uses_next(facts, i, i) : NONE; use != NONE;
                 use = uses_next(facts, i, use)) {
                uint32_t what;
                if (containers_use(facts, use, i, &what) != CONTAINER_READS) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* Whether the function keeps the parameter in attributes that nobody else is to see, in a private
 * module or by a private name, and that the program only reads. */
static bool is_kept_to_be_read(const struct program *program, uint32_t file,
                               const struct scope *scope, uint32_t variable)
{
    const struct facts *facts = program->files[file];
    const char *slash = strrchr(facts->path, '/');
    bool is_private = (slash == NULL ? facts->path : slash + 1)[0] == '_';
    bool is_kept = false;
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind != OP_STORE || op->b == NONE || facts->ops[op->b].kind != OP_LOAD
            || facts->ops[op->b].a != variable) {
            continue;
        }
        const struct op *target = &facts->ops[op->a];
        const char *name = target->kind == OP_TARGET_ATTRIBUTE ? facts_name(facts, target->b) : "";
        if (*name == '\0' || (!is_private && *name != '_') || is_changed_anywhere(program, name)) {
            return false;
        }
        is_kept = true;
    }
    return is_kept;
}

static void report_parameter(struct check *check, uint32_t file, const struct scope *scope,
                             const struct parameter *parameter, enum fate fate)
{
    const struct facts *facts = check->program->files[file];
    const char *name = variable_name(facts, parameter->variable);
    const char *kind = fates_mutable_kind(facts, parameter->default_value);
    struct finding *finding = rule_report(
        check, place_of_op(file, &facts->ops[parameter->default_value]), kind,
        arena_format(&check->scratch, "all calls of '%s'", facts_name(facts, scope->name)),
        arena_format(&check->scratch, ", and '%s' is %s", name, fate_is[fate]));
    finding->confidence = fate == FATE_CHANGED ? CONFIDENCE_CERTAIN
                          : fate == FATE_KEPT  ? CONFIDENCE_LIKELY
                                               : CONFIDENCE_POSSIBLE;
    bool is_harmless =
        fate == FATE_KEPT && is_kept_to_be_read(check->program, file, scope, parameter->variable);
    if (is_state_of_nested(facts, scope) || is_harmless) {
        finding->confidence = CONFIDENCE_POSSIBLE;
    }
    finding_remedy(check, finding, "write '%s=None' and make the %s in the function", name, kind);
    if (!is_state_of_nested(facts, scope)) {
        default_offer_none(check, finding, scope, parameter);
    }
}

static void check_parameter(struct check *check, uint32_t file, uint32_t scope,
                            const struct parameter *parameter)
{
    const struct facts *facts = check->program->files[file];
    if (parameter->default_value == NONE
        || fates_mutable_kind(facts, parameter->default_value) == NULL
        || is_shared_on_purpose(variable_name(facts, parameter->variable))) {
        return;
    }
    enum fate fate = fates_of_parameter(check->program, file, scope, parameter->variable,
                                        parameter->default_value);
    bool is_reported =
        fate == FATE_CHANGED
        || (fate != FATE_READ && !promises_not_to_change(facts, parameter->annotation));
    if (is_reported) {
        report_parameter(check, file, &facts->scopes[scope], parameter, fate);
    }
}

/* ---- fields ---- */

enum field_kind { FIELD_NONE, FIELD_DATACLASS, FIELD_SHARED };

static enum field_kind kind_of_fields(const struct program *program, uint32_t class)
{
    static const char *const attrs[] = {"attr.s",       "attr.attrs",   "attr.dataclass",
                                        "attr.define",  "attr.frozen",  "attr.mutable",
                                        "attrs.define", "attrs.frozen", "attrs.mutable"};
    const struct class *c = &program->classes->all.items[class];
    const struct facts *facts = program->files[c->file];
    if (facts_find_decorator(facts, c->scope, "dataclasses.dataclass") != NONE) {
        return FIELD_DATACLASS;
    }
    for (size_t i = 0; i < sizeof attrs / sizeof *attrs; i++) {
        if (facts_find_decorator(facts, c->scope, attrs[i]) != NONE) {
            return FIELD_SHARED;
        }
    }
    return classes_derive_from(program, class, "typing.NamedTuple") ? FIELD_SHARED : FIELD_NONE;
}

/* `field(default=[])`: the default in it; else the value itself. */
static uint32_t default_in(const struct facts *facts, uint32_t value)
{
    static const char *const makers[] = {"dataclasses.field", "attr.ib", "attr.attrib",
                                         "attr.field", "attrs.field"};
    if (facts->ops[value].kind != OP_CALL) {
        return value;
    }
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        if (facts_spells(facts, facts->ops[value].a, makers[i])) {
            return facts_argument(facts, value, -1, "default");
        }
    }
    return value;
}

/* The annotation of the field that a class body's store makes, or NONE: no field. */
static uint32_t annotation_of(const struct facts *facts, const struct scope *body,
                              uint32_t variable)
{
    for (uint32_t i = body->first_op; i < body->first_op + body->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_ANNOTATE && facts->ops[op->a].kind == OP_TARGET_NAME
            && facts->ops[op->a].a == variable) {
            return op->b;
        }
    }
    return NONE;
}

static bool is_field(const struct facts *facts, const struct scope *body, uint32_t store)
{
    const struct op *op = &facts->ops[store];
    if (default_in(facts, op->b) != op->b) {
        return true; /* attr.ib() needs no annotation */
    }
    uint32_t annotation = annotation_of(facts, body, facts->ops[op->a].a);
    if (annotation == NONE) {
        return false;
    }
    const char *type = annotation_name(facts, annotation);
    return strcmp(type, "ClassVar") != 0 && strncmp(type, "ClassVar[", 9) != 0
           && strstr(type, ".ClassVar") == NULL;
}

/* The place of the field that the store at `store` makes among the arguments of its class. */
static int position_of_field(const struct facts *facts, const struct scope *body, uint32_t store)
{
    int position = 0;
    for (uint32_t i = body->first_op; i < store; i++) {
        bool is_name =
            facts->ops[i].kind == OP_ANNOTATE && facts->ops[facts->ops[i].a].kind == OP_TARGET_NAME;
        position += is_name && facts->ops[facts->ops[i].a].a != facts->ops[facts->ops[store].a].a;
    }
    return position;
}

/* Whether a call makes an object of the class: by its name, or by `cls` in one of its methods. */
static bool makes_one(struct program *program, uint32_t file, uint32_t call, uint32_t class)
{
    const struct class *c = &program->classes->all.items[class];
    const struct facts *facts = program->files[file];
    uint32_t callee = facts->ops[call].a;
    if (facts->ops[callee].kind != OP_LOAD && facts->ops[callee].kind != OP_ATTRIBUTE) {
        return false;
    }
    if (file == c->file && facts->ops[callee].kind == OP_LOAD) {
        uint32_t scope = facts->variables[facts->ops[callee].a].scope;
        if (scope != 0 && facts->scopes[scope].parent == c->scope) {
            return strcmp(variable_name(facts, facts->ops[callee].a), "cls") == 0;
        }
    }
    struct entity entity = link_entity(program, file, callee);
    return entity.kind == ENTITY_CLASS && entity.file == c->file && entity.index == c->scope;
}

/* Whether the program makes objects of the class, and gives each of them the field. */
static bool is_always_given(struct program *program, uint32_t class, const char *name, int position)
{
    bool is_made = false;
    for (uint32_t file = 0; file < program->n_files; file++) {
        const struct facts *facts = program->files[file];
        for (uint32_t i = 0; i < facts->n_ops; i++) {
            if (facts->ops[i].kind != OP_CALL || !makes_one(program, file, i, class)) {
                continue;
            }
            if (facts_argument(facts, i, position, name) == NONE) {
                return false;
            }
            is_made = true;
        }
    }
    return is_made;
}

static void check_field(struct check *check, uint32_t class, uint32_t store, uint32_t value,
                        enum field_kind kind)
{
    const struct class *c = &check->program->classes->all.items[class];
    uint32_t file = c->file;
    const struct facts *facts = check->program->files[file];
    const char *name = variable_name(facts, facts->ops[facts->ops[store].a].a);
    const char *type = fates_mutable_kind(facts, value);
    if (type == NULL) {
        return;
    }
    struct place place = place_of_op(file, &facts->ops[value]);
    struct finding *finding =
        kind == FIELD_DATACLASS
            ? rule_report_as(check, place,
                             "field '%s' has one %s as its default: dataclass refuses it, or all "
                             "instances share it",
                             name, type)
            : rule_report(check, place, type, "all instances",
                          arena_format(&check->scratch, " in field '%s'", name));
    int position = position_of_field(facts, &facts->scopes[c->scope], store);
    bool is_unused = kind == FIELD_SHARED
                     && is_always_given((struct program *)check->program, class, name, position);
    finding->confidence = is_unused ? CONFIDENCE_POSSIBLE : CONFIDENCE_CERTAIN;
    finding_remedy(check, finding,
                   "use a default_factory (attrs: factory), or None or a tuple as the default");
    if (kind == FIELD_DATACLASS) {
        default_offer_factory(check, finding, store, value);
    }
}

static void check_fields(struct check *check, uint32_t class)
{
    const struct class *c = &check->program->classes->all.items[class];
    const struct facts *facts = check->program->files[c->file];
    const struct scope *body = &facts->scopes[c->scope];
    enum field_kind kind = kind_of_fields(check->program, class);
    if (kind == FIELD_NONE) {
        return;
    }
    for (uint32_t i = body->first_op; i < body->first_op + body->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind != OP_STORE || facts->ops[op->a].kind != OP_TARGET_NAME || op->b == NONE
            || !is_field(facts, body, i)) {
            continue;
        }
        uint32_t value = default_in(facts, op->b);
        if (value != NONE) {
            check_field(check, class, i, value, kind);
        }
    }
}

/* ---- calls ---- */

static bool is_fromkeys(const struct facts *facts, uint32_t callee)
{
    return facts_spells(facts, callee, "dict.fromkeys")
           || facts_spells(facts, callee, "collections.OrderedDict.fromkeys");
}

static bool is_item_of(const struct facts *facts, uint32_t item, uint8_t kind, uint32_t variable)
{
    const struct op *op = &facts->ops[item];
    return op->kind == kind && facts->ops[op->a].kind == OP_LOAD && facts->ops[op->a].a == variable;
}

/* `table = dict.fromkeys(keys, {})`, and then a loop that puts something else under the keys. */
static bool is_filled_anew(const struct facts *facts, uint32_t call)
{
    uint32_t store = uses_next(facts, call, call);
    if (store == NONE || facts->ops[store].kind != OP_STORE
        || facts->ops[facts->ops[store].a].kind != OP_TARGET_NAME) {
        return false;
    }
    uint32_t variable = facts->ops[facts->ops[store].a].a;
    const struct scope *scope = &facts->scopes[facts_scope_of_op(facts, store)];
    bool is_filled = false;
    for (uint32_t i = store + 1; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (is_item_of(facts, i, OP_ITEM, variable)) {
            return false;
        }
        uint32_t around = op->kind == OP_STORE && !(op->flags & OP_IS_AUGMENTED)
                                  && is_item_of(facts, op->a, OP_TARGET_ITEM, variable)
                              ? uses_control_around(facts, i)
                              : NONE;
        is_filled |= around != NONE && around > store && facts->ops[around].kind == OP_LOOP;
    }
    return is_filled;
}

static void check_call(struct check *check, uint32_t file, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    uint32_t callee = facts->ops[call].a;
    bool fills_keys = is_fromkeys(facts, callee);
    if (!fills_keys && !facts_spells(facts, callee, "contextvars.ContextVar")) {
        return;
    }
    uint32_t value = fills_keys ? facts_argument(facts, call, 1, "value")
                                : facts_argument(facts, call, -1, "default");
    const char *kind = value == NONE ? NULL : fates_mutable_kind(facts, value);
    if (kind != NULL) {
        struct finding *finding =
            rule_report(check, place_of_op(file, &facts->ops[value]), kind,
                        fills_keys ? "all keys of the dict" : "all contexts of the ContextVar", "");
        if (fills_keys && is_filled_anew(facts, call)) {
            finding->confidence = CONFIDENCE_POSSIBLE;
        }
        finding_remedy(check, finding, "%s",
                       fills_keys ? "write a comprehension, which makes one for each key"
                                  : "use None as the default and set one in each context");
        if (fills_keys) {
            default_offer_comprehension(check, finding, call, value);
        }
    }
}

static void check_file(struct check *check, uint32_t file)
{
    const struct facts *facts = check->program->files[file];
    for (uint32_t s = 0; s < facts->n_scopes; s++) {
        const struct scope *scope = &facts->scopes[s];
        bool is_copied = scope->n_parameters > 0 && frameworks_copies_defaults(facts, s);
        for (uint32_t i = 0; i < scope->n_parameters && !is_copied; i++) {
            check_parameter(check, file, s, &facts->parameters[scope->first_parameter + i]);
        }
    }
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        if (facts->ops[i].kind == OP_CALL) {
            check_call(check, file, i);
        }
    }
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        check_file(check, file);
    }
    for (uint32_t class = 0; class < check->program->classes->all.n; class ++) {
        check_fields(check, class);
    }
}

const struct rule rule_mutable_default = {
    .code = "W9408",
    .name = "mutable-default",
    .message = "one %s is shared by %s%s",
    .why =
        "A default is evaluated once, when the `def` or the class body runs, and lives as long as "
        "the function. What one call stores in it the next one finds there: results that depend "
        "on earlier calls, and a container that only grows. Dataclasses refuse list, dict and "
        "set with a ValueError (whatever is unhashable since 3.11) and share the rest; "
        "NamedTuple, attrs, ContextVar and dict.fromkeys share them all. Fine where nothing "
        "ever changes the object: a tuple or frozenset says so.",
    .instead = "None as the default and a new object in the function; default_factory for a field; "
               "a comprehension in place of dict.fromkeys.",
    .since = "",
    .check = check,
};
