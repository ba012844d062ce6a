/*
 * lower.h - what the files that lower a tree to ops share.  Private to facts/.
 *
 * Lowering walks the tree with an explicit stack, because user code nests deeper than the C stack.
 * Each node under way has a frame; its handler is called again and again, each time with the next
 * `step`, until it finishes:
 *
 *     static void lower_await(struct lower *l, struct frame *f)
 *     {
 *         switch (f->step++) {
 *         case 0:
 *             visit(l, first_named(l, f->node));     come back when that child is done ...
 *             return;
 *         default:
 *             finish(l, emit(l, OP_AWAIT, f->node, l->result, NONE));   ... with its value here
 *         }
 *     }
 *
 * visit() pushes a frame and may move all frames: a handler returns right after it.
 *
 * A function's or class's body is not walked in place: it waits in the queue of scopes, so that the
 * ops of a scope are one run.  Names are resolved when all scopes are done (names.c).
 */
#ifndef CYCLINT_FACTS_LOWER_H
#define CYCLINT_FACTS_LOWER_H

#include "base/array.h"
#include "base/table.h"
#include "facts/facts.h"
#include "syntax/grammar.h"
#include "syntax/tree.h"

/* What is done with an expression's node. */
enum lower_mode {
    MODE_LOAD,  /* its value is wanted */
    MODE_STORE, /* f->value is stored in it */
    MODE_DELETE
};

/* In a frame's `flags` only: the names that are stored to belong to a comprehension. */
enum { STORE_IN_COMPREHENSION = OP_IS_DOUBLE_STARRED };

struct frame {
    uint32_t node;
    uint32_t step;
    uint32_t cursor;    /* the child last visited, 0 before the first */
    uint32_t value;     /* MODE_STORE: what is stored; else free for the handler */
    uint32_t x, y;      /* free for the handler */
    uint32_t statement; /* MODE_STORE: the node whose text the store stands for */
    uint32_t operands;  /* height of the operand stack when the frame began */
    uint8_t mode;       /* enum lower_mode */
    uint8_t flags;      /* MODE_STORE: flags of the OP_STORE */
};

/* A value that waits to become an OP_ARGUMENT or OP_ELEMENT. */
struct operand {
    uint32_t value, key;
    uint32_t start, end;
    uint8_t flags; /* enum op_flag */
};

/* A name as one scope sees it, until names.c finds its owner. */
struct use {
    uint32_t name;
    uint32_t scope;
    uint32_t flags; /* enum variable_flag */
    uint32_t owner; /* filled in by names.c: an index in the final variables */
    bool is_global; /* `global name` in this scope */
    bool is_nonlocal;
};

/* The target of a comprehension that is under way, or that a scope was defined in. */
struct comprehension_name {
    uint32_t name, use;
};

/* A scope whose body has not been lowered yet. */
struct pending_scope {
    uint32_t node;                /* function_definition, class_definition, lambda */
    uint32_t first_name, n_names; /* the comprehension names it can see, in `captured_names` */
};

/* A control construct that is open, or a part of one. */
struct control {
    uint32_t op;
    bool is_part;         /* ELSE, EXCEPT or FINALLY of the construct below it */
    bool is_left_by_else; /* an OP_LOOP in its ELSE part: `break` there leaves an outer loop */
};

struct symbol {
    const char *text;
    uint32_t length;
};

struct lower {
    const struct tree *tree;

    /* What becomes the facts. */
    struct name_table symbol_table; /* keys point into `tree->bytes` or `made_names` */
    struct {
        ARRAY_OF(struct symbol);
    } symbols;
    struct {
        ARRAY_OF(struct op);
    } ops;
    struct {
        ARRAY_OF(struct scope);
    } scopes;
    struct {
        ARRAY_OF(struct parameter);
    } parameters;
    struct {
        ARRAY_OF(struct variable);
    } variables; /* made by names.c */
    struct {
        ARRAY_OF(struct directive);
    } directives;
    uint32_t n_statements;
    uint32_t flags;          /* enum facts_flag */
    uint32_t python2_offset; /* when they say so: where */

