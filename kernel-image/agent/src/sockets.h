#ifndef SOCKETS_H
#define SOCKETS_H

#include <netinet/in.h>
#include <sys/un.h>
#include "base.h"

union address {
	struct sockaddr any;
	struct sockaddr_un local;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

/* Each fills the address in: its length, or a negative errno. */
int unix_address(union address *a, const char *path);
int inet_address(union address *a, const char *text, u16 port);

/* Retries what could not be accepted; milliseconds until the next try, or -1. */
int listeners_tick(void);

#endif
