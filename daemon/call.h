/*
 * call.h - one command being carried out: who asked, with which words, and the answer so far.
 *
 * Made by control.c for each request, handed to the command's function, which ends it with
 * call_done or call_failed: before it returns, or later when the threads have been asked.
 */
#ifndef TREESHREW_DAEMON_CALL_H
#define TREESHREW_DAEMON_CALL_H

#include "daemon/server_inside.h"
#include "lib/control_line.h"
#include "services/net/control_socket.h"

struct call {
    struct link waiting; /* wherever the command has it wait */
    struct link listed;  /* in the control's list of all */
    struct server *server;
    struct control_client *client;
    struct arena *arena;
    struct log log;       /* goes to the daemon's log; kept as well, for the words of a failure */
    struct text log_kept;
    struct outline out;
    const char **words; /* arguments; the words of the command itself are before them */
    size_t count;
    struct round round; /* for commands that ask the threads */
    void *own;          /* the command's, in the arena */
    struct change *change; /* of what is set at run time; NULL: another command */
    void (*clean)(struct call *call); /* before the call goes away; NULL: nothing to do */
};

/** Ends the call with what is in `out`. */
void call_done(struct call *call);

/** Ends the call with this text instead; NULL: no memory. */
void call_done_with(struct call *call, const char *body);

/** Ends it with these words; NULL: with what was logged. */
void call_failed(struct call *call, const char *format, ...) PRINTF_LIKE(2, 3);

/** Ends it: the arguments cannot be. */
void call_misused(struct call *call, const char *format, ...) PRINTF_LIKE(2, 3);

/** Reads an argument that is a name. @return false: it is none, and the call has ended. */
bool call_name(struct call *call, const char *text, struct dname *name);

/** A list of the reasons, "EDE words" each; nothing when there are none. */
void call_reasons(struct outline *out, const struct reasons *reasons);

/** Each command, by its name in commands.def. */
#define COMMAND(ident, words, arguments, least, most, text)                                    \
    void command_##ident(struct call *call);
#include "lib/commands.def"
#undef COMMAND

#endif
