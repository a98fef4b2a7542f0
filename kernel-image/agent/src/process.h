/*
 * START: from the request to the exec, and from the exit to the EXIT event.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <sys/types.h>
#include "base.h"
#include "codec.h"

/* What the child says on its channel (SOCK_SEQPACKET, close-on-exec): the first byte. */
enum channel_message {
	CHANNEL_TTY = 'T',     /* the pty's master comes along */
	CHANNEL_EXEC = 'X',    /* the exec is next; then either EOF or a failure */
	CHANNEL_FAILURE = 'F', /* struct failure follows */
};

/* What is needed to make one child and to bring it to its exec. */
struct spawn {
	pid_t join;
	u32 join_flags;
	u32 clone_flags;
	const char *cgroup;
	struct field child_ops;
	u8 stdio_mode;
	u16 rows, columns;
	int stdio[3]; /* pipes: the child's ends, or /dev/null */
	int channel;  /* the child's end */
	bool wait;    /* for a byte on the channel, while the parent ops run */
};

/* Makes the child: its pid, or a negative errno with the failure recorded. */
pid_t spawn_child(const struct spawn *spawn, struct failure *f);
/* Tells the agent that the exec is next. */
void child_before_exec(int channel);

/* A START request; answers it now or when the exec has happened. */
void process_start(u32 request, struct field *fields);
int process_kill(pid_t pid, int signal);
/* Begins to reap: SIGCHLD becomes an event. 0 or negative errno. */
int processes_open(void);
/* Sends what is due; milliseconds until something else is, or -1. */
int processes_tick(void);

/* Remembers which root is the agent's: called in the child before its ops. */
void tty_remember_root(void);
int tty_resize(int fd, u16 rows, u16 columns);

#endif
