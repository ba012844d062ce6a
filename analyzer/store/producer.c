/*
 * producer.c - which program and which rules made facts.
 *
 * Facts depend on everything between a file's bytes and its records: the lexer, the grammar, the
 * queries, the lowering.  All that is the program itself, and its build id stands for it; where the
 * linker gave none, its bytes do.
 */
#include "store/producer.h"

#include "base/error.h"
#include "base/version.h"
#include "rule.h"
#include "store/schema.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

static void add_string(XXH3_state_t *state, const char *s)
{
    XXH3_64bits_update(state, s != NULL ? s : "", s != NULL ? strlen(s) + 1 : 1);
}

/* ---- the program ---- */

struct build_id {
    XXH3_state_t *state;
    bool is_found;
};

/* Notes are a header, a name and a text, the latter two filled up to 4 bytes. */
static void look_through_notes(struct build_id *id, const char *notes, size_t size)
{
    ElfW(Nhdr) note;
    while (!id->is_found && size >= sizeof note) {
        memcpy(&note, notes, sizeof note);
        size_t name = (note.n_namesz + 3u) & ~(size_t)3, text = (note.n_descsz + 3u) & ~(size_t)3;
        if (name + text > size - sizeof note) {
            return;
        }
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4
            && memcmp(notes + sizeof note, "GNU", 4) == 0) {
            XXH3_64bits_update(id->state, notes + sizeof note + name, note.n_descsz);
            id->is_found = true;
        }
        notes += sizeof note + name + text;
        size -= sizeof note + name + text;
    }
}

/* Shown the program itself first, and stops there. */
static int look_at_program(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_NOTE) {
            uintptr_t address = (uintptr_t)(info->dlpi_addr + part->p_vaddr);
            look_through_notes(context, (const char *)address, part->p_memsz);
        }
    }
    return 1;
}

static void add_program_file(XXH3_state_t *state)
{
    char piece[1 << 16];
    ssize_t n;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && (n = read(fd, piece, sizeof piece)) > 0) {
        XXH3_64bits_update(state, piece, (size_t)n);
    }
    if (fd >= 0) {
        close(fd);
    }
}

static void add_program(XXH3_state_t *state)
{
    struct build_id id = {.state = state};
    dl_iterate_phdr(look_at_program, &id);
    if (!id.is_found) {
        add_program_file(state);
    }
}

/* ---- the rules ---- */

static void add_sizes(XXH3_state_t *state)
{
    static const uint32_t sizes[] = {
        SCHEMA_VERSION,           N_OP_KINDS,           sizeof(struct facts),
        sizeof(struct op),        sizeof(struct scope), sizeof(struct parameter),
        sizeof(struct variable),  sizeof(struct mark),  sizeof(struct capture),
        sizeof(struct directive),
    };
    XXH3_64bits_update(state, sizes, sizeof sizes);
}

/* Marks name a rule by its place in the list, so the order counts, too. */
static void add_rules(XXH3_state_t *state)
{
    size_t n;
    const struct rule *const *rules = rules_list(&n);
    for (size_t i = 0; i < n; i++) {
        add_string(state, rules[i]->code);
        add_string(state, rules[i]->name);
        add_string(state, rules[i]->query);
    }
}

uint64_t producer_of_facts(void)
{
    XXH3_state_t *state = XXH3_createState();
    if (state == NULL) {
        die("out of memory");
    }
    XXH3_64bits_reset(state);
    add_string(state, CYCLINT_VERSION);
    add_sizes(state);
    add_program(state);
    add_rules(state);
    uint64_t producer = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return producer;
}
