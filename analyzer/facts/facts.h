/*
 * facts.h - what is known of one file once its tree is gone.
 *
 * Facts hold numbers and strings only: no node, no pointer into the text.  Everything is an array
 * of plain records, and records name each other by index, so the facts of a file can be written
 * down and read back as they are.
 *
 * The heart is the **ops**: every scope (module, class body, function, lambda) is lowered to a
 * short program that keeps what moves a reference and what steers control, in the order in which
 * Python executes it, and forgets the rest:
 *
 *     self.child = Child(self)      10  LOAD              Child
 *                                   11  LOAD              self
 *                                   12  CALL              %10, 1 argument
 *                                   13  ARGUMENT          %11
 *                                   14  LOAD              self
 *                                   15  TARGET_ATTRIBUTE  %14 .child
 *                                   16  STORE             %15 = %12
 *
 * An op that makes a value is known by its index ("%14").  Indices count through the whole file;
 * the ops of a scope are one contiguous run, the scopes one after another.  Control is structured:
 * IF … ELSE … END and the like nest, and each part knows its END; program/flow.h makes a
 * control-flow graph of it for whoever needs paths.
 *
 * Names are resolved within the file: an op names a `variable`, and a variable knows its scope.
 * What other files mean by a name is the linker's business (program/).
 */
#ifndef CYCLINT_FACTS_FACTS_H
#define CYCLINT_FACTS_FACTS_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NONE UINT32_MAX /* no op, no symbol, no scope, no variable */

/* ---- ops
 * ----------------------------------------------------------------------------------------------------
 */

enum op_kind {
    OP_NOTHING,

    /* Values. */
    OP_CONSTANT,  /* aux: enum constant; a: symbol of a string's or number's text, NONE when it is
                     long or formatted */
    OP_LOAD,      /* a: variable */
    OP_ATTRIBUTE, /* a: object, b: symbol */
    OP_ITEM,      /* a: object, b: index value (may be an OP_SLICE) */
    OP_SLICE,     /* part of an OP_ITEM's index; makes no object of interest */
    OP_CALL, /* a: callee, b: number of OP_ARGUMENTs that follow at once; OP_IS_DECORATOR: made by
                an `@` */
    OP_ARGUMENT,      /* a: value, b: keyword symbol or NONE; OP_IS_STARRED, OP_IS_DOUBLE_STARRED */
    OP_DISPLAY,       /* aux: enum container; b: number of OP_ELEMENTs that follow at once */
    OP_ELEMENT,       /* a: value, b: key value or NONE; OP_IS_STARRED (for a dict: `**value`) */
    OP_COMPREHENSION, /* aux: enum container; its loops follow, up to its END; b: that END.  The
                         value is the container */
    OP_COLLECT,       /* a: the OP_COMPREHENSION, b: the value put in it (a dict's key is evaluated
                         before) */
    OP_FUNCTION, /* a: scope.  Decorators follow at once as OP_CALLs, then the OP_STORE of a `def`
                  */
    OP_CLASS,  /* a: scope, b: number of OP_ARGUMENTs that follow at once: bases, keywords.  Then as
                  OP_FUNCTION */
    OP_UNARY,  /* aux: enum operator, a: operand */
    OP_BINARY, /* aux: enum operator, a, b: operands */
    OP_COMPARE, /* aux: enum operator, a, b: operands */
    OP_EITHER,  /* a, b: it is one of the two; aux: OPERATOR_AND, OPERATOR_OR, or OPERATOR_IF for `x
                   if c else y` */
    OP_AWAIT,   /* a */
    OP_YIELD,   /* a: value or NONE.  As a value: what is sent in */
    OP_YIELD_FROM, /* a */
    OP_NEXT,       /* a: iterable; the element of this turn of the loop.  OP_IS_ASYNC */
    OP_UNPACKED,   /* a: value, b: which part of it; OP_IS_STARRED: a list of the rest */
    OP_ENTERED,    /* a: context manager; what `as` receives.  OP_IS_ASYNC */
    OP_CAUGHT,     /* a: the type's value, NONE for a bare `except:`; the exception in a handler */
    OP_MATCHED,    /* a: subject; a part of it that a `case` pattern names */
    OP_IMPORT, /* a: symbol of the dotted name; the top package, or with OP_IS_RENAMED (`as`) the
                  module itself */
    OP_IMPORT_FROM, /* a: symbol of the module's dotted name (may be ""), b: symbol of the name;
                       aux: leading dots */
    OP_IMPORT_STAR, /* a: symbol of the module's dotted name; aux: leading dots.  Makes no value */

