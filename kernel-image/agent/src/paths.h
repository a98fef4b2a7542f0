/*
 * Directories and paths, resolved without leaving a root.
 */
#ifndef PATHS_H
#define PATHS_H

#include "base.h"

/* The names in a directory, sorted by byte, without . and .. */
struct names {
	char **name; /* pointers into text */
	u32 count;
	char *text;
};

/* Reads all names; the fd stays open. 0 or negative errno. */
int names_read(struct names *names, int fd);
void names_free(struct names *names);

/* openat2 with RESOLVE_* flags; O_CLOEXEC and O_LARGEFILE are added. -1 with errno. */
int open_resolved(int directory, const char *path, int flags, unsigned mode, u64 resolve);
/*
 * Opens a path as a process with that root directory would see it; root ""
 * means the agent's own root. -1 with errno.
 */
int open_in_root(const char *root, const char *path, int flags, unsigned mode);

#endif
