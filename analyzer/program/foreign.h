/*
 * foreign.h - what calls into the outside hold: the knowledge tables.
 *
 * The program's own functions are followed; what the standard library and other packages do with
 * their arguments is told here, as data.  An entry answers, for one function or class known by its
 * dotted name, or for a method known by its name alone:
 *
 *   - what comes back: an object that holds all arguments, a list of the argument's elements, one
 *     of its elements, the argument itself, a weak reference to it, a number;
 *   - who keeps which argument, by which attribute, strongly or weakly, and until when (`holds`);
 *   - for a method of a container, what it does with the elements.
 *
 * Whoever is asked for something that has no entry knows nothing of it: neither that it holds its
 * arguments nor that it does not.
 */
#ifndef CYCLINT_PROGRAM_FOREIGN_H
#define CYCLINT_PROGRAM_FOREIGN_H

#include "program/program.h"

/* What a call gives. */
enum foreign_result {
    RESULT_UNKNOWN,        /* some object of which nothing is known */
    RESULT_NOTHING,        /* a number, string, truth or None: it holds nothing */
    RESULT_HOLDER,         /* an object that holds all arguments, nobody asks by which names */
    RESULT_INSTANCE,       /* an object that keeps single arguments: those of `holds` */
    RESULT_WEAK,           /* a weak reference to the first argument, which holds the second */
    RESULT_WEAK_CONTAINER, /* one that holds its elements weakly */
    RESULT_LIST,           /* a new container of the first argument's elements */
    RESULT_TUPLE,
    RESULT_SET,
    RESULT_DICT,
    RESULT_DEFAULT_DICT,  /* of the second's; it also holds the first, and what that makes */
    RESULT_ITERATOR,      /* iter(x): as RESULT_VIEW; iter(f, end): as RESULT_HOLDER */
    RESULT_VIEW,          /* iterating it gives the first argument's elements */
    RESULT_PAIRS,         /* iterating it gives pairs: something, and an element of the first */
    RESULT_ELEMENT,       /* one of the first argument's elements */
    RESULT_FIRST,         /* the first argument itself */
    RESULT_RECEIVER,      /* the object whose method it is */
    RESULT_METHOD,        /* types.MethodType(f, x): a bound method, f of x */
    RESULT_WRAPPED,       /* wraps(f)(g): g, which holds as __wrapped__ what f holds as wrapped */
    RESULT_SECOND,        /* the second argument itself */
    RESULT_CLASS_OF,      /* type(x): the class of the only argument */
    RESULT_ATTRIBUTE,     /* getattr(x, "name"): the first's attribute of the second's name */
    RESULT_SET_ATTRIBUTE, /* setattr(x, "name", y): nothing; the first holds the third by it */
    RESULT_NAMESPACE,     /* vars(x): the first argument's __dict__ */
    RESULT_SUPER,         /* super(): the first parameter of the method, as its base class */
    RESULT_FRAME,         /* the caller's own frame, when the first argument is absent or 0 */
    RESULT_EXCEPTION,     /* the exception being handled */
    RESULT_EXC_INFO,      /* a tuple: its type, the exception, its traceback */
    RESULT_CLEARED_FRAMES /* nothing; the frames of the first argument, a traceback, let go */
};

/* What a method of a container does. */
enum foreign_method {
    METHOD_NONE,          /* the entry is a function, class or method of one class */
    METHOD_ADDS_FIRST,    /* the first argument becomes an element */
    METHOD_ADDS_SECOND,   /* the second does; a single argument is the first */
    METHOD_ADDS_ELEMENTS, /* the first argument's elements become elements */
    METHOD_SETS_DEFAULT,  /* setdefault(): adds the second under the first, and gives what is there
                           */
    METHOD_CLEARS,        /* holds nothing any more */
    METHOD_GIVES_ELEMENT,
    METHOD_TAKES_ELEMENT, /* gives it, and holds it no more */
    METHOD_GIVES_ITSELF,  /* something with the same elements */
    METHOD_GIVES_PAIRS,   /* pairs of a key and an element */
    METHOD_GIVES_NOTHING,
    METHOD_HOLDS /* the receiver, or who else is told, keeps arguments: those of `holds` */
};

