# holomamba: a recommender inside PostgreSQL
#
#   make          build the extension               make install       into the server pg_config names
#   make demo     watch it work                     make check         every test, on a throw-away server
#   make format   clang-format                      make installcheck  SQL tests against a running server
#                                                   make check-long    every suite that takes minutes to hours

EXTENSION  = holomamba
EXTVERSION = $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" holomamba.control)
PG_CONFIG ?= pg_config
PGXS      := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
GOALS     := $(or $(MAKECMDGOALS),all)

# `make demo`, `make check` and the long suites install what is missing, so they must run before there is a pg_config.
SELF_SUFFICIENT = demo check deps format check-%
ifneq ($(filter-out $(SELF_SUFFICIENT),$(GOALS)),)
ifeq ($(wildcard $(PGXS)),)
$(error PostgreSQL's build files are missing: install postgresql-server-dev-15, run "make deps", or set PG_CONFIG)
endif
endif

# ---------------------------------------------------------------------------------------------------------------------
# The core: plain C++20, no server header, one static library.

CORE_DIRS   = base kernels hrr ranking model training
CORE_SRCS   = $(filter-out src/kernels/variant.cpp,$(wildcard $(CORE_DIRS:%=src/%/*.cpp)))
CORE_OBJS   = $(CORE_SRCS:src/%.cpp=build/%.o)
EIGEN_FLAGS = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags eigen3 2>/dev/null))
WARNINGS    = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wno-psabi $(WERROR)
# Reductions may be reordered so that they vectorise; NaN and infinity keep their meaning.
FLOAT_FLAGS = -fno-math-errno -fno-trapping-math -ffp-contract=fast
# Lines, which is what a backtrace needs: all that a debugger can ask for (DEBUG=-g) takes a third longer to compile.
DEBUG       = -g1
CORE_FLAGS  = -std=c++20 -O3 $(DEBUG) -fPIC -fvisibility=hidden -DNDEBUG $(FLOAT_FLAGS) $(WARNINGS) $(SANITIZER) -Isrc $(EIGEN_FLAGS)
CORE_LIB    = build/libholomamba.a
# Of test/long/ubsan.sh, in a tree of its own: what makes of every undefined operation a line in the server's log.
ifeq ($(SANITIZE),undefined)
SANITIZER   = -O1 -fsanitize=undefined -fno-sanitize=vptr
endif

# Kernels are compiled once for each instruction set and chosen when the library is loaded (src/kernels/dispatch.cpp).
VARIANTS       = default
FLAGS_default  =
ifeq ($(shell uname -m),x86_64)
VARIANTS      += avx2 avx512
FLAGS_avx2     = -march=x86-64-v3
# gcc 12 takes its own AVX-512 headers for uninitialised reads.
FLAGS_avx512   = -march=x86-64-v4 -mprefer-vector-width=512 -Wno-maybe-uninitialized
endif
KERNEL_OBJS    = $(VARIANTS:%=build/kernels/variant_%.o)

all: $(CORE_LIB)

# Headers that nearly every file needs, compiled once. Where its flags are others than those that it was compiled with, the compiler
# reads build/%.hpp instead. ccache would give back one of headers that had other comments, for which "#pragma once" fails.
build/core.hpp:   src/base/standard.hpp
build/server.hpp: src/postgres/server/standard.hpp
build/core.hpp build/server.hpp:
	@mkdir -p $(@D)
	echo '#include "$(<:src/%=%)"' > $@

build/core.hpp.gch: build/core.hpp
	CCACHE_DISABLE=1 $(CXX) $(CORE_FLAGS) -MMD -MP -MF build/core.hpp.d -MT $@ -x c++-header -o $@ $<

build/%.o: src/%.cpp build/core.hpp.gch
	@mkdir -p $(@D)
	$(CXX) $(CORE_FLAGS) -include build/core.hpp -MMD -MP -c -o $@ $<

# Inline functions and templates compiled for a new instruction set must never be picked for an old processor, so
# everything in a variant but its one table of functions is made local to it.
$(KERNEL_OBJS): build/kernels/variant_%.o: src/kernels/variant.cpp
	@mkdir -p $(@D)
	$(CXX) $(CORE_FLAGS) $(FLAGS_$*) -fno-gnu-unique -DHOLOMAMBA_VARIANT=$* -MMD -MP -MT $@ -MF build/kernels/variant_$*.d -c -o $@.all $<
	ld -r --force-group-allocation -o $@.one $@.all
	objcopy --keep-global-symbol=holomamba_kernels_$* $@.one $@
	@rm -f $@.all $@.one

build/kernels/dispatch.o: CORE_FLAGS += $(VARIANTS:%=-DHOLOMAMBA_HAS_%)

$(CORE_LIB): $(CORE_OBJS) $(KERNEL_OBJS)
	@rm -f $@
	$(AR) rcs $@ $^

-include $(CORE_OBJS:.o=.d) $(KERNEL_OBJS:.o=.d) build/core.hpp.d

# ---------------------------------------------------------------------------------------------------------------------
# The extension: src/postgres, linked with the core.

ifneq ($(filter-out $(SELF_SUFFICIENT),$(GOALS)),)
MODULE_big  = $(EXTENSION)
OBJS        = $(patsubst %.cpp,%.o,$(sort $(wildcard src/postgres/*.cpp src/postgres/*/*.cpp)))
# In the order in which they are joined.
SQL_PARTS   = $(wildcard sql/[0-9]*.sql)
DATA        = $(wildcard extension/*.sql)
DATA_built  = build/$(EXTENSION)--$(EXTVERSION).sql
# The variables below are PGXS's own.
PG_CPPFLAGS = -Isrc -isystem $(shell $(PG_CONFIG) --includedir-server)
PG_CXXFLAGS = -MMD -MP -include build/server.hpp -std=c++20 -O2 $(DEBUG) -fvisibility=hidden -Wextra -Wno-register -Wno-unused-parameter -Wno-psabi $(WERROR) $(SANITIZER)
SHLIB_LINK  = $(CORE_LIB) -lfftw3f -lstdc++ -lm -lpthread $(if $(SANITIZER),-lubsan)
EXTRA_CLEAN = build $(OBJS:.o=.d)
# For `make installcheck`.
REGRESS     = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test --load-extension=$(EXTENSION)
override with_llvm = no
include $(PGXS)

$(shlib): $(CORE_LIB)
$(OBJS): build/server.hpp.gch

build/server.hpp.gch: build/server.hpp
	CCACHE_DISABLE=1 $(CXX) $(filter-out -MMD -MP -include build/server.hpp,$(CXXFLAGS)) $(CPPFLAGS) -MMD -MP -MF build/server.hpp.d -MT $@ -x c++-header -o $@ $<

-include $(OBJS:.o=.d) build/server.hpp.d

build/$(EXTENSION)--$(EXTVERSION).sql: $(SQL_PARTS) holomamba.control
	@mkdir -p $(@D)
	{ printf '%s\n' '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit'; cat $(SQL_PARTS); } > $@
endif

# ---------------------------------------------------------------------------------------------------------------------
# Tests

UNIT_OBJS = $(patsubst test/unit/%.cpp,build/unit/%.o,$(wildcard test/unit/*.cpp))

build/unit/%.o: test/unit/%.cpp
	@mkdir -p $(@D)
	$(CXX) $(CORE_FLAGS) -UNDEBUG -DGOLDEN_DIR='"$(CURDIR)/test/golden"' -MMD -MP -c -o $@ $<

build/unit_tests: $(UNIT_OBJS) $(CORE_LIB)
	$(CXX) $(SANITIZER) -o $@ $(UNIT_OBJS) $(CORE_LIB) -lgtest -lgtest_main -lfftw3f -lpthread

-include $(UNIT_OBJS:.o=.d)

unit: build/unit_tests
	build/unit_tests --gtest_brief=1

# The core and its unit tests under sanitizers: `make check-asan`, without optimisation, so that no call is inlined away, and
# `make check-tsan`.
SANITIZED_asan = -O0 -fsanitize=address,undefined -fno-sanitize-recover=all
SANITIZED_tsan = -O1 -fsanitize=thread
define sanitized
FLAGS_OF_$(1) = $$(filter-out -O3 -DNDEBUG,$$(CORE_FLAGS)) -fno-omit-frame-pointer $$(SANITIZED_$(1))

build/$(1)/%.o: src/%.cpp
	@mkdir -p $$(@D)
	$$(CXX) $$(FLAGS_OF_$(1)) $$(if $$(filter %/dispatch.o,$$@),$$(VARIANTS:%=-DHOLOMAMBA_HAS_%)) -MMD -MP -c -o $$@ $$<

$$(VARIANTS:%=build/$(1)/variant_%.o): build/$(1)/variant_%.o: src/kernels/variant.cpp
	@mkdir -p $$(@D)
	$$(CXX) $$(FLAGS_OF_$(1)) $$(FLAGS_$$*) -fno-gnu-unique -DHOLOMAMBA_VARIANT=$$* -MMD -MP -MT $$@ -MF $$(@:.o=.d) -c -o $$@.all $$<
	ld -r --force-group-allocation -o $$@.one $$@.all
	objcopy --keep-global-symbol=holomamba_kernels_$$* $$@.one $$@
	@rm -f $$@.all $$@.one

build/$(1)/unit/%.o: test/unit/%.cpp
	@mkdir -p $$(@D)
	$$(CXX) $$(FLAGS_OF_$(1)) -DGOLDEN_DIR='"$$(CURDIR)/test/golden"' -MMD -MP -c -o $$@ $$<

OBJS_OF_$(1) = $$(CORE_OBJS:build/%=build/$(1)/%) $$(VARIANTS:%=build/$(1)/variant_%.o) $$(UNIT_OBJS:build/%=build/$(1)/%)

build/$(1)/unit_tests: $$(OBJS_OF_$(1))
	$$(CXX) $$(SANITIZED_$(1)) -o $$@ $$^ -lgtest -lgtest_main -lfftw3f -lpthread

-include $$(OBJS_OF_$(1):.o=.d)
endef
$(foreach sanitizer,asan tsan,$(eval $(call sanitized,$(sanitizer))))

# The input functions of src/postgres and what they call, under sanitizers: for fuzzing (test/fuzz/run.sh), with clang, and
# for `make check`, which replays the corpus, with the compiler of the rest. What is not reached is not linked.
FUZZ_SRCS     = $(wildcard src/hrr/*.cpp) $(addprefix src/postgres/,types/hrr_type.cpp types/hrr_cast.cpp state/state.cpp) src/training/checkpoint.cpp $(addprefix test/fuzz/,inputs.cpp server.cpp)
FUZZ_FLAGS    = -std=c++20 -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -Wall -Wextra \
                -Wno-unused-parameter -Wno-register -D_GNU_SOURCE -Isrc -isystem $(shell $(PG_CONFIG) --includedir-server 2>/dev/null)
FUZZ_LIBS     = $(CORE_LIB) -L$(shell $(PG_CONFIG) --pkglibdir 2>/dev/null) -L$(shell $(PG_CONFIG) --libdir 2>/dev/null) \
                -lpgcommon -lpgport -lfftw3f -lpthread -no-pie -Wl,--unresolved-symbols=ignore-all
FUZZ_CXX     ?= clang++-14
REPLAY_OBJS   = $(patsubst %.cpp,build/fuzz/replay_objects/%.o,$(FUZZ_SRCS) test/fuzz/replay.cpp)
LIBFUZZER_OBJS = $(patsubst %.cpp,build/fuzz/libfuzzer_objects/%.o,$(FUZZ_SRCS))

build/fuzz/replay_objects/%.o: %.cpp
	@mkdir -p $(@D)
	$(CXX) $(FUZZ_FLAGS) -MMD -MP -c -o $@ $<

build/fuzz/libfuzzer_objects/%.o: %.cpp
	@mkdir -p $(@D)
	$(FUZZ_CXX) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

build/fuzz/replay: $(REPLAY_OBJS) $(CORE_LIB)
	$(CXX) $(FUZZ_FLAGS) -o $@ $(REPLAY_OBJS) $(FUZZ_LIBS)

build/fuzz/libfuzzer: $(LIBFUZZER_OBJS) $(CORE_LIB)
	$(FUZZ_CXX) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $(LIBFUZZER_OBJS) $(FUZZ_LIBS)

-include $(REPLAY_OBJS:.o=.d) $(LIBFUZZER_OBJS:.o=.d)

# PGXS has a `check` of its own, which only refuses, so these stand apart from it.
ifeq ($(filter-out $(SELF_SUFFICIENT),$(GOALS)),)
deps:
	@test/install_deps.sh

check:
	+@test/check.sh

check-assert:
	+@test/check_assert.sh

check-asan check-tsan: check-%: build/%/unit_tests
	@test/check_sanitized.sh $<

demo:
	+@examples/demo.sh

# The long suites, together and alone (CONTRIBUTING.md).
LONG = $(patsubst test/long/%.sh,%,$(filter-out %/common.sh,$(wildcard test/long/*.sh)))

check-long:
	+@test/check_long.sh

$(LONG:%=check-%): check-%:
	+@test/long/$*.sh

.PHONY: check-long $(LONG:%=check-%)
endif

format:
	test/install_deps.sh format
	find src test/unit test/fuzz bench -name '*.[ch]pp' -exec clang-format -i {} +

.PHONY: all unit deps check check-assert check-asan check-tsan demo format