    /* Targets: where a STORE or DELETE goes.  They have no effect of their own. */
    OP_TARGET_NAME,      /* a: variable */
    OP_TARGET_ATTRIBUTE, /* a: object, b: symbol */
    OP_TARGET_ITEM,      /* a: object, b: index value */

    /* Effects. */
    OP_STORE, /* a: target, b: value; OP_IS_AUGMENTED: b is the OP_BINARY; OP_IS_IMPLICIT: no `=` in
                 the text */
    OP_DELETE,     /* a: target; OP_IS_IMPLICIT: the end of `except … as name` */
    OP_ANNOTATE,   /* a: target, b: annotation's value (its names are not loaded at run time in a
                      function) */
    OP_EXPRESSION, /* a: a value that a statement computes and drops */
    OP_RETURN,     /* a: value or NONE.  For a lambda: its body */
    OP_RAISE,      /* a: exception or NONE, b: cause or NONE */
    OP_ASSERT,     /* a: condition */
    OP_GLOBAL,     /* a: variable of the module; `global name`, one op a name */
    OP_NONLOCAL,   /* a: variable of the enclosing function */

    /* Control.  b is the index of the construct's END, and an END's b that of its opener. */
    OP_IF,    /* a: condition value; OP_IS_NEGATED: the part runs when it is false; OP_IS_PATTERN: a
                 `case` */
    OP_ELSE,  /* the other part of IF; of TRY: when nothing was raised; of LOOP: when it ended
                 without `break` */
    OP_LOOP,  /* aux: enum loop; a: iterable for `for`, NONE for `while` */
    OP_TEST,  /* a: condition; leaves the `while` loop it is in when false */
    OP_BREAK, /* b: END of the loop it leaves */
    OP_CONTINUE, /* b: END of the loop it continues */
    OP_TRY,      /* body, then EXCEPT parts, ELSE, FINALLY in this order, each optional, then END */
    OP_EXCEPT, /* a handler; the type is evaluated in it, then OP_CAUGHT.  OP_IS_STARRED: `except*`
                */
    OP_FINALLY,
    OP_WITH, /* a: context manager value; one per item, nested.  OP_IS_ASYNC */
    OP_END,

    N_OP_KINDS
};

enum op_flag {
    OP_IS_STARRED = 1,
    OP_IS_DOUBLE_STARRED = 2,
    OP_IS_ASYNC = 4,
    OP_IS_AUGMENTED = 8,
    OP_IS_IMPLICIT = 16,
    OP_IS_NEGATED = 32,
    OP_IS_PATTERN = 64,
    OP_IS_DECORATOR = 128,
    OP_IS_RENAMED = 128 /* of OP_IMPORT only */
};

enum constant {
    CONSTANT_NONE,
    CONSTANT_TRUE,
    CONSTANT_FALSE,
    CONSTANT_ELLIPSIS,
    CONSTANT_INTEGER,
    CONSTANT_FLOAT,
    CONSTANT_STRING, /* plain: the symbol is its value without quotes and prefix, escapes left as
                        written */
    CONSTANT_BYTES,
    CONSTANT_FORMATTED /* f-string or t-string; the values in it are evaluated before */
};

