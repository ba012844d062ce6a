# cyclint: `make` builds build/cyclint, `make help` lists the rest.  There is no configure step.
#
#   make SAN=1      address and undefined-behaviour sanitizers, hostile arenas; into build/san/
#   make CC=clang   another compiler; into build/clang/
#   make release    optimized across files and by a profile; into build/release/ (gcc only)
#   make WERROR=1   warnings are errors
#   make V=1        shows each command

CC = gcc
HOSTCC = $(CC)
PREFIX = /usr/local
OPTIMIZE = -O2 -g

Q := $(if $(V),,@)

VARIANT := $(notdir $(firstword $(CC)))
ifdef SAN
VARIANT := $(if $(filter gcc cc,$(VARIANT)),san,$(VARIANT)-san)
OPTIMIZE = -O1 -g -fno-omit-frame-pointer
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all
HOSTILE = -DCYCLINT_HOSTILE
endif

OUT := build/$(if $(filter gcc cc,$(VARIANT)),.,$(VARIANT))
OBJ := build/obj/$(VARIANT)
GENERATED := build/generated
BIN := $(OUT:build/.=build)/cyclint
UNIT_DIR := $(OBJ)/tests

# --- Third-party sources: npm packages of fixed versions, see package-lock.json. ---

FETCHED := node_modules/.package-lock.json
CORE := node_modules/tree-sitter/vendor/tree-sitter/lib
PYTHON := node_modules/tree-sitter-python/src
TOML := node_modules/@tree-sitter-grammars/tree-sitter-toml/src

# --- Flags. ---

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wvla -Wformat=2 -Wswitch-enum $(if $(WERROR),-Werror)
DEFINES := -D_GNU_SOURCE $(HOSTILE)
CFLAGS_COMMON = -std=c17 $(OPTIMIZE) $(SANITIZE) $(DEFINES) -MMD -MP \
                -ffunction-sections -fdata-sections
CFLAGS_OURS = $(CFLAGS_COMMON) $(WARNINGS) -Ianalyzer -I$(GENERATED) $(CFLAGS)
# The parser's sources are not ours to correct.
CFLAGS_THEIRS = $(CFLAGS_COMMON) -w -I$(CORE)/include -I$(CORE)/src \
                $(if $(SAN),,-DNDEBUG) $(CFLAGS)
LDFLAGS_COMMON = $(OPTIMIZE) $(SANITIZE) -Wl,--gc-sections -Wl,--build-id $(LDFLAGS)
LIBRARIES = -lsqlite3 -lxxhash -lpcre2-8 -lcjson -lm -pthread $(LDLIBS)

# --- What there is to build: the folders are the lists. ---

