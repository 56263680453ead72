/*
 * base.h - the few words that every file of the house uses.
 *
 * Included by everything; includes nothing of ours. No function here has an effect outside its
 * arguments, except ASSERT, which ends the process when our own state is broken.
 */
#ifndef TREESHREW_UTIL_BASE_H
#define TREESHREW_UTIL_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BIT(n) (1u << (n))
#define CONTAINER_OF(pointer, type, member)                                                    \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/** What became of an operation that can fail. Every printer reads status_text. */
enum status {
    STATUS_OK,
    STATUS_MALFORMED, /**< the input breaks its format */
    STATUS_NO_MEMORY, /**< malloc or an arena's limit said no */
    STATUS_NO_SPACE,  /**< the caller's buffer is too small */
    STATUS_NOT_FOUND, /**< nothing there by that name */
    STATUS_LIMIT,     /**< a bound of ours said no */
    STATUS_SYSTEM     /**< the operating system said no; errno tells why */
};

const char *status_text(enum status status);

/* ASSERT is for bugs of ours, never for input; it stays on in the shipped daemon. */
_Noreturn void assert_failed(const char *expression, const char *file, int line);
#define ASSERT(expression)                                                                     \
    ((expression) ? (void)0 : assert_failed(#expression, __FILE__, __LINE__))
#define UNREACHABLE() assert_failed("unreachable", __FILE__, __LINE__)

/* OUT_OF_LINE: a function that is to cost nothing where the one that calls it need not. */
/* RARELY_CALLED: a function that is hardly ever called, by one that is all the time, and is not
 * to be made part of it. */
/* PREFETCH says that this address will be read soon; any address will do. */
#if defined(__GNUC__)
#define PRINTF_LIKE(text, first) __attribute__((__format__(__printf__, text, first)))
#define PREFETCH(address) __builtin_prefetch((const void *)(address))
#define OUT_OF_LINE __attribute__((__noinline__))
#define RARELY_CALLED __attribute__((__noinline__, __cold__))
#else
#define PRINTF_LIKE(text, first)
#define PREFETCH(address) ((void)(address))
#define OUT_OF_LINE
#define RARELY_CALLED
#endif

static inline size_t size_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t size_max(size_t a, size_t b)
{
    return a > b ? a : b;
}

static inline int64_t time_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t time_max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

#endif
