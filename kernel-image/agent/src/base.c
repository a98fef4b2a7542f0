#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base.h"

void close_scoped(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

void free_scoped(void *pointer)
{
	int saved = errno;

	free(*(void **)pointer);
	errno = saved;
}

int fail(struct failure *f, int error, const char *format, ...)
{
	va_list arguments;
	int length;

	f->error = error < 0 ? -error : error;
	va_start(arguments, format);
	length = vsnprintf(f->detail, sizeof(f->detail), format, arguments);
	va_end(arguments);
	if (length >= 0 && (size_t)length < sizeof(f->detail))
		snprintf(f->detail + length, sizeof(f->detail) - length, ": %s",
			 strerror(f->error));
	return -f->error;
}

u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