SOURCES := $(filter-out analyzer/generate/%,$(sort $(shell find analyzer -name '*.c'))) \
           $(sort $(wildcard rules/*.c))
GENERATED_SOURCES := $(GENERATED)/syntax/grammar.c $(GENERATED)/syntax/grammar_children.c $(GENERATED)/syntax/lr_tables.c $(GENERATED)/rules_built_in.c \
                     $(GENERATED)/examples.c $(GENERATED)/gc_probe.c $(GENERATED)/gc_speed_probe.c
THIRD_PARTY_OBJECTS := $(addprefix $(OBJ)/third_party/,toml_parser.o toml_scanner.o)
OBJECTS := $(SOURCES:%.c=$(OBJ)/%.o) $(GENERATED_SOURCES:$(GENERATED)/%.c=$(OBJ)/generated/%.o) \
           $(THIRD_PARTY_OBJECTS)
PARTS := $(filter-out $(OBJ)/analyzer/cli/main.o,$(OBJECTS))
UNITS := $(patsubst tests/%.c,$(UNIT_DIR)/%,$(sort $(wildcard tests/unit_*.c)))
BENCHES := $(patsubst tests/%.c,$(UNIT_DIR)/%,$(sort $(wildcard tests/bench/*.c)))

.PHONY: all release test-release run test test-units format-check setup-ci measure-gc gc-example gc-example-bless bench bench-scale bench-instructions truth precision compare history bless docs new-rule lint install uninstall clean distclean setup help units
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BIN)

help:
	@echo 'make [all]        build $(BIN)'
	@echo 'make release      the same, faster: build/release/cyclint; takes minutes'
	@echo 'make run          build it and look at packages of this Python; or ARGS=…'
	@echo 'make test         everything that can be tested here; or ONLY=name'
	@echo 'make bench        speed beside other tools, as ratios; bench-scale: against size and threads;'
	@echo '                  bench-instructions: exactly, under valgrind'
	@echo 'make docs         the table of rules in the README'
	@echo 'make truth        the cycles found, against those that CPython finds; takes a quarter of an hour'
	@echo 'make precision    what the rules find in fifty packages, and how much of a sample is right'
	@echo 'make history      what is said of bugs that were mended, before and after'
	@echo 'make measure-gc   collections that are timed here, against what the collector model tells'
	@echo 'make gc-example   a cycle a request: predicted, measured, mended, measured again'
	@echo 'make bless        write the snapshots anew'
	@echo 'make new-rule NAME=some-name CODE=W9199'
	@echo 'make lint         formatting, and a build where warnings are errors'
	@echo 'make install      into PREFIX=$(PREFIX), under DESTDIR'
	@echo 'make setup        install what the build needs (Debian)'
	@echo 'make clean        remove build/; distclean also removes node_modules/'

$(BIN): $(OBJECTS)
	@mkdir -p $(@D)
	@echo '  LINK $@'
	$(Q)$(CC) $(LDFLAGS_COMMON) -o $@ $(OBJECTS) $(LIBRARIES)

# --- The optimized build: one that counts how often each line runs, a run of it over the fixtures and
# over the standard library of this machine's Python, and one that knows those counts.  gcc finds the
# counts by the names of the objects, so both builds have the same folder of objects. ---

RELEASE_OBJ := build/obj/release
RELEASE_INPUTS = $(shell find analyzer rules queries -type f) $(EXAMPLES) Makefile package-lock.json
TRAINING = --isolated --exit-zero -j1 --output=/dev/null fixtures '$(STANDARD_LIBRARY)'
COUNTING = -O2 -fprofile-generate
COUNTED = -O2 -g -flto=auto -fprofile-use -fprofile-partial-training -Wno-missing-profile

release: $(RELEASE_OBJ)/built

$(RELEASE_OBJ)/trained: $(RELEASE_INPUTS)
	@rm -rf $(RELEASE_OBJ)
	$(Q)$(MAKE) --no-print-directory OBJ=$(RELEASE_OBJ) OUT=build/training OPTIMIZE='$(COUNTING)' all
	@echo '  RUN  build/training/cyclint'
	$(Q)build/training/cyclint --no-cache $(TRAINING)
	$(Q)build/training/cyclint --cache-dir=build/training/cache $(TRAINING)
	@find $(RELEASE_OBJ) -name '*.o' -delete
	@rm -rf build/training
	@touch $@

$(RELEASE_OBJ)/built: $(RELEASE_OBJ)/trained
	$(Q)$(MAKE) --no-print-directory OBJ=$(RELEASE_OBJ) OUT=build/release OPTIMIZE='$(COUNTED)' all
	@touch $@

# That it says what the plain build says.
test-release: release $(BIN)
	python3 tests/bench/same_release.py

$(FETCHED): package.json package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing: install it, or run `make setup`' >&2; exit 1; }
	@echo '  NPM  ci'
	$(Q)npm ci --silent --no-audit --no-fund
	@touch $@

# The dependency files name sources that are not there before they are fetched.
node_modules/tree-sitter%: | $(FETCHED) ;
node_modules/@tree-sitter-grammars/%: | $(FETCHED) ;

# --- Generated sources.  The host programs run while building, whatever CC makes. ---

$(GENERATED)/grammar_names: analyzer/generate/grammar_names.c $(FETCHED)
	@mkdir -p $(@D)
	@echo '  HOST $@'
	$(Q)$(HOSTCC) -std=c17 -O1 -D_GNU_SOURCE -w -I$(CORE)/include -I$(CORE)/src -o $@ $< \
	    $(CORE)/src/lib.c $(PYTHON)/parser.c $(PYTHON)/scanner.c

$(GENERATED)/syntax/grammar.h $(GENERATED)/syntax/grammar.c &: $(GENERATED)/grammar_names
	@mkdir -p $(@D)
	@echo '  MAKE $(GENERATED)/syntax/grammar.h'
	$(Q)$< header >$(GENERATED)/syntax/grammar.h
	$(Q)$< source >$(GENERATED)/syntax/grammar.c

# The tables of the LR driver.
$(GENERATED)/lr_tables: analyzer/generate/lr_tables.c $(FETCHED)
	@mkdir -p $(@D)
	@echo '  HOST $@'
	$(Q)$(HOSTCC) -std=c17 -O1 -D_GNU_SOURCE -w -Inode_modules/tree-sitter-python -I$(CORE)/include -o $@ $< \
	    $(PYTHON)/scanner.c

$(GENERATED)/syntax/lr_sizes.h $(GENERATED)/syntax/lr_tables.c &: $(GENERATED)/lr_tables
	@mkdir -p $(@D)
	@echo '  MAKE $(GENERATED)/syntax/lr_tables.c'
	$(Q)$< header >$(GENERATED)/syntax/lr_sizes.h
	$(Q)$< source >$(GENERATED)/syntax/lr_tables.c

$(GENERATED)/grammar_children: analyzer/generate/grammar_children.c $(GENERATED)/syntax/grammar.c
	@echo '  HOST $@'
	$(Q)$(HOSTCC) -std=c17 -O1 -D_GNU_SOURCE -w -Ianalyzer -I$(GENERATED) -o $@ $^ -lcjson

$(GENERATED)/syntax/grammar_children.c: $(GENERATED)/grammar_children
	@echo '  MAKE $@'
	$(Q)$< $(PYTHON)/node-types.json >$@

RULE_INPUTS := $(sort $(wildcard rules/*.c queries/*.scm))

# Rewritten also when a file went away, hence the list of inputs in a file of its own.
$(GENERATED)/rule_inputs: FORCE
	@mkdir -p $(@D)
	@echo '$(RULE_INPUTS)' | cmp -s - $@ || echo '$(RULE_INPUTS)' >$@
.PHONY: FORCE
FORCE:

$(GENERATED)/rules_built_in.c: analyzer/generate/rules_built_in.sh $(GENERATED)/rule_inputs $(RULE_INPUTS)
	@echo '  MAKE $@'
	$(Q)sh analyzer/generate/rules_built_in.sh $(filter rules/%.c,$(RULE_INPUTS)) >$@

EXAMPLES := $(sort $(wildcard fixtures/*/bad.py fixtures/*/good.py))

$(GENERATED)/example_inputs: FORCE
	@mkdir -p $(@D)
	@echo '$(EXAMPLES)' | cmp -s - $@ || echo '$(EXAMPLES)' >$@

$(GENERATED)/examples.c: analyzer/generate/examples.sh $(GENERATED)/example_inputs $(EXAMPLES)
	@echo '  MAKE $@'
	$(Q)sh analyzer/generate/examples.sh $(EXAMPLES) >$@

$(GENERATED)/gc_%.c: analyzer/cli/gc_%.py analyzer/generate/text.sh
	@echo '  MAKE $@'
	$(Q)sh analyzer/generate/text.sh $< gc_$* cli/gc_probe.h >$@

# --- Objects. ---

$(OBJ)/%.o: %.c | $(GENERATED)/syntax/grammar.h $(GENERATED)/syntax/lr_sizes.h
	@mkdir -p $(@D)
	@echo '  CC   $<'
	$(Q)$(CC) $(CFLAGS_OURS) -c -o $@ $<

# Only the syntax layer sees tree-sitter.
$(OBJ)/analyzer/syntax/%.o: CFLAGS_OURS += -isystem $(CORE)/include -isystem $(CORE)/src

# These include third-party sources, changed by macros.
$(OBJ)/analyzer/syntax/runtime.o $(OBJ)/analyzer/syntax/lr_lexer.o: \
    $(OBJ)/%.o: %.c $(FETCHED) | $(GENERATED)/syntax/grammar.h
	@mkdir -p $(@D)
	@echo '  CC   $<'
	$(Q)$(CC) $(CFLAGS_THEIRS) -Ianalyzer -Inode_modules/tree-sitter-python -c -o $@ $<

$(OBJ)/generated/%.o: $(GENERATED)/%.c
	@mkdir -p $(@D)
	@echo '  CC   $<'
	$(Q)$(CC) $(CFLAGS_OURS) -c -o $@ $<

$(OBJ)/generated/syntax/grammar.o: $(GENERATED)/syntax/grammar.c $(GENERATED)/syntax/grammar.h

$(THIRD_PARTY_OBJECTS): $(FETCHED)
	@mkdir -p $(@D)
	@echo '  CC   $(THIRD_PARTY_SOURCE)'
	$(Q)$(CC) $(CFLAGS_THEIRS) -c -o $@ $(THIRD_PARTY_SOURCE)

$(OBJ)/third_party/toml_parser.o: THIRD_PARTY_SOURCE = $(TOML)/parser.c
$(OBJ)/third_party/toml_scanner.o: THIRD_PARTY_SOURCE = $(TOML)/scanner.c

# An unchanged tree-sitter to compare with; a library of its own, for both have the same names.
STOCK := $(OBJ)/libstock.so

$(STOCK): $(FETCHED)
	@mkdir -p $(@D)
	@echo '  LINK $@'
	$(Q)$(CC) -std=c17 -O2 -w -fPIC -shared -D_GNU_SOURCE -Wl,-Bsymbolic -I$(CORE)/include \
	    -I$(CORE)/src -o $@ $(CORE)/src/lib.c $(PYTHON)/parser.c $(PYTHON)/scanner.c

WITH_STOCK := $(UNIT_DIR)/unit_tree $(UNIT_DIR)/bench/parse $(UNIT_DIR)/bench/parse_only
$(WITH_STOCK): CFLAGS_OURS += -Itests -DSTOCK_LIBRARY='"$(abspath $(STOCK))"'
$(WITH_STOCK): $(STOCK)

units: $(UNITS) $(BENCHES)

# A test is linked with what it needs of the program.
$(OBJ)/parts.a: $(PARTS)
	@rm -f $@
	@$(AR) rc $@ $(PARTS)

$(UNIT_DIR)/%: tests/%.c tests/unit.h $(OBJ)/parts.a
	@mkdir -p $(@D)
	@echo '  UNIT $@'
	$(Q)$(CC) $(CFLAGS_OURS) -isystem $(CORE)/include $(LDFLAGS_COMMON) -o $@ $< $(OBJ)/parts.a $(LIBRARIES)

# --- What a person asks for. ---

# What `make run` looks at unless told otherwise: packages of this machine's own Python, real code that a
# screen or two of findings can show.
STANDARD_LIBRARY = $(shell python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
ARGS = --exit-zero --output-format=colorized --color=never $(addprefix $(STANDARD_LIBRARY)/,argparse.py concurrent \
       logging json http xml socketserver.py)

run:
	@$(MAKE) --no-print-directory setup
	@$(MAKE) --no-print-directory $(BIN)
	$(BIN) $(ARGS)

# ONLY='fixtures unit_arena' runs the test programs whose names contain one of these words.
test:
	@$(MAKE) --no-print-directory setup
	@$(MAKE) --no-print-directory $(BIN) units
	@CYCLINT=$(BIN) UNITS='$(UNITS)' PROGRAMS=$(UNIT_DIR)/bench python3 tests/run.py $(ONLY)

test-units: $(UNITS)
	@UNITS='$(UNITS)' python3 tests/run.py unit_

BENCH = CYCLINT=$(BIN) PROGRAMS=$(UNIT_DIR)/bench python3 tests/bench

# --write (ARGS=--write) puts what is measured into the README.
bench bench-scale bench-instructions: ARGS =
bench: $(BIN) $(BENCHES)
	@$(UNIT_DIR)/bench/parse
	@$(BENCH)/bench.py $(ARGS)

bench-scale: $(BIN) $(BENCHES)
	@$(BENCH)/scale.py $(ARGS)

bench-instructions: $(BIN) $(BENCHES)
	@$(BENCH)/instructions.py $(ARGS)

# Runs real programs under CPython's collector and says which of the cycles it finds cyclint reports.
truth: $(BIN)
	python3 tests/truth/truth.py

# Analyses releases before and after a fix and writes tests/history/README.md.
history: $(BIN)
	CYCLINT=$(BIN) python3 tests/history/history.py

# Analyses well-known packages and writes tests/precision/README.md from the verdicts kept beside it.
precision: $(BIN)
	CYCLINT=$(BIN) python3 tests/precision/precision.py

# Beside pylint and ruff, on the same code: minutes.
compare: $(BIN)
	CYCLINT=$(BIN) python3 tests/precision/compare.py

bless: $(BIN)
	CYCLINT=$(BIN) python3 tests/fixtures.py --bless $(ONLY)
	CYCLINT=$(BIN) python3 tests/test_readme.py --bless >/dev/null

# The README's table of rules, and what its commands print.
docs: $(BIN)
	CYCLINT=$(BIN) python3 tests/test_readme.py --bless >/dev/null

# How many times that are measured here lie in the ranges the collector model tells.
measure-gc: $(BIN)
	CYCLINT=$(BIN) python3 tests/measure_gc_ranges.py

# A program with a cycle a request: predicted, measured, mended, measured again; gc-example-bless writes it
# into the README.
gc-example gc-example-bless: $(BIN)
	@CYCLINT=$(BIN) python3 tests/gc/example.py $(if $(filter %-bless,$@),--bless)

new-rule:
	@sh analyzer/generate/new_rule.sh '$(NAME)' '$(CODE)'

OUR_FILES = $(shell find analyzer rules tests -name '*.[ch]')

format-check:
	$(Q)clang-format --dry-run -Werror $(OUR_FILES)

lint: format-check
	$(MAKE) WERROR=1 OUT=build/werror OBJ=build/obj/werror all
	$(MAKE) WERROR=1 CC=clang all

# Installs what `make` built; `make release install BIN=build/release/cyclint` the optimized program: it
# takes minutes to build, and who wants it says so.
# The manual page and the completions come from the program's own table of options.
SHARE = $(DESTDIR)$(PREFIX)/share
INSTALLED = $(SHARE)/man/man1/cyclint.1 $(SHARE)/bash-completion/completions/cyclint \
            $(SHARE)/zsh/site-functions/_cyclint $(SHARE)/fish/vendor_completions.d/cyclint.fish

install: $(BIN)
	install -D -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/cyclint
	install -d $(sort $(dir $(INSTALLED)))
	$(BIN) --generate-man >$(word 1,$(INSTALLED))
	$(BIN) --generate-completion bash >$(word 2,$(INSTALLED))
	$(BIN) --generate-completion zsh >$(word 3,$(INSTALLED))
	$(BIN) --generate-completion fish >$(word 4,$(INSTALLED))
	chmod 644 $(INSTALLED)

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/cyclint $(INSTALLED)

clean:
	rm -rf build

distclean: clean
	rm -rf node_modules

SETUP_PACKAGES = gcc libc6-dev make git libsqlite3-dev libxxhash-dev libpcre2-dev libcjson-dev nodejs npm \
                 python3 python3-venv

setup:
	@sh analyzer/generate/setup.sh $(SETUP_PACKAGES)

setup-ci:
	@sh analyzer/generate/setup.sh $(SETUP_PACKAGES) clang clang-format git ninja-build

-include $(OBJECTS:.o=.d) $(UNITS:=.d) $(BENCHES:=.d)
