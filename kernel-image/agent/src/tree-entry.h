/*
 * TREE_WRITE's entries: from a record's fields to a file, below a top that is not left.
 */
#ifndef TREE_ENTRY_H
#define TREE_ENTRY_H

#include "base.h"
#include "codec.h"

/* Fields of a record's header, in the order of PROTOCOL.md. */
enum { PATH, MODE, UID, GID, SIZE, SECONDS, NANOSECONDS, MAJOR, MINOR, LINK, HARD, RECORD_FIELDS };

struct tree_writer {
	struct buffer in; /* length and header of the current record */
	struct field record[RECORD_FIELDS];
	struct reader xattrs;
	u64 left; /* content still to come */
	int file;
	bool ended;
	u32 flags;
	int anchor; /* what paths may not leave; -1 until the top exists (no root) */
	char *root, *top;
	int parent; /* directory of the current record, kept for the next one */
	char *parent_path;
	const char *name; /* of the current record in it */
	char *name_copy;
	struct buffer times; /* mtimes of directories: set at the end, in reverse */
};

/* Makes the entry of the current record; a regular file is left open for its content. */
int tree_make_entry(struct tree_writer *w);
/* Sets owner, mode, attributes and time, once the content is there. */
int tree_finish_entry(struct tree_writer *w);
/* Sets the times of directories, which making their entries has changed. */
int tree_set_times(struct tree_writer *w);
/* Forgets the directory kept for the next record. */
void tree_leave(struct tree_writer *w);

#endif
