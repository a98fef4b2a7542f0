/*
 * The event loop: the only place where the agent waits.
 */
#ifndef LOOP_H
#define LOOP_H

/* 0 or negative errno. Before any watch_add. */
int loop_open(void);
__attribute__((noreturn)) void loop_run(void);

#endif
