/*
 * Answers to requests, and the handlers of each method but START.
 */
#ifndef REQUESTS_H
#define REQUESTS_H

#include "base.h"
#include "codec.h"

void request_done(u16 method, u32 id, const void *result, size_t length);
void request_failed(u16 method, u32 id, const struct failure *f);

/* Each answers the request itself, now or later. */
typedef void method_function(u32 request, struct field *fields);

method_function socket_connect, socket_listen;
method_function file_read, file_write;
method_function tree_read, tree_write;

#endif
