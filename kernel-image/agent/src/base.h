/*
 * What every file uses: scope-bound cleanup, failures, and the event loop's watches.
 */
#ifndef BASE_H
#define BASE_H

#include <stdbool.h>
#include <stddef.h>
#include "protocol.h"

#define array_size(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

void close_scoped(int *fd);
void free_scoped(void *pointer);

/* int that is closed, pointer that is freed, when the scope is left. */
#define scoped_fd __attribute__((cleanup(close_scoped))) int
#define scoped_free __attribute__((cleanup(free_scoped)))

/* Gives up a scoped fd or pointer to the caller. */
#define take_fd(fd)                                                                                \
	({                                                                                         \
		int taken_ = (fd);                                                                 \
		(fd) = -1;                                                                         \
		taken_;                                                                            \
	})
#define take_pointer(p)                                                                            \
	({                                                                                         \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

/* Why a request failed; travels as it is from the child over the error pipe. */
struct failure {
	i32 error; /* errno, 0: none */
	u8 phase;
	u32 op;
	char detail[400];
};

/*
 * Records an errno (sign does not matter) and the system call that gave it, as
 * `call(operands): message`. Returns the negative errno.
 */
int fail(struct failure *f, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Something epoll reports on. Registered edge-triggered unless said otherwise. */
struct watch {
	void (*ready)(struct watch *w, u32 events);
	int fd;
};

int watch_add(struct watch *w, int fd, u32 events, void (*ready)(struct watch *, u32));
/* Leaves the fd open. */
void watch_remove(struct watch *w);
/* Frees after the current batch of events, which may still name the object. */
void free_later(void *object);

/* Milliseconds of CLOCK_MONOTONIC. */
u64 now_ms(void);

#endif
