#include <errno.h>
#include <stdlib.h>
#include "links.h"

struct link_entry {
	u64 device;
	u64 inode;
	size_t path; /* offset in paths, plus 1; 0: free */
};

static struct link_entry *slot_of(struct link_entry *entries, size_t room, u64 device, u64 inode)
{
	u64 hash = (inode ^ device << 32) * 0x9e3779b97f4a7c15ull;
	size_t at = hash >> 32 & (room - 1);

	while (entries[at].path && (entries[at].inode != inode || entries[at].device != device))
		at = (at + 1) & (room - 1);
	return &entries[at];
}

static int grow(struct links *l)
{
	size_t room = l->room ? 2 * l->room : 64;
	struct link_entry *entries = calloc(room, sizeof(*entries));

	if (!entries)
		return -ENOMEM;
	for (size_t i = 0; i < l->room; i++) {
		struct link_entry *e = &l->entries[i];

		if (e->path)
			*slot_of(entries, room, e->device, e->inode) = *e;
	}
	free(l->entries);
	l->entries = entries;
	l->room = room;
	return 0;
}

int links_find(struct links *l, const struct stat *st, const void *path, size_t length,
	       const char **first)
{
	struct link_entry *e;
	int error = 2 * l->count >= l->room ? grow(l) : 0;

	if (error)
		return error;
	e = slot_of(l->entries, l->room, st->st_dev, st->st_ino);
	if (e->path) {
		*first = (char *)l->paths.data + e->path - 1;
		return 0;
	}
	*first = NULL;
	*e = (struct link_entry){ st->st_dev, st->st_ino, l->paths.length + 1 };
	put_bytes_raw(&l->paths, path, length);
	put_u8(&l->paths, 0);
	l->count++;
	return l->paths.failed ? -ENOMEM : 0;
}

void links_free(struct links *l)
{
	free(l->entries);
	buffer_free(&l->paths);
}