enum container {
    CONTAINER_LIST,
    CONTAINER_TUPLE,
    CONTAINER_SET,
    CONTAINER_DICT,
    CONTAINER_GENERATOR
};

enum loop { LOOP_WHILE, LOOP_FOR, LOOP_COMPREHENSION };

enum operator_kind {
    OPERATOR_OTHER,
    OPERATOR_ADD,
    OPERATOR_SUBTRACT,
    OPERATOR_MULTIPLY,
    OPERATOR_DIVIDE,
    OPERATOR_FLOOR_DIVIDE,
    OPERATOR_MODULO,
    OPERATOR_POWER,
    OPERATOR_MATRIX_MULTIPLY,
    OPERATOR_BIT_OR,
    OPERATOR_BIT_AND,
    OPERATOR_BIT_XOR,
    OPERATOR_SHIFT_LEFT,
    OPERATOR_SHIFT_RIGHT,
    OPERATOR_AND,
    OPERATOR_OR,
    OPERATOR_NOT,
    OPERATOR_IF,
    OPERATOR_IS,
    OPERATOR_IS_NOT,
    OPERATOR_IN,
    OPERATOR_NOT_IN,
    OPERATOR_EQUAL,
    OPERATOR_NOT_EQUAL,
    OPERATOR_LESS,
    OPERATOR_LESS_EQUAL,
    OPERATOR_GREATER,
    OPERATOR_GREATER_EQUAL
};

/* Packed, for ops are four fifths of all facts, and facts most of what a run holds. */
struct op {
    uint8_t kind;        /* enum op_kind */
    uint8_t flags;       /* enum op_flag */
    uint8_t aux;         /* see each kind */
    uint8_t length_high; /* bits 16–23 of the length of the text the op stands for; see op_end() */
    uint16_t length_low;
    uint32_t start; /* byte offset of that text */
    uint32_t a, b;
} __attribute__((packed, aligned(2)));

/* ---- scopes and variables
 * ------------------------------------------------------------------------------------- */

enum scope_kind { SCOPE_MODULE, SCOPE_CLASS, SCOPE_FUNCTION, SCOPE_LAMBDA };

enum scope_flag {
    SCOPE_IS_ASYNC = 1,
    SCOPE_IS_GENERATOR = 2,  /* it has a `yield` of its own */
    SCOPE_RETURNS_VALUE = 4, /* some `return` has an expression */
    SCOPE_USES_SUPER = 8,    /* it loads `super` or `__class__`: methods then capture the class */
    SCOPE_IN_TYPE_CHECKING = 32, /* defined under `if TYPE_CHECKING:` */
    SCOPE_CALLS_LOCALS = 64      /* it calls locals(), vars(), eval() or exec() */
};

struct scope {
    uint8_t kind;  /* enum scope_kind */
    uint8_t depth; /* 0 for the module; stops counting at 255 */
    uint16_t flags;
    uint32_t parent;               /* scope, NONE for the module */
    uint32_t name;                 /* symbol: "f", "C", "<lambda>", "<module>" */
    uint32_t start, end;           /* byte offsets of the whole statement, decorators excluded */
    uint32_t name_start, name_end; /* of the name alone; of the word `lambda` */
    uint32_t defined_at; /* the OP_FUNCTION or OP_CLASS in the parent's ops; NONE for the module */
    uint32_t first_op, n_ops;
    uint32_t first_parameter, n_parameters;
    uint32_t returns; /* the value of the return annotation, in the parent's ops, or NONE */
    uint32_t first_child, n_children;     /* nested scopes, side by side, in document order */
    uint32_t first_variable, n_variables; /* those this scope owns */
};

enum parameter_kind {
    PARAMETER_PLAIN,
    PARAMETER_POSITIONAL_ONLY,
    PARAMETER_STAR,
    PARAMETER_KEYWORD_ONLY,
    PARAMETER_DOUBLE_STAR
};

