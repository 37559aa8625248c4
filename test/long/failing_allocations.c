/*
 * Loaded before everything else into a server: an allocation of its choice fails, once, as if memory were exhausted at that very
 * moment. test/long/memory.pl asks, by the two SQL functions below, for one after the other of those that a statement makes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

#define MOST_RANGES 64

typedef struct
{
    uintptr_t first, last;
} Range;

/* Where the code lies whose allocations are counted: the server's own program, or the libraries of the extension. */
static Range ranges[MOST_RANGES];
static int range_count;
static atomic_int armed;
static atomic_long seen, failing;

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static int (*real_posix_memalign)(void **, size_t, size_t);
static void *(*real_aligned_alloc)(size_t, size_t);

/* dlsym() itself may allocate, before anything else can. */
static char early[4096];
static size_t early_used;

static void *take_early(size_t size)
{
    void *start = early + early_used;

    early_used += (size + 15) & ~(size_t) 15;
    return early_used <= sizeof(early) ? start : NULL;
}

#define REAL(name)                                                       \
    do                                                                   \
    {                                                                    \
        if (!real_##name)                                                \
            *(void **) &real_##name = dlsym(RTLD_NEXT, #name);           \
    } while (0)

static bool fails(void *caller)
{
    uintptr_t address = (uintptr_t) caller;

    if (!atomic_load_explicit(&armed, memory_order_relaxed))
        return false;
    for (int i = 0; i < range_count; i++)
        if (address >= ranges[i].first && address < ranges[i].last)
        {
            if (atomic_fetch_add(&seen, 1) + 1 != atomic_load(&failing))
                return false;
            errno = ENOMEM;
            return true;
        }
    return false;
}

void *malloc(size_t size)
{
    REAL(malloc);
    return fails(__builtin_return_address(0)) ? NULL : real_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    static __thread bool looking;

    if (!real_calloc && looking)
        return take_early(count * size);
    looking = true;
    REAL(calloc);
    looking = false;
    return fails(__builtin_return_address(0)) ? NULL : real_calloc(count, size);
}

void *realloc(void *pointer, size_t size)
{
    REAL(realloc);
    return fails(__builtin_return_address(0)) ? NULL : real_realloc(pointer, size);
}

int posix_memalign(void **pointer, size_t alignment, size_t size)
{
    REAL(posix_memalign);
    return fails(__builtin_return_address(0)) ? ENOMEM : real_posix_memalign(pointer, alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    REAL(aligned_alloc);
    return fails(__builtin_return_address(0)) ? NULL : real_aligned_alloc(alignment, size);
}

/* fail_allocation(n, ours): the nth from now on fails, of the extension's libraries or else of the server's; 0: none, and none is counted. */
PG_FUNCTION_INFO_V1(fail_allocation);
PGDLLEXPORT Datum fail_allocation(PG_FUNCTION_ARGS)
{
    bool ours = PG_GETARG_BOOL(1);
    FILE *maps;
    char line[1024];

    atomic_store(&armed, 0);
    range_count = 0;
    maps = fopen("/proc/self/maps", "r");
    while (maps && range_count < MOST_RANGES && fgets(line, sizeof(line), maps))
    {
        unsigned long first, last;
        char rights[8];

        if (sscanf(line, "%lx-%lx %7s", &first, &last, rights) == 3 && rights[2] == 'x' &&
            (ours ? strstr(line, "/holomamba.so") || strstr(line, "/libstdc++.so") || strstr(line, "/libfftw3f.so")
                  : strstr(line, "/bin/postgres") != NULL))
            ranges[range_count++] = (Range) {first, last};
    }
    if (maps)
        fclose(maps);
    atomic_store(&seen, 0);
    atomic_store(&failing, PG_GETARG_INT64(0));
    atomic_store(&armed, PG_GETARG_INT64(0) != 0);
    PG_RETURN_INT32(range_count);
}

/* allocations(): how many have been counted; from here on, none is. */
PG_FUNCTION_INFO_V1(allocations);
PGDLLEXPORT Datum allocations(PG_FUNCTION_ARGS)
{
    atomic_store(&armed, 0);
    PG_RETURN_INT64(atomic_load(&seen));
}