/* Who holds an argument. */
enum foreign_holder {
    HOLDER_RESULT,   /* what the call gives */
    HOLDER_RECEIVER, /* the object whose method it is */
    HOLDER_FIRST,    /* the first argument */
    HOLDER_PROCESS   /* something that lives as long as the process: atexit's list of functions */
};

/* How long. */
enum foreign_until {
    UNTIL_DROPPED, /* as long as the holder lives */
    UNTIL_RUN,     /* until it was called, or the thread or task that runs it has ended */
    UNTIL_REMOVED  /* until `removed_by` is called; nobody needs to */
};

/* How strongly. */
enum foreign_strength {
    HOLDS_STRONGLY,
    HOLDS_WEAKLY,         /* by a weak reference */
    HOLDS_METHODS_WEAKLY, /* a bound method by a weak reference to its object, anything else
                             strongly */
    HOLDS_AS_TOLD         /* weakly, unless the call says `weak=False` */
};

enum { FOREIGN_ANY = -2 }; /* a position: each of the arguments */

/* One argument, and who keeps it. */
struct foreign_hold {
    const char *call;        /* the entry's name */
    enum foreign_holder who; /* holds it */
    int position;            /* of the argument, from 0; -1: it is given by keyword only */
    const char *keyword;     /* NULL: it is given by position only */
    const char *attribute; /* of the holder; "[]": the argument is its element; NULL: nobody asks */
    bool is_rest;          /* this argument and all that follow, in a tuple; keywords in a dict */
    bool is_listed;        /* the attribute is a list or dict, and the argument its element */
    enum foreign_strength strength;
    enum foreign_until until;
    const char *removed_by; /* the method or function that lets go of it, for messages */
    const char *asked_by;   /* what a program calls to have that done: "start"; "": it is done for
                               it; NULL: the last part of `removed_by` */
};

struct foreign {
    const char *name; /* "functools.partial", a builtin plainly; a method of whatever object:
                         ".append", of one class: "threading.Thread.start"; what something gives,
                         called in turn: "functools.lru_cache()" */
    enum foreign_result result;
    const char *gives; /* the class of a RESULT_INSTANCE; NULL: it is called by the entry's name */
    enum foreign_method method;
    bool is_telling;    /* of a method: the name alone says that the object is such a container, or
                           such an owner of callbacks */
    const char *native; /* where a module of the program has this name, what it mentions if it is
                           Python's own, in which C or a trick takes the place of what stands there:
                           the entry then counts, not the code.  NULL: the code counts */
    const struct foreign_hold *holds;
    uint32_t n_holds;
};

/* Makes program->foreigns, the tables by symbol; after link_program().  Freed by foreign_free(). */
void foreign_link(struct program *program);

/* Adds an entry, in place of the one of that name; its texts must live as long as the program. */
void foreign_add(struct program *program, const struct foreign *entry);
void foreign_free(struct program *program);

/* What is known of a function or class, by the program symbol of its dotted name; of a method of
 * whatever object, by that of its name; of a method of one class, by both.  NULL when nothing is.
 */
const struct foreign *foreign_find(const struct program *program, uint32_t symbol);
const struct foreign *foreign_find_method(const struct program *program, uint32_t method);
const struct foreign *foreign_method_of(const struct program *program, uint32_t class,
                                        uint32_t method);

/* The symbol of the dotted name that a module's name (a symbol) stands for, when it is one whose
 * code does not count; else NONE. */
uint32_t foreign_native(const struct program *program, uint32_t file, uint32_t symbol);

/* Whether some class has an entry for a method of this name: asked first, it is no more work than
 * one look-up. */
bool foreign_is_method(const struct program *program, uint32_t method);

/* The hold by an attribute of this name that ends before its holder does, an object of a foreign
 * class or, with NONE, of whatever; NULL if none does. */
const struct foreign_hold *foreign_passing_hold(const struct program *program, uint32_t class,
                                                uint32_t attribute);

/* Whether a file names what has to be called to end the hold. */
bool foreign_is_ended_in(const struct program *program, uint32_t file,
                         const struct foreign_hold *hold);

#endif