struct parameter {
    uint32_t variable;
    uint32_t default_value; /* op in the enclosing scope, or NONE */
    uint32_t annotation;    /* op in the enclosing scope, or NONE */
    uint32_t kind;          /* enum parameter_kind */
    uint32_t start, end;    /* byte offsets */
};

enum variable_flag {
    VARIABLE_IS_PARAMETER = 1,
    VARIABLE_IS_CAPTURED = 2, /* a nested function, lambda or class uses it */
    VARIABLE_IS_BOUND =
        4, /* something in its own scope binds it.  A module's variable that is not bound by
              anything in the file is a builtin, or comes from `import *` */
    VARIABLE_IS_IMPORTED = 8,
    VARIABLE_IS_DECLARED = 16, /* some function says `global` or `nonlocal` of it */
    VARIABLE_IN_COMPREHENSION =
        32,                   /* lives in a comprehension only; owned by the scope around it */
    VARIABLE_IS_DELETED = 64, /* some `del` names it */
    VARIABLE_IS_REBOUND = 128 /* bound at more than one place, or in a loop */
};

struct variable {
    uint32_t name;  /* symbol */
    uint32_t scope; /* the scope that owns it */
    uint32_t flags; /* enum variable_flag */
    uint32_t value; /* what its only store gives it, see uses_only_value(); or NONE */
};

/* ---- what queries found, and what comments say
 * ---------------------------------------------------------------- */

struct mark {
    uint32_t rule;       /* index in rules_list() */
    uint32_t scope;      /* the innermost scope around it */
    uint32_t start, end; /* byte offsets of what is to be reported */
    uint32_t first_capture, n_captures;
};

struct capture {
    uint32_t name; /* symbol, without `@` */
    uint32_t text; /* symbol of the captured text, cut after MAX_CAPTURE_TEXT bytes */
    uint32_t start, end;
};

enum { MAX_CAPTURE_TEXT = 200 }; /* it is shown in one line of a terminal */

enum directive_flag { DIRECTIVE_IS_ALONE = 1 }; /* nothing but blanks before it on its line */

/* A comment that says something to cyclint: `# cyclint: …` or `# noqa…`. */
struct directive {
    uint32_t start, end; /* byte offsets of the comment */
    uint32_t text;       /* symbol: the comment after '#', without blanks around it */
    uint32_t scope;      /* the innermost scope around it */
    uint32_t flags;
};

/* ---- the file
 * -------------------------------------------------------------------------------------------------
 */

enum facts_flag {
    FACTS_HAVE_ERRORS = 1, /* some part did not parse; `error_offset` says where the first begins */
    FACTS_ARE_PYTHON_2 = 2,      /* `error_offset` says what Python 3 does not read there */
    FACTS_DEFER_ANNOTATIONS = 4, /* `from __future__ import annotations` */
    FACTS_ARE_GENERATED = 8,     /* the file says that a program wrote it */
    FACTS_PYTHON_2_SHIFT = 16    /* above it: which enum python2 (python2.h) that is */
};

struct facts {
    const char *path; /* as it is shown to the user */
    uint64_t hash;    /* of the file's bytes */
    uint32_t n_bytes; /* of the text as UTF-8 */
    uint32_t n_lines;
    uint32_t n_statements; /* for pylint's score */
    uint32_t flags;
    uint32_t error_offset;

    const char *names;            /* all symbols' texts, each NUL-terminated */
    const uint32_t *name_offsets; /* n_symbols of them, and one more */
    uint32_t n_symbols;
    const uint32_t *symbol_slots; /* an open-addressing table: symbol + 1, or 0 */
    uint32_t n_symbol_slots;
    const struct op *ops;
    uint32_t n_ops;
    const struct scope *scopes; /* scopes[0] is the module */
    uint32_t n_scopes;
    const struct parameter *parameters;
    uint32_t n_parameters;
    const struct variable *variables;
    uint32_t n_variables;
    const struct mark *marks;
    uint32_t n_marks;
    const struct capture *captures;
    uint32_t n_captures;
    const struct directive *directives;
    uint32_t n_directives;
};

