/*
 * replay_macro.c - expands ${...}: variables, arithmetic, times and ranges.
 *
 * Called by replay_run.c. Nesting is bounded, for the scenario's author's sake.
 */
#include "testcode/replay_macro.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/text.h"

enum { NESTING_MAX = 20 };

struct expansion {
    struct macros *macros;
    const char *error;
    int nesting;
};

static const char *expand(struct expansion *expansion, const char *text, size_t size);

bool macro_assign(struct macros *macros, const char *name, const char *text)
{
    struct macro_variable *variable = ARENA_NEW(macros->arena, struct macro_variable);

    if (variable == NULL)
        return false;
    variable->name = name;
    variable->text = text;
    variable->next = macros->variables;
    macros->variables = variable;
    return true;
}

static const char *fail(struct expansion *expansion, const char *why, const char *text)
{
    if (expansion->error == NULL)
        expansion->error = arena_printf(expansion->macros->arena, "%s: %s", why, text);
    return NULL;
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* ---- numbers
 * ---------------------------------------------------------------------------------- */

/* "$name" at *at; moves behind it. */
static const char *variable_text(struct expansion *expansion, const char **at)
{
    const char *name = *at + 1;
    size_t size =
        strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    *at = name + size;
    for (const struct macro_variable *variable = expansion->macros->variables; variable != NULL;
         variable = variable->next)
        if (strlen(variable->name) == size && strncmp(variable->name, name, size) == 0)
            return variable->text;
    return fail(expansion, "undefined variable", name);
}

/* A number, or a variable that holds one. False: there is none (or an error was noted). */
static bool read_operand(struct expansion *expansion, const char **at, double *out)
{
    const char *text;
    char *end;

    *at = skip_blanks(*at);
    if (**at == '$') {
        text = variable_text(expansion, at);
        if (text == NULL)
            return false;
        *out = strtod(text, &end);
        return end != text && *skip_blanks(end) == '\0';
    }
    *out = strtod(*at, &end);
    if (end == *at)
        return false;
    *at = end;
    return true;
}

/* Strictly from left to right. False: not an expression of numbers. */
static bool calculate(struct expansion *expansion, const char *at, double *result)
{
    double operand;

    if (!read_operand(expansion, &at, result))
        return false;
    for (at = skip_blanks(at); *at != '\0'; at = skip_blanks(at)) {
        char operation = *at++;

        if (strchr("+-*/", operation) == NULL || !read_operand(expansion, &at, &operand))
            return false;
        switch (operation) {
        case '+': *result += operand; break;
        case '-': *result -= operand; break;
        case '*': *result *= operand; break;
        default:
            if (operand == 0)
                return fail(expansion, "division by zero", at) != NULL;
            *result /= operand;
        }
    }
    return true;
}

/* ---- functions
 * -------------------------------------------------------------------------------- */

static const char *date_text(struct expansion *expansion, const char *at)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm tm;
    double seconds;
    time_t when;

    if (!calculate(expansion, at, &seconds))
        return fail(expansion, "ctime needs a number", at);
    when = (time_t)seconds;
    if (gmtime_r(&when, &tm) == NULL)
        return fail(expansion, "no such time", at);
    return arena_printf(expansion->macros->arena, "%s %s %2d %02d:%02d:%02d %d",
                        days[tm.tm_wday], months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min,
                        tm.tm_sec, tm.tm_year + 1900);
}

static const char *checked_range(struct expansion *expansion, const char *words)
{
    const char *at = words;
    double low, value, high;

    if (!read_operand(expansion, &at, &low) || !read_operand(expansion, &at, &value) ||
        !read_operand(expansion, &at, &high))
        return fail(expansion, "range needs three numbers", words);
    if (value < low || value > high)
        return fail(expansion, "value not in its range", words);
    return arena_printf(expansion->macros->arena, "%.12g", value);
}

/* What stands between the braces, its inner braces already expanded. */
static const char *evaluate(struct expansion *expansion, const char *words)
{
    struct macros *macros = expansion->macros;
    const char *at = skip_blanks(words);
    double number;

    if (strcmp(at, "time") == 0)
        return arena_printf(macros->arena, "%lld", (long long)macros->now_s);
    if (strcmp(at, "timeout") == 0)
        return arena_printf(macros->arena, "%lld",
                            macros->next_timer_s == 0
                                ? 0ll
                                : (long long)(macros->next_timer_s - macros->now_s));
    if (strncmp(at, "ctime ", 6) == 0)
        return date_text(expansion, at + 6);
    if (strncmp(at, "range ", 6) == 0)
        return checked_range(expansion, at + 6);
    if (calculate(expansion, at, &number))
        return arena_printf(macros->arena, "%.12g", number);
    if (expansion->error != NULL)
        return NULL;
    if (*at == '$')
        return variable_text(expansion, &at);
    return words;
}

/* The length of "{...}" at its opening brace; 0: not closed. */
static size_t braces_size(const char *text, const char *end)
{
    int depth = 0;

    for (const char *at = text; at < end; at++) {
        depth += (*at == '{') - (*at == '}');
        if (depth == 0)
            return (size_t)(at - text) + 1;
    }
    return 0;
}

static const char *expand(struct expansion *expansion, const char *text, size_t size)
{
    struct text out = text_in(expansion->macros->arena);
    const char *end = text + size, *done;

    text_add(&out, "");
    if (++expansion->nesting > NESTING_MAX)
        return fail(expansion, "nested too deeply", text);
    for (const char *at = text; at < end;) {
        size_t inner =
            at[0] == '$' && at + 1 < end && at[1] == '{' ? braces_size(at + 1, end) : 0;
        const char *words;

        if (inner == 0) {
            text_add_char(&out, *at++);
            continue;
        }
        words = expand(expansion, at + 2, inner - 2);
        words = words != NULL ? evaluate(expansion, words) : NULL;
        if (words == NULL)
            return NULL;
        text_add(&out, words);
        at += 1 + inner;
    }
    expansion->nesting--;
    done = text_done(&out);
    return done != NULL ? done : fail(expansion, "no memory", "");
}

const char *macro_expand(struct macros *macros, const char *text, const char **error)
{
    struct expansion expansion = {.macros = macros};
    const char *done = expand(&expansion, text, strlen(text));

    *error = done != NULL ? NULL : expansion.error != NULL ? expansion.error : "no memory";
    return done;
}
