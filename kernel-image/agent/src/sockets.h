#ifndef SOCKETS_H
#define SOCKETS_H

/* Retries what could not be accepted; milliseconds until the next try, or -1. */
int listeners_tick(void);

#endif