static inline const char *facts_name(const struct facts *facts, uint32_t symbol)
{
    return symbol == NONE ? "" : facts->names + facts->name_offsets[symbol];
}

/* Where in the table of symbols the search for a text begins that has this hash (XXH3). */
static inline uint32_t facts_slot(uint64_t hash, uint32_t n_symbol_slots)
{
    return (uint32_t)((hash & UINT32_MAX) * n_symbol_slots >> 32);
}

/* The symbol with this text, or NONE. */
uint32_t facts_symbol(const struct facts *facts, const char *name);

static inline uint32_t op_end(const struct op *op)
{
    return op->start + ((uint32_t)op->length_high << 16 | op->length_low);
}

/* The name of a variable, and whether it lives in the module (or is a builtin). */
static inline const char *variable_name(const struct facts *facts, uint32_t variable)
{
    return facts_name(facts, facts->variables[variable].name);
}

static inline bool is_global_variable(const struct facts *facts, uint32_t variable)
{
    return facts->variables[variable].scope == 0;
}

/* Whether the name means Python's own builtin: nothing in the file binds it. */
static inline bool is_builtin_variable(const struct facts *facts, uint32_t variable)
{
    return facts->variables[variable].scope == 0
           && !(facts->variables[variable].flags & VARIABLE_IS_BOUND);
}

/* The innermost scope whose text contains the byte `offset`. */
uint32_t facts_scope_at(const struct facts *facts, uint32_t offset);

/* The scope an op belongs to. */
uint32_t facts_scope_of_op(const struct facts *facts, uint32_t op);

/* "C.f.<locals>.g" as Python's __qualname__; "" for the module. */
const char *facts_qualified_name(const struct facts *facts, uint32_t scope, struct arena *arena);

/* The dotted name that `value` spells (`os.path.join`, `self.lock`), through LOAD and ATTRIBUTE
 * only and with imports followed inside the file: after `from os import path as p`, `p.join` spells
 * "os.path.join".  NULL when it is anything else.  A local variable that is no import spells its
 * own name. */
const char *facts_dotted_name(const struct facts *facts, uint32_t value, struct arena *arena);

/* Whether `value` spells exactly `dotted`, imports followed; a builtin may be written plainly
 * ("open"). */
bool facts_spells(const struct facts *facts, uint32_t value, const char *dotted);

/* Whether the op, which may be NONE, is an OP_CALL of what spells `dotted`. */
bool facts_calls(const struct facts *facts, uint32_t op, const char *dotted);

/* The decorator calls that follow the OP_FUNCTION or OP_CLASS of a scope: the index of the first
 * OP_CALL, or NONE; the next one is at `call + 2`, while it is an OP_CALL with OP_IS_DECORATOR. */
uint32_t facts_first_decorator(const struct facts *facts, uint32_t scope);
uint32_t facts_next_decorator(const struct facts *facts, uint32_t call);

/* The value of the decorator of a scope that spells `dotted` ("functools.lru_cache"), called or
 * not; NONE if absent. */
uint32_t facts_find_decorator(const struct facts *facts, uint32_t scope, const char *dotted);

/* The value of argument number `position`, or of keyword `name` (NULL: only the position; position
 * < 0: only the name) of an OP_CALL; NONE if it is not there.  Starred arguments make later
 * positions unknown: NONE. */
uint32_t facts_argument(const struct facts *facts, uint32_t call, int position, const char *name);

/* Whether a value (NONE is none) is a plain decimal integer below 10^9; `*number` is it. */
bool facts_integer(const struct facts *facts, uint32_t value, uint32_t *number);

/* The ops as text, one a line, for tests and `--dump-facts`. */
struct builder;
void facts_print(const struct facts *facts, struct builder *out);

#endif