    /* The walk. */
    struct {
        ARRAY_OF(struct frame);
    } frames;
    uint32_t result; /* the value of the child that finished last */
    struct {
        ARRAY_OF(struct operand);
    } operands;
    struct {
        ARRAY_OF(struct control);
    } controls;
    struct {
        ARRAY_OF(struct pending_scope);
    } pending; /* one for each scope, by scope */
    uint32_t scope;
    uint32_t type_checking_depth; /* how many `if TYPE_CHECKING:` we are in */

    /* Names. */
    struct pair_table use_table; /* scope, name → use */
    struct {
        ARRAY_OF(struct use);
    } uses;
    struct {
        ARRAY_OF(struct comprehension_name);
    } comprehension_names; /* innermost last */
    struct {
        ARRAY_OF(struct comprehension_name);
    } captured_names;
};

/* Lowers a whole tree: ops, scopes, parameters, variables and symbols are then complete.  `l` must
 * be all zero or cleared; clearing keeps its memory for the next file. */
void lower_tree(struct lower *l, const struct tree *tree);
void lower_clear(struct lower *l);
void lower_free(struct lower *l);

/* ---- the walk (lower.c) */

void visit(struct lower *l, uint32_t node);

/* Visits `node` as a target.  `statement` is the node the OP_STORE stands for. */
void visit_store(struct lower *l, uint32_t node, uint32_t value, uint32_t statement, uint8_t flags);
void visit_delete(struct lower *l, uint32_t node);

/* Ends the current frame; its value is `value` (NONE for a statement). */
void finish(struct lower *l, uint32_t value);

/* Visits the next named child of the frame's node after `f->cursor`, if there is one. */
bool visit_next(struct lower *l, struct frame *f);

/* The next named child after `f->cursor`, which moves there; 0 when there is none. */
uint32_t next_named(struct lower *l, struct frame *f);

/* The frame below the current one, or NULL. */
struct frame *parent_frame(struct lower *l);

/* ---- the tree */

static inline uint16_t kind_of(const struct lower *l, uint32_t node)
{
    return l->tree->nodes[node].kind;
}

static inline uint32_t child_of(const struct lower *l, uint32_t node, uint8_t field)
{
    return tree_child(l->tree, node, field);
}

static inline uint32_t first_named(const struct lower *l, uint32_t node)
{
    return tree_first_named(l->tree, node);
}

/* Whether an anonymous token of this kind is a child of `node`. */
bool has_token(const struct lower *l, uint32_t node, uint16_t kind);

/* ---- ops (emit.c) */

uint32_t emit(struct lower *l, enum op_kind kind, uint32_t node, uint32_t a, uint32_t b);
uint32_t emit_with(struct lower *l, enum op_kind kind, uint32_t node, uint32_t a, uint32_t b,
                   uint8_t aux, uint8_t flags);

/* An OP_STORE to the name, which becomes bound in this scope. */
void emit_store_name(struct lower *l, uint32_t name_node, uint32_t name, uint32_t value,
                     uint32_t statement, uint8_t flags);

/* Stores to what an OP_LOAD, OP_ATTRIBUTE or OP_ITEM reads. */
void emit_store_again(struct lower *l, uint32_t load, uint32_t value, uint32_t statement,
                      uint8_t flags);

/* Opens IF, LOOP, TRY, WITH or COMPREHENSION; close_control() writes its END. */
uint32_t open_control(struct lower *l, enum op_kind kind, uint32_t node, uint32_t a, uint8_t aux,
                      uint8_t flags);
uint32_t part_of_control(struct lower *l, enum op_kind kind, uint32_t node, uint8_t flags);
void close_control(struct lower *l, uint32_t node);

/* OP_BREAK or OP_CONTINUE for the innermost loop; nothing outside of one. */
void emit_jump(struct lower *l, enum op_kind kind, uint32_t node);

void push_operand(struct lower *l, uint32_t node, uint32_t value, uint32_t key, uint8_t flags);

/* One step through the arguments of the argument_list `list` (0: none), for calls and classes: true
 * while a value is being visited, false when all are operands. */
bool step_arguments(struct lower *l, struct frame *f, uint32_t list);

