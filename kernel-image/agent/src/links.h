/*
 * Which path a file with several names was met under first.
 */
#ifndef LINKS_H
#define LINKS_H

#include <sys/stat.h>
#include "base.h"
#include "codec.h"

struct link_entry;

struct links {
	struct link_entry *entries; /* open addressing, a power of two */
	size_t count, room;
	struct buffer paths; /* NUL-terminated, one after the other */
};

/*
 * Sets `first` to the path met before (valid until the next call), or to NULL and
 * remembers this one. 0 or -ENOMEM.
 */
int links_find(struct links *l, const struct stat *st, const void *path, size_t length,
	       const char **first);
void links_free(struct links *l);

#endif
