/*
 * One process of START, shared by its two halves: start.c and process.c.
 */
#ifndef PROCESS_STATE_H
#define PROCESS_STATE_H

#include "process.h"
#include "streams.h"

struct process {
	struct process *next;
	struct watch channel;
	u32 request; /* to be answered; 0 once it is */
	pid_t pid;
	bool announced; /* the exec was next */
	bool exited;
	i32 status;
	u64 user_us, system_us;
	u64 deadline;
	struct stream *stream[3];
	u64 mark[3]; /* drained when this many bytes were sent */
	struct failure failure;
};

/* /dev/null, for every stream with id 0. */
extern int process_null_fd;

void process_add(struct process *p);
void process_close_channel(struct process *p);
/* The request failed. A child that lives is killed first, and answered for when reaped. */
void process_abandon(struct process *p);
/* Takes what the child said; the end of it is the end of the request. */
void process_read_channel(struct process *p);

#endif
