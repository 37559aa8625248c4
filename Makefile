# holomamba: a recommender inside PostgreSQL
#
#   make          build the extension               make install       into the server pg_config names
#   make demo     watch it work                     make check         every test, on a throw-away server
#   make demo-shop  in a browser                    make check-shop    a browser clicks through that
#   make format   clang-format                      make installcheck  SQL tests against a running server
#   make dist     an archive of the sources         make check-long    every suite that takes minutes to hours
#   make release  freezes the install script
#
# FFTW=no builds without FFTW, which is under the GPL. `make -f …/Makefile` builds in the folder where it is called. CXX may be a
# compiler for another machine. CXXFLAGS, CPPFLAGS and LDFLAGS, of the environment or of the command line, come after our own flags.

# Where this file lies, as a prefix: nothing in the tree itself.
SRC := $(patsubst ./%,%,$(dir $(lastword $(MAKEFILE_LIST))))
ifneq ($(and $(SRC),$(wildcard $(SRC)build/libholomamba.a)),)
$(error $(SRC) has been built in, and make would take what lies there for new: make -C $(SRC) clean)
endif
OWN_CXXFLAGS := $(if $(filter undefined default,$(origin CXXFLAGS)),,$(CXXFLAGS)) $(if $(filter undefined default,$(origin CPPFLAGS)),,$(CPPFLAGS))
OWN_LDFLAGS  := $(if $(filter undefined default,$(origin LDFLAGS)),,$(LDFLAGS))

EXTENSION  = holomamba
EXTVERSION = $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" $(SRC)holomamba.control)
PG_CONFIG ?= pg_config
PGXS      := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
GOALS     := $(or $(MAKECMDGOALS),all)

