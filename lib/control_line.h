/*
 * control_line.h - what shrewctl and shrewd say to each other on the control socket.
 *
 * Both sides read and write through here. A request is lines: "shrewctl 1 lines" (or json), a
 * line for each word of the command, an empty line. An answer is one line, "done", "failed" or
 * "usage" and the number of octets that follow, and then those octets: so an answer that was
 * cut is not taken for a whole one.
 */
#ifndef TREESHREW_LIB_CONTROL_LINE_H
#define TREESHREW_LIB_CONTROL_LINE_H

#include "util/outline.h"

enum { CONTROL_WORDS_MAX = 4096, CONTROL_REQUEST_MAX = 1 << 20 };

struct control_request {
    enum outline_form form;
    size_t count;
    const char **words;
};

/** 1: a whole request; 0: more must come; -1: this is none. */
int control_request_is_whole(struct slice bytes);

/** @return STATUS_OK, STATUS_MALFORMED, STATUS_LIMIT (too many words), STATUS_NO_MEMORY. */
enum status control_request_read(struct slice bytes, struct arena *arena,
                                 struct control_request *out);

/** @return STATUS_MALFORMED: a word is empty or has a line feed. */
enum status control_request_write(const struct control_request *request, struct text *out);

/* Also what shrewctl ends with. */
enum control_result { CONTROL_DONE = 0, CONTROL_FAILED = 1, CONTROL_USAGE = 2 };
enum { CONTROL_NOT_RUNNING = 3 }; /* shrewctl's own: nobody answers */

void control_answer_begin(enum control_result result, size_t size, struct text *out);

/**
 * Reads the first line of an answer. @param used set to its octets, @param size to what follows.
 * @return false: not whole, or none.
 */
bool control_answer_read(struct slice bytes, enum control_result *result, size_t *used,
                         size_t *size);

/** One line a command, in commands.def. */
struct command_line {
    const char *words;     /* "flush name" */
    const char *arguments; /* "NAME" */
    unsigned least, most;  /* arguments */
    const char *text;      /* what it does */
};
extern const struct command_line command_lines[];
extern const size_t command_line_count;

/**
 * The command whose words the request begins with; the longest where several do.
 * @param used set to the number of its words. @return its place in the table; -1: there is none.
 */
int command_find(const struct control_request *request, size_t *used);

#endif