/* Turns the operands from `base` on into ops of `kind` and takes them off the stack. */
void emit_operands(struct lower *l, enum op_kind kind, uint32_t base);

/* ---- names (names.c) */

/* The symbol of a text; its bytes must live as long as the lowering. */
uint32_t symbol_of_text(struct lower *l, const char *text, size_t length);
uint32_t symbol_of_node(struct lower *l, uint32_t node);

/* What `name` is in this scope, for an op's `a`; names_resolve() turns it into a variable. */
uint32_t use_of_name(struct lower *l, uint32_t name);
uint32_t bind_name(struct lower *l, uint32_t name, uint32_t flags);

/* The same in a comprehension that is under way. */
uint32_t bind_comprehension_name(struct lower *l, uint32_t name);

/* Finds every use's owner, makes the final variables, and rewrites the ops. */
void names_resolve(struct lower *l);

/* The enum operator_kind of an operator's node (lower_operators.c). */
uint8_t operator_of_node(const struct lower *l, uint32_t node);

/* ---- handlers, by kind of node */

extern void (*const lower_handlers[N_KINDS])(struct lower *l, struct frame *f);

void lower_assignment(struct lower *l, struct frame *f);
void lower_augmented_assignment(struct lower *l, struct frame *f);
void lower_named_expression(struct lower *l, struct frame *f);
void lower_attribute(struct lower *l, struct frame *f);
void lower_subscript(struct lower *l, struct frame *f);
void lower_slice(struct lower *l, struct frame *f);
void lower_identifier(struct lower *l, struct frame *f);
void lower_call(struct lower *l, struct frame *f);
void lower_display(struct lower *l, struct frame *f);
void lower_comprehension(struct lower *l, struct frame *f);
void lower_string(struct lower *l, struct frame *f);
void lower_constant(struct lower *l, struct frame *f);
void lower_unary(struct lower *l, struct frame *f);
void lower_binary(struct lower *l, struct frame *f);
void lower_comparison(struct lower *l, struct frame *f);
void lower_boolean(struct lower *l, struct frame *f);
void lower_conditional(struct lower *l, struct frame *f);
void lower_await(struct lower *l, struct frame *f);
void lower_yield(struct lower *l, struct frame *f);
void lower_lambda(struct lower *l, struct frame *f);
void lower_wrapped(struct lower *l, struct frame *f);
void lower_generic_type(struct lower *l, struct frame *f);
void lower_function(struct lower *l, struct frame *f);
void lower_class(struct lower *l, struct frame *f);
void lower_decorated(struct lower *l, struct frame *f);
void lower_type_alias(struct lower *l, struct frame *f);
void lower_block(struct lower *l, struct frame *f);
void lower_expression_statement(struct lower *l, struct frame *f);
void lower_return(struct lower *l, struct frame *f);
void lower_raise(struct lower *l, struct frame *f);
void lower_delete(struct lower *l, struct frame *f);
void lower_assert(struct lower *l, struct frame *f);
void lower_global(struct lower *l, struct frame *f);
void lower_nonlocal(struct lower *l, struct frame *f);
void lower_pass(struct lower *l, struct frame *f);
void lower_break(struct lower *l, struct frame *f);
void lower_continue(struct lower *l, struct frame *f);
void lower_import(struct lower *l, struct frame *f);
void lower_import_from(struct lower *l, struct frame *f);
void lower_future_import(struct lower *l, struct frame *f);
void lower_if(struct lower *l, struct frame *f);
void lower_while(struct lower *l, struct frame *f);
void lower_for(struct lower *l, struct frame *f);
void lower_try(struct lower *l, struct frame *f);
void lower_with(struct lower *l, struct frame *f);
void lower_match(struct lower *l, struct frame *f);

/* Queues the body of a scope that a definition's node makes; returns the new scope. */
uint32_t queue_scope(struct lower *l, uint32_t node, enum scope_kind kind, uint32_t name_node);

/* Starts the body of the next queued scope: parameters are bound, its first frame is pushed. */
void start_scope(struct lower *l, uint32_t scope);

#endif