# `make demo`, `make check` and the long suites install what is missing, so they must run before there is a pg_config.
SELF_SUFFICIENT = demo demo-shop check deps format dist check-% unit build/unit_tests
ifneq ($(filter-out $(SELF_SUFFICIENT),$(GOALS)),)
ifeq ($(wildcard $(PGXS)),)
$(error PostgreSQL's build files are missing: install postgresql-server-dev-all, run "make deps", or set PG_CONFIG)
endif
endif

# ---------------------------------------------------------------------------------------------------------------------
# The core: plain C++20, no server header, one static library.

CORE_DIRS   = base kernels hrr ranking model training
CORE_SRCS   = $(filter-out %/kernels/variant.cpp %/hrr/transform_$(OTHER_TRANSFORM).cpp,$(sort $(wildcard $(CORE_DIRS:%=$(SRC)src/%/*.cpp))))
CORE_OBJS   = $(CORE_SRCS:$(SRC)src/%.cpp=build/%.o)
EIGEN_FLAGS = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags eigen3 2>/dev/null))
WARNINGS    = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wno-psabi $(WERROR)
# Reductions may be reordered so that they vectorise; NaN and infinity keep their meaning.
FLOAT_FLAGS = -fno-math-errno -fno-trapping-math -ffp-contract=fast
# Fourier transforms: FFTW's, or our own.
FFTW           ?= yes
OTHER_TRANSFORM = $(if $(filter yes,$(FFTW)),plain,fftw)
FFTW_LIBS       = $(if $(filter yes,$(FFTW)),-lfftw3f)
ifeq ($(filter yes no,$(FFTW)),)
$(error FFTW is "$(FFTW)", and can be yes or no)
endif
# Lines, which is what a backtrace needs: all that a debugger can ask for (DEBUG=-g) takes a third longer to compile.
DEBUG       = -g1
# A distribution's -O2 is not meant for loops over vectors.
CORE_FLAGS  = -std=c++20 -O3 $(DEBUG) -fPIC -fvisibility=hidden -DNDEBUG $(FLOAT_FLAGS) $(WARNINGS) $(SANITIZER) -I$(SRC)src $(EIGEN_FLAGS) \
              $(filter-out -O2,$(OWN_CXXFLAGS))
CORE_LIB    = build/libholomamba.a
# Of test/long/ubsan.sh, in a tree of its own: what makes of every undefined operation a line in the server's log.
ifeq ($(SANITIZE),undefined)
SANITIZER   = -O1 -fsanitize=undefined -fno-sanitize=vptr
endif

# Kernels are compiled once for each instruction set and chosen when the library is loaded (src/kernels/dispatch.cpp). What `default`
# is compiled for every processor of the machine has: SSE2, or on 64-bit ARM all of NEON.
TARGET        := $(shell $(CXX) -dumpmachine)
VARIANTS       = default
FLAGS_default  =
ifeq ($(firstword $(subst -, ,$(TARGET))),x86_64)
VARIANTS      += avx2 avx512
FLAGS_avx2     = -march=x86-64-v3
# gcc 12 takes its own AVX-512 headers for uninitialised reads.
FLAGS_avx512   = -march=x86-64-v4 -mprefer-vector-width=512 -Wno-maybe-uninitialized
endif
UNIT_OBJS      = $(patsubst $(SRC)test/unit/%.cpp,build/unit/%.o,$(sort $(wildcard $(SRC)test/unit/*.cpp)))
KERNEL_OBJS    = $(VARIANTS:%=build/kernels/variant_%.o)
# The tools that belong to the compiler. make has names for these two from the start, and PGXS sets them for PostgreSQL's machine.
TARGET_LD      := $(if $(filter undefined default,$(origin LD)),$(shell $(CXX) -print-prog-name=ld),$(LD))
TARGET_AR      := $(if $(filter undefined default,$(origin AR)),$(shell $(CXX) -print-prog-name=ar),$(AR))
OBJCOPY        ?= $(shell $(CXX) -print-prog-name=objcopy)

all: $(CORE_LIB)

# Headers that nearly every file needs, compiled once. Where its flags are others than those that it was compiled with, the compiler
# reads build/%.hpp instead. ccache would give back one of headers that had other comments, for which "#pragma once" fails.
build/core.hpp:   $(SRC)src/base/standard.hpp
build/server.hpp: $(SRC)src/postgres/server/standard.hpp
build/core.hpp build/server.hpp:
	@mkdir -p $(@D)
	echo '#include "$(<:$(SRC)src/%=%)"' > $@

build/core.hpp.gch: build/core.hpp
	CCACHE_DISABLE=1 $(CXX) $(CORE_FLAGS) -MMD -MP -MF build/core.hpp.d -MT $@ -x c++-header -o $@ $<

build/%.o: $(SRC)src/%.cpp build/core.hpp.gch
	@mkdir -p $(@D)
	$(CXX) $(CORE_FLAGS) -include build/core.hpp -MMD -MP -c -o $@ $<

# Inline functions and templates compiled for a new instruction set must never be picked for an old processor, so
# everything in a variant but its one table of functions is made local to it.
$(KERNEL_OBJS): build/kernels/variant_%.o: $(SRC)src/kernels/variant.cpp
	@mkdir -p $(@D)
	$(CXX) $(CORE_FLAGS) $(FLAGS_$*) -fno-gnu-unique -DHOLOMAMBA_VARIANT=$* -MMD -MP -MT $@ -MF build/kernels/variant_$*.d -c -o $@.all $<
	$(TARGET_LD) -r --force-group-allocation -o $@.one $@.all
	$(OBJCOPY) --keep-global-symbol=holomamba_kernels_$* $@.one $@
	@rm -f $@.all $@.one

build/kernels/dispatch.o: CORE_FLAGS += $(VARIANTS:%=-DHOLOMAMBA_HAS_%)

$(CORE_LIB): $(CORE_OBJS) $(KERNEL_OBJS) build/choices
	@rm -f $@
	$(TARGET_AR) rcs $@ $(CORE_OBJS) $(KERNEL_OBJS)

# What is linked, and what is compiled, anew where these change.
CHOSEN = $(if $(filter %/choices,$@),FFTW=$(FFTW),$(TARGET))
build/choices build/target: always
	@mkdir -p $(@D)
	@echo '$(CHOSEN)' | cmp -s - $@ || echo '$(CHOSEN)' > $@
always:
$(KERNEL_OBJS) $(UNIT_OBJS) build/core.hpp.gch build/gtest.o: build/target

-include $(CORE_OBJS:.o=.d) $(KERNEL_OBJS:.o=.d) build/core.hpp.d

# ---------------------------------------------------------------------------------------------------------------------
# The extension: src/postgres, linked with the core.

ifneq ($(filter-out $(SELF_SUFFICIENT),$(GOALS)),)
MODULE_big  = $(EXTENSION)
OBJS        = $(patsubst $(SRC)%.cpp,%.o,$(sort $(wildcard $(SRC)src/postgres/*.cpp $(SRC)src/postgres/*/*.cpp)))
# In the order in which they are joined.
SQL_PARTS   = $(sort $(wildcard $(SRC)sql/[0-9]*.sql))
ifeq ($(SQL_PARTS),)
$(error There is no $(SRC)sql: call make in the source tree, or in a folder of its own with -f and the path of the Makefile)
endif
# PGXS looks for these where the Makefile lies. Of a version that is released, what is joined is what is released.
DATA        = $(patsubst $(SRC)%,%,$(sort $(filter-out %/$(EXTENSION)--$(EXTVERSION).sql,$(wildcard $(SRC)extension/*.sql))))
DATA_built  = build/$(EXTENSION)--$(EXTVERSION).sql
# The variables below are PGXS's own.
PG_CPPFLAGS = -I$(SRC)src -isystem $(shell $(PG_CONFIG) --includedir-server)
PG_CXXFLAGS = -MMD -MP -include build/server.hpp -std=c++20 -O2 $(DEBUG) -fvisibility=hidden -Wextra -Wno-register -Wno-unused-parameter -Wno-psabi $(WERROR) $(SANITIZER) -fno-strict-aliasing -fwrapv $(OWN_CXXFLAGS)
PG_LDFLAGS  = $(OWN_LDFLAGS)
SHLIB_LINK  = $(CORE_LIB) $(FFTW_LIBS) -lstdc++ -lm -lpthread $(if $(SANITIZER),-lubsan)
EXTRA_CLEAN = build $(OBJS:.o=.d)
# For `make installcheck`.
REGRESS     = $(patsubst $(SRC)test/sql/%.sql,%,$(sort $(wildcard $(SRC)test/sql/*.sql)))
REGRESS_OPTS = --inputdir=$(SRC)test --load-extension=$(EXTENSION)
override with_llvm = no
include $(PGXS)

$(shlib): $(CORE_LIB)
$(OBJS): build/server.hpp.gch | folders
folders:
	@mkdir -p $(sort $(dir $(OBJS)))

build/server.hpp.gch: build/server.hpp
	CCACHE_DISABLE=1 $(CXX) $(filter-out -MMD -MP -include build/server.hpp,$(CXXFLAGS)) $(CPPFLAGS) -MMD -MP -MF build/server.hpp.d -MT $@ -x c++-header -o $@ $<

-include $(OBJS:.o=.d) build/server.hpp.d

build/$(EXTENSION)--$(EXTVERSION).sql: $(SQL_PARTS) $(SRC)holomamba.control
	@mkdir -p $(@D)
	{ printf '%s\n' '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit'; cat $(SQL_PARTS); } > $@

release: build/$(EXTENSION)--$(EXTVERSION).sql
	$(SRC)extension/release.sh $(or $(SRC),.) $(abspath $<)
.PHONY: release
endif

# ---------------------------------------------------------------------------------------------------------------------
# Tests

GOLDEN    = $(abspath $(SRC)test/golden)
# GoogleTest as a library is there for this machine only.
GTEST_SRC = /usr/src/googletest/googletest
GTEST     = $(if $(filter $(TARGET),$(shell g++ -dumpmachine)),-lgtest -lgtest_main,build/gtest.o)

build/unit/%.o: $(SRC)test/unit/%.cpp
	@mkdir -p $(@D)
	$(CXX) $(CORE_FLAGS) -UNDEBUG -DGOLDEN_DIR='"$(GOLDEN)"' -MMD -MP -c -o $@ $<

build/gtest.o:
	@mkdir -p $(@D)
	$(CXX) -std=c++20 -O1 -isystem $(GTEST_SRC)/include -I$(GTEST_SRC) -c -o $@.all $(GTEST_SRC)/src/gtest-all.cc
	$(CXX) -std=c++20 -O1 -isystem $(GTEST_SRC)/include -I$(GTEST_SRC) -c -o $@.main $(GTEST_SRC)/src/gtest_main.cc
	$(TARGET_LD) -r -o $@ $@.all $@.main

build/unit_tests: $(UNIT_OBJS) $(CORE_LIB) $(filter %.o,$(GTEST))
	$(CXX) $(SANITIZER) -o $@ $(UNIT_OBJS) $(CORE_LIB) $(GTEST) $(FFTW_LIBS) -lpthread $(OWN_LDFLAGS)

-include $(UNIT_OBJS:.o=.d)

unit: build/unit_tests
	build/unit_tests --gtest_brief=1

# The core and its unit tests under sanitizers: `make check-asan`, without optimisation, so that no call is inlined away, and
# `make check-tsan`.
SANITIZED_asan = -O0 -fsanitize=address,undefined -fno-sanitize-recover=all
SANITIZED_tsan = -O1 -fsanitize=thread
define sanitized
FLAGS_OF_$(1) = $$(filter-out -O3 -DNDEBUG,$$(CORE_FLAGS)) -fno-omit-frame-pointer $$(SANITIZED_$(1))

build/$(1)/%.o: $(SRC)src/%.cpp
	@mkdir -p $$(@D)
	$$(CXX) $$(FLAGS_OF_$(1)) $$(if $$(filter %/dispatch.o,$$@),$$(VARIANTS:%=-DHOLOMAMBA_HAS_%)) -MMD -MP -c -o $$@ $$<

$$(VARIANTS:%=build/$(1)/variant_%.o): build/$(1)/variant_%.o: $(SRC)src/kernels/variant.cpp
	@mkdir -p $$(@D)
	$$(CXX) $$(FLAGS_OF_$(1)) $$(FLAGS_$$*) -fno-gnu-unique -DHOLOMAMBA_VARIANT=$$* -MMD -MP -MT $$@ -MF $$(@:.o=.d) -c -o $$@.all $$<
	$(TARGET_LD) -r --force-group-allocation -o $$@.one $$@.all
	$(OBJCOPY) --keep-global-symbol=holomamba_kernels_$$* $$@.one $$@
	@rm -f $$@.all $$@.one

build/$(1)/unit/%.o: $(SRC)test/unit/%.cpp
	@mkdir -p $$(@D)
	$$(CXX) $$(FLAGS_OF_$(1)) -DGOLDEN_DIR='"$$(GOLDEN)"' -MMD -MP -c -o $$@ $$<

OBJS_OF_$(1) = $$(CORE_OBJS:build/%=build/$(1)/%) $$(VARIANTS:%=build/$(1)/variant_%.o) $$(UNIT_OBJS:build/%=build/$(1)/%)

build/$(1)/unit_tests: $$(OBJS_OF_$(1))
	$$(CXX) $$(SANITIZED_$(1)) -o $$@ $$^ -lgtest -lgtest_main $$(FFTW_LIBS) -lpthread

-include $$(OBJS_OF_$(1):.o=.d)
endef
$(foreach sanitizer,asan tsan,$(eval $(call sanitized,$(sanitizer))))

# The input functions of src/postgres and what they call, under sanitizers: for fuzzing (test/fuzz/run.sh), with clang, and
# for `make check`, which replays the corpus, with the compiler of the rest. What is not reached is not linked.
FUZZ_SRCS     = $(filter-out %/transform_$(OTHER_TRANSFORM).cpp,$(wildcard src/hrr/*.cpp)) $(addprefix src/postgres/,types/hrr_type.cpp types/hrr_cast.cpp state/state.cpp) src/training/checkpoint.cpp $(addprefix test/fuzz/,inputs.cpp server.cpp)
FUZZ_FLAGS    = -std=c++20 -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -Wall -Wextra \
                -Wno-unused-parameter -Wno-register -D_GNU_SOURCE -Isrc -isystem $(shell $(PG_CONFIG) --includedir-server 2>/dev/null)
FUZZ_LIBS     = $(CORE_LIB) -L$(shell $(PG_CONFIG) --pkglibdir 2>/dev/null) -L$(shell $(PG_CONFIG) --libdir 2>/dev/null) \
                -lpgcommon -lpgport $(FFTW_LIBS) -lpthread -no-pie -Wl,--unresolved-symbols=ignore-all
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

demo-shop:
	+@examples/shop/demo.sh

check-examples:
	+@test/check_examples.sh

check-shop:
	+@examples/shop/demo.sh check

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

# What git has of the last commit, less what .gitattributes leaves out, as PGXN takes it.
DIST = $(EXTENSION)-$(EXTVERSION)
dist:
	perl $(SRC)test/check_meta.pl $(or $(SRC),.)
	@mkdir -p build
	git -C $(or $(SRC),.) archive --format=zip --prefix=$(DIST)/ -9 HEAD > build/$(DIST).zip
	@echo build/$(DIST).zip

.PHONY: all unit always folders dist deps check check-assert check-asan check-tsan check-examples check-shop demo demo-shop format
