# Makefile - builds and proves Treeshrew; written by hand, not recursive for building.
#
#   make                all programs, into build/
#   make check          everything that proves them; needs no network; last line N passed, N failed
#   make asan           the whole of check under AddressSanitizer and UBSan
#   make tsan           unit tests, serving, lab and warm under ThreadSanitizer
#   make demo           a small internet of real name servers with shrewd in front of it
#   make attacks        what attacks on validation cost, beside unbound: CPU time and packets
#   make run            shrewd against the real internet, without a config
#   make bench          shrewd beside every other resolver found here; 40 minutes, QUICK=1 five
#   make fuzz           every fuzz driver with libFuzzer, FUZZ_SECONDS each (clang)
#   make planted        each check of the validator left out in turn: which test notices (slow)
#   make architecture   draws the floors of the house from the includes; fails on a wrong arrow
#   make install DESTDIR= prefix=/usr/local (sysconfdir= localstatedir= INIT="systemd openrc" ...)
#   make uninstall      with the same words; a configuration that was changed stays
#   make clean
#
# A goal that people type (check, demo, ...) first looks for what the machine lacks and then calls
# make again with the inner goal (check-inner, ...): only the second call reads build/config.mk.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

# B is where objects and programs go; the configuration always lies in build/.
B ?= build
FUZZ_SECONDS ?= 60
FUZZ_CC ?= clang
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
PACKAGES = contrib/packages.sh

# The inner call uses all processors unless the caller said how many.
INNER = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))
JOBS := $(or $(JOBS),$(shell getconf _NPROCESSORS_ONLN 2>/dev/null),1)

OUTER = check asan tsan demo attacks run bench fuzz planted architecture clean help
INNER_GOALS = $(filter-out $(OUTER),$(or $(MAKECMDGOALS),all))

.PHONY: all $(OUTER) install uninstall installed FORCE check-inner demo-inner attacks-inner run-inner bench-inner fuzz-inner planted-inner
all:

# ---- goals that people type -------------------------------------------------------------------

check:
	@$(PACKAGES) build check
	@$(PACKAGES) signers || echo "(without them the labs of signed zones are left out)"
	@$(PACKAGES) judges || echo "(without them some tests of what is installed are left out)"
	@testcode/warned.sh $(B)
	@$(INNER) check-inner B=$(B) WERROR=-Werror

asan:
	@$(PACKAGES) build check
	@$(PACKAGES) signers || echo "(without them the labs of signed zones are left out)"
	@ASAN_OPTIONS=$${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=0} \
	 UBSAN_OPTIONS=$${UBSAN_OPTIONS:-print_stacktrace=1} \
	 $(INNER) check-inner B=build/asan WERROR=-Werror \
	 CFLAGS="-O1 -g $(SANITIZE)" LDFLAGS="$(SANITIZE)"

tsan:
	@$(PACKAGES) build check
	@SHREW_GROUPS="$${SHREW_GROUPS:-unit serving lab warm}" $(INNER) check-inner B=build/tsan WERROR=-Werror \
	 CFLAGS="-O1 -g -fsanitize=thread" LDFLAGS="-fsanitize=thread"

demo:
	@$(PACKAGES) build demo
	@$(INNER) -s demo-inner B=$(B)

attacks:
	@$(PACKAGES) build attacks
	@$(INNER) -s attacks-inner B=$(B)

run:
	@$(PACKAGES) build
	@$(INNER) -s run-inner B=$(B)

bench:
	@$(PACKAGES) build bench
	@$(INNER) -s bench-inner B=$(B)

fuzz:
	@$(PACKAGES) build fuzz
	@$(INNER) fuzz-inner B=build/fuzzing CC=$(FUZZ_CC) \
	 CFLAGS="-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all" \
	 LDFLAGS="-fsanitize=fuzzer-no-link,address,undefined"

planted:
	@$(PACKAGES) build check
	@$(INNER) planted-inner B=$(B)

architecture:
	@testcode/architecture

clean:
	rm -rf build

help:
	@sed -n '2,/^$$/s/^# \{0,1\}//p' Makefile

ifneq ($(INNER_GOALS),)

# ---- configuration ----------------------------------------------------------------------------

include build/config.mk

build/configure: configure.ac
	@mkdir -p build
	cd build && autoconf -o configure ../configure.ac && autoheader ../configure.ac
# What configure is told, as in `make CONFIGURE=--enable-dnstap`; it holds until it is told something else.
ifdef CONFIGURE
build/configure.words: FORCE
	@mkdir -p build
	@echo '$(CONFIGURE)' | cmp -s - $@ || echo '$(CONFIGURE)' > $@
build/config.mk: build/configure.words
endif
build/config.mk: build/configure
	cd build && ./configure -q `cat configure.words 2>/dev/null` && touch config.mk

# ---- sources ----------------------------------------------------------------------------------

# Folders by floor. A file belongs to what its folder is; nothing is listed by name but the programs.
LIB_DIRS = util util/wire util/conf services services/cache services/query services/upstream \
           services/client iterator validator dns64 lib
