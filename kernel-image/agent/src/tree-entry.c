#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "ops.h"
#include "paths.h"
#include "tree-entry.h"

/* Opens a directory by its path below the top. */
static int open_below(struct tree_writer *w, const char *path)
{
	scoped_free char *whole = NULL;
	int fd;

	if (w->anchor < 0) {
		w->anchor = open(w->top, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (w->anchor < 0)
			return -errno;
	}
	if (asprintf(&whole, "%s/%s", *w->root ? w->top : ".", path) < 0) {
		whole = NULL;
		return -ENOMEM;
	}
	fd = open_resolved(w->anchor, whole, O_PATH | O_DIRECTORY, 0,
			   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	return fd < 0 ? -errno : fd;
}

/* Splits a path: its directory (on the heap) and its last name, "." for a root. */
static int split(const char *path, char **directory, char **name)
{
	size_t length = strlen(path);
	const char *slash;

	while (length && path[length - 1] == '/')
		length--;
	slash = memrchr(path, '/', length);
	*directory = slash ? strndup(path, slash == path ? 1 : slash - path) : strdup("");
	*name = strndup(slash ? slash + 1 : path, length - (slash ? slash + 1 - path : 0));
	return *directory && *name ? 0 : -ENOMEM;
}

static bool climbs(const char *path)
{
	for (const char *at = path; *at; at += strcspn(at, "/"), at += *at == '/') {
		size_t n = strcspn(at, "/");

		if (!n || (n == 1 && *at == '.') || (n == 2 && at[0] == '.' && at[1] == '.'))
			return true;
	}
	return false;
}

void tree_leave(struct tree_writer *w)
{
	close_scoped(&w->parent);
	w->parent = -1;
	free(w->parent_path);
	w->parent_path = NULL;
}

/* The top: itself as "." when a directory is there and wanted, else its name in its parent. */
static int enter_top(struct tree_writer *w, bool directory)
{
	scoped_free char *parent = NULL;

	w->parent = directory
			    ? open_in_root(w->root, *w->top ? w->top : "/", O_PATH | O_DIRECTORY, 0)
			    : -1;
	if (w->parent >= 0) {
		w->name = ".";
		return 0;
	}
	if (split(w->top, &parent, &w->name_copy) < 0)
		return -ENOMEM;
	w->name = w->name_copy;
	w->parent = open_in_root(w->root,
				 *parent    ? parent
				 : *w->root ? "/"
					    : ".",
				 O_PATH | O_DIRECTORY, 0);
	return w->parent < 0 ? -errno : 0;
}

/* Sets parent and name for a record's path. */
static int enter(struct tree_writer *w, const char *path, bool directory)
{
	scoped_free char *parent = NULL;
	int fd;

	if (climbs(path))
		return -EINVAL;
	free(w->name_copy);
	w->name_copy = NULL;
	if (!*path) {
		tree_leave(w);
		return enter_top(w, directory);
	}
	if (split(path, &parent, &w->name_copy) < 0)
		return -ENOMEM;
	w->name = w->name_copy;
	if (w->parent_path && !strcmp(w->parent_path, parent))
		return 0;
	tree_leave(w);
	fd = open_below(w, parent);
	if (fd < 0)
		return fd;
	w->parent = fd;
	w->parent_path = take_pointer(parent);
	return 0;
}

/* Makes way for the record: 0, 1 when its directory is there already, or an errno. */
static int make_way(struct tree_writer *w)
{
	bool directory = S_ISDIR(w->record[MODE].number);
	struct stat st;

	if (fstatat(w->parent, w->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (directory && S_ISDIR(st.st_mode))
		return 1;
	if ((w->flags & TREE_WRITE_KEEP_KIND) && directory != S_ISDIR(st.st_mode))
		return directory ? -ENOTDIR : -EISDIR;
	if (!S_ISDIR(st.st_mode))
		return unlinkat(w->parent, w->name, 0) < 0 ? -errno : 0;
	return remove_tree(w->parent, w->name);
}

static int make_hard_link(struct tree_writer *w)
{
	const char *link = w->record[LINK].string;
	scoped_free char *directory = NULL;
	scoped_free char *first = NULL;
	scoped_fd fd = -1;

	if (climbs(link))
		return -EINVAL;
	if (split(link, &directory, &first) < 0)
		return -ENOMEM;
	fd = open_below(w, directory);
	if (fd < 0)
		return fd;
	return linkat(fd, first, w->parent, w->name, 0) < 0 ? -errno : 0;
}

static int make(struct tree_writer *w)
{
	u32 mode = w->record[MODE].number;

	switch (mode & S_IFMT) {
	case S_IFREG:
		w->file = openat(w->parent, w->name,
				 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		return w->file < 0 ? -errno : 0;
	case S_IFDIR:
		return mkdirat(w->parent, w->name, 0700) < 0 ? -errno : 0;
	case S_IFLNK:
		return symlinkat(w->record[LINK].string, w->parent, w->name) < 0 ? -errno : 0;
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return mknodat(w->parent, w->name, mode & S_IFMT,
			       makedev(w->record[MAJOR].number, w->record[MINOR].number)) < 0
			       ? -errno
			       : 0;
	default:
		return -EINVAL;
	}
}

int tree_make_entry(struct tree_writer *w)
{
	const struct field *r = w->record;
	int error = enter(w, r[PATH].string, S_ISDIR(r[MODE].number));

	if (!error)
		error = make_way(w);
	if (error)
		return error < 0 ? error : 0;
	return r[HARD].number ? make_hard_link(w) : make(w);
}

/* Attributes of the entry just made; a file system that has none is fine. */
static int set_xattrs(struct tree_writer *w)
{
	char path[32 + NAME_MAX + 1];
	struct field count, xattr[2];

	if (decode("4", &w->xattrs, &count, false) < 0)
		return -EPROTO;
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", w->parent, w->name);
	for (u64 i = 0; i < count.number; i++) {
		if (decode("sb", &w->xattrs, xattr, true) < 0)
			return -EPROTO;
		if (lsetxattr(path, xattr[0].string, xattr[1].bytes, xattr[1].length, 0) < 0 &&
		    errno != ENOTSUP)
			return -errno;
	}
	return w->xattrs.at == w->xattrs.end ? 0 : -EPROTO;
}

static int set_time(struct tree_writer *w, i64 seconds, u32 nanoseconds)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { seconds, nanoseconds } };

	return utimensat(w->parent, w->name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

int tree_finish_entry(struct tree_writer *w)
{
	const struct field *r = w->record;
	u32 mode = r[MODE].number;
	int error;

	if (r[HARD].number)
		return 0;
	if (fchownat(w->parent, w->name, r[UID].number, r[GID].number, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISLNK(mode) && fchmodat(w->parent, w->name, mode & 07777, 0) < 0)
		return -errno;
	error = set_xattrs(w);
	if (error)
		return error;
	if (!S_ISDIR(mode))
		return set_time(w, r[SECONDS].number, r[NANOSECONDS].number);
	/* Behind the path comes its length, so that the list can be read from its end. */
	put_u64(&w->times, r[SECONDS].number);
	put_u32(&w->times, r[NANOSECONDS].number);
	put_bytes_raw(&w->times, r[PATH].string, r[PATH].length + 1);
	put_u32(&w->times, r[PATH].length + 1);
	return w->times.failed ? -ENOMEM : 0;
}

int tree_set_times(struct tree_writer *w)
{
	while (w->times.length) {
		u32 path_length, nanoseconds;
		u64 seconds;
		u8 *path;
		int error;

		memcpy(&path_length, w->times.data + w->times.length - 4, 4);
		path = w->times.data + w->times.length - 4 - path_length;
		memcpy(&nanoseconds, path - 4, 4);
		memcpy(&seconds, path - 12, 8);
		w->times.length = path - 12 - w->times.data;
		error = enter(w, (char *)path, true);
		if (!error)
			error = set_time(w, seconds, nanoseconds);
		if (error && error != -ENOENT) /* replaced by a later record */
			return error;
	}
	return 0;
}