NET_DIRS = services/net
PROGRAMS = $(patsubst %.c,$(B)/%,$(notdir $(wildcard daemon/shrewd.c tools/shrewctl.c tools/shrew-*.c \
           testcode/replay.c testcode/swarm.c)))
MAINS = daemon/shrewd.c tools/shrew%.c testcode/replay.c testcode/swarm.c testcode/fuzz_main.c

sources = $(filter-out %_test.c %_fuzz.c $(MAINS),$(foreach dir,$(1),$(wildcard $(dir)/*.c)))
objects = $(patsubst %.c,$(B)/obj/%.o,$(1))

LIB_OBJ = $(call objects,$(call sources,$(LIB_DIRS)))
NET_OBJ = $(call objects,$(call sources,$(NET_DIRS)))
DAEMON_OBJ = $(call objects,$(call sources,daemon))
TOOLS_OBJ = $(call objects,$(call sources,tools))
TESTCODE_OBJ = $(call objects,$(call sources,testcode))

ALL_DIRS = $(LIB_DIRS) $(NET_DIRS) daemon tools testcode
TESTS = $(foreach dir,$(ALL_DIRS),$(wildcard $(dir)/*_test.c))
FUZZERS = $(foreach dir,$(ALL_DIRS),$(wildcard $(dir)/*_fuzz.c))
TEST_PROGRAMS = $(patsubst %.c,$(B)/test/%,$(notdir $(TESTS)))
FUZZ_REPLAYS = $(patsubst %.c,$(B)/replay-fuzz/%,$(notdir $(FUZZERS)))
FUZZ_PROGRAMS = $(patsubst %.c,$(B)/fuzz/%,$(notdir $(FUZZERS)))

# ---- compiling --------------------------------------------------------------------------------

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
           -Wconversion -Wno-sign-conversion
CPPFLAGS_ALL = -I. -Ibuild -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE $(CRYPTO_CFLAGS) \
               $(SSL_CFLAGS) $(YAML_CFLAGS) $(EXPAT_CFLAGS) $(EVENT_CFLAGS) $(CMOCKA_CFLAGS) \
               $(FSTRM_CFLAGS) $(CPPFLAGS)
COMPILE = $(CC) -std=c11 $(WARNINGS) $(WERROR) $(CPPFLAGS_ALL) $(CFLAGS) -pthread
LINK = $(CC) $(CFLAGS) $(LDFLAGS) -pthread
LIBS_CORE = $(B)/libshrew.a $(CRYPTO_LIBS) $(YAML_LIBS) $(SYSTEM_LIBS)

COMPLETIONS = $(B)/shrewctl.bash $(B)/shrewctl.zsh $(B)/shrewctl.fish
DOCUMENTS = $(B)/shrewd.yaml.5 $(B)/shrewctl.8 $(B)/shrewd.schema.json $(B)/starter.yaml $(COMPLETIONS)
all: $(PROGRAMS) $(B)/libshrew.a $(DOCUMENTS)

# Other flags than last time mean other objects: everything is built anew.
$(B)/flags: FORCE
	@mkdir -p $(B)
	@echo '$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)' | cmp -s - $@ || \
	 echo '$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)' > $@
FORCE:

# A file that compiled with warnings leaves FILE.o.warned behind; `make check` compiles it again
# with -Werror, so that an earlier plain `make` hides nothing.
$(B)/obj/%.o: %.c $(B)/flags build/config.mk
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(COMPILE) -MMD -MP -c -o $@ $< 2>$@.warned; status=$$?; cat $@.warned >&2; \
	 [ -s $@.warned ] || rm -f $@.warned; exit $$status

$(B)/libshrew.a: $(LIB_OBJ)
	@echo "  AR    $@"
	@rm -f $@
	@$(AR) rcs $@ $^

$(B)/libnet.a: $(NET_OBJ)
	@rm -f $@
	@$(AR) rcs $@ $^
$(B)/libdaemon.a: $(DAEMON_OBJ)
	@rm -f $@
	@$(AR) rcs $@ $^
$(B)/libtools.a: $(TOOLS_OBJ)
	@rm -f $@
	@$(AR) rcs $@ $^
$(B)/libtestcode.a: $(TESTCODE_OBJ)
	@rm -f $@
	@$(AR) rcs $@ $^

$(B)/shrewd: $(B)/obj/daemon/shrewd.o $(B)/libdaemon.a $(B)/libnet.a $(B)/libshrew.a
	@echo "  LINK  $@"
	@$(LINK) -o $@ $(filter-out %libshrew.a,$^) $(B)/libshrew.a $(EVENT_LIBS) $(SSL_LIBS) $(FSTRM_LIBS) $(LIBS_CORE)
$(B)/replay $(B)/swarm: $(B)/%: $(B)/obj/testcode/%.o $(B)/libtestcode.a $(B)/libshrew.a
	@echo "  LINK  $@"
	@$(LINK) -o $@ $< $(B)/libtestcode.a $(LIBS_CORE)
# The simulator lets memory run out: its malloc goes through testcode/sim_memory.c where the linker
# can do that.
ifneq ($(filter Linux FreeBSD OpenBSD NetBSD DragonFly,$(shell uname)),)
$(B)/swarm: LINK += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
$(B)/obj/testcode/sim_memory.o: CPPFLAGS_ALL += -DSIM_WRAPS_MALLOC
endif
$(B)/shrewctl $(filter $(B)/shrew-%,$(PROGRAMS)): $(B)/%: $(B)/obj/tools/%.o $(B)/libtools.a \
                                                  $(B)/libshrew.a
	@echo "  LINK  $@"
	@$(LINK) -o $@ $< $(B)/libtools.a $(LIBS_CORE) $(SSL_LIBS) $(EXPAT_LIBS)

# The options and commands in the manuals, and the schema for editors, come out of their tables.
$(B)/options.man: $(B)/shrew-checkconf
	@$< --man > $@
$(B)/shrewd.yaml.5: doc/shrewd.yaml.5.in $(B)/options.man
	@echo "  MAN   $@"
	@sed -e '/^@OPTIONS@$$/{' -e 'r $(B)/options.man' -e 'd' -e '}' $< > $@
$(B)/commands.man: $(B)/shrewctl
	@$< --man > $@
$(B)/shrewctl.8: doc/shrewctl.8.in $(B)/commands.man
	@echo "  MAN   $@"
	@sed -e '/^@COMMANDS@$$/{' -e 'r $(B)/commands.man' -e 'd' -e '}' $< > $@
$(B)/shrewd.schema.json: $(B)/shrew-checkconf
	@$< --schema > $@
$(B)/starter.yaml: $(B)/shrew-checkconf
	@$< --starter > $@
$(COMPLETIONS): $(B)/shrewctl.%: $(B)/shrewctl
	@$< --completion $* > $@

# ---- tests and fuzz drivers ---------------------------------------------------------------------

# $(1): the test's source. What a test is linked with follows from its floor.
define test_program
$(B)/test/$(basename $(notdir $(1))): $(B)/obj/$(1:.c=.o) $(B)/libshrew.a $(call test_extra,$(1))
	@mkdir -p $$(@D)
	@echo "  LINK  $$@"
	@$(LINK) -o $$@ $$< $(call test_extra,$(1)) $(LIBS_CORE) $(call test_libs,$(1)) $(CMOCKA_LIBS)
endef
test_extra = $(if $(filter services/net/%,$(1)),$(B)/libnet.a) \
             $(if $(filter daemon/%,$(1)),$(B)/libdaemon.a $(B)/libnet.a) \
             $(if $(filter tools/%,$(1)),$(B)/libtools.a) \
             $(if $(filter testcode/% iterator/% services/client/% services/query/% lib/%,$(1)),$(B)/libtestcode.a)
test_libs = $(if $(filter services/net/% daemon/%,$(1)),$(EVENT_LIBS) $(SSL_LIBS) $(FSTRM_LIBS) $(LIBS_CORE)) \
            $(if $(filter tools/%,$(1)),$(SSL_LIBS) $(EXPAT_LIBS) $(LIBS_CORE))
$(foreach test,$(TESTS),$(eval $(call test_program,$(test))))

# The same driver twice: with libFuzzer (make fuzz), and with a small main that plays the corpus.
define fuzz_program
$(B)/fuzz/$(basename $(notdir $(1))): $(B)/obj/$(1:.c=.o) $(B)/libshrew.a $(call test_extra,$(1))
	@mkdir -p $$(@D)
	@echo "  LINK  $$@"
	@$(LINK) -fsanitize=fuzzer -o $$@ $$< $(call test_extra,$(1)) $(LIBS_CORE) $(call test_libs,$(1))
$(B)/replay-fuzz/$(basename $(notdir $(1))): $(B)/obj/$(1:.c=.o) $(B)/obj/testcode/fuzz_main.o \
                                             $(B)/libshrew.a $(call test_extra,$(1))
	@mkdir -p $$(@D)
	@echo "  LINK  $$@"
	@$(LINK) -o $$@ $$< $(B)/obj/testcode/fuzz_main.o $(call test_extra,$(1)) $(LIBS_CORE) \
	 $(call test_libs,$(1))
endef
$(foreach fuzzer,$(FUZZERS),$(eval $(call fuzz_program,$(fuzzer))))

check-inner: $(PROGRAMS) $(TEST_PROGRAMS) $(FUZZ_REPLAYS)
	@testcode/check $(B)

demo-inner: $(B)/shrewd
	@testcode/demo $(B)

attacks-inner: $(B)/shrewd
	@testcode/attacks/measure $(B)

run-inner: $(B)/shrewd
	@$(B)/shrewd -d

bench-inner: $(B)/shrewd
	@testcode/bench/bench $(B) $(if $(QUICK),--quick)

fuzz-inner: $(FUZZ_PROGRAMS)
	@testcode/fuzz.sh $(B) $(FUZZ_SECONDS)

planted-inner: $(PROGRAMS)
	@testcode/planted_validator $(B)

include contrib/install.mk

-include $(shell [ -d $(B)/obj ] && find $(B)/obj -name '*.d')

endif
