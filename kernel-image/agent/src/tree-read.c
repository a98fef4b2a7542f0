/*
 * TREE_READ: a file tree as records, made piece by piece as the stream has room.
 */
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
#include "link.h"
#include "links.h"
#include "paths.h"
#include "requests.h"
#include "streams.h"

enum { XATTRS_MAX = 65536 };

/* A directory whose entries are being sent. */
struct level {
	int fd;
	struct names names;
	u32 next;
	size_t path_length; /* of the directory's own path */
};

struct tree_reader {
	struct level *levels;
	size_t depth, room;
	struct buffer path; /* of the current entry, without NUL */
	struct buffer out;  /* a header on its way */
	size_t out_at;
	int file; /* whose content is on its way, or -1 */
	u64 left;
	struct links links;
	u32 flags;
	bool ended;
};

/* An entry: a name in a directory, or (name "") the fd itself, opened with O_PATH. */
struct place {
	int fd;
	const char *name;
};

static int open_place(const struct tree_reader *t, struct place at, int flags)
{
	u64 resolve = t->flags & TREE_READ_ONE_MOUNT ? RESOLVE_NO_XDEV : 0;
	char path[32];

	flags |= O_RDONLY | O_NONBLOCK | O_NOCTTY;
	if (*at.name)
		return open_resolved(at.fd, at.name, flags | O_NOFOLLOW, 0, resolve);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", at.fd);
	return open(path, flags | O_CLOEXEC);
}

static int put_xattr(struct buffer *out, const char *path, const char *name, bool follow)
{
	scoped_free char *value = malloc(XATTRS_MAX);
	ssize_t n;

	if (!value)
		return -ENOMEM;
	n = follow ? getxattr(path, name, value, XATTRS_MAX)
		   : lgetxattr(path, name, value, XATTRS_MAX);
	if (n < 0)
		return -errno;
	put_string(out, name);
	put_bytes(out, value, n);
	return 0;
}

/* The list of extended attributes; what vanishes meanwhile is left out. */
static int put_xattrs(struct buffer *out, struct place at)
{
	size_t count_at = out->length;
	char path[32 + NAME_MAX + 1], few[512];
	scoped_free char *many = NULL;
	char *names = few;
	bool follow = !*at.name;
	u32 count = 0;
	ssize_t n;

	put_u32(out, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d%s%s", at.fd, follow ? "" : "/", at.name);
	n = follow ? listxattr(path, few, sizeof(few)) : llistxattr(path, few, sizeof(few));
	if (n < 0 && errno == ERANGE) {
		names = many = malloc(XATTRS_MAX);
		if (!many)
			return -ENOMEM;
		n = follow ? listxattr(path, many, XATTRS_MAX) : llistxattr(path, many, XATTRS_MAX);
	}
	if (n < 0)
		return errno == ENOTSUP || errno == ENOENT ? 0 : -errno;
	for (char *name = names; name < names + n; name += strlen(name) + 1) {
		int error = put_xattr(out, path, name, follow);

		if (error == -ENOMEM)
			return error;
		count += !error;
	}
	set_u32(out, count_at, count);
	return 0;
}

/* Puts a header; opens what is to follow it. -ENOENT: the entry is gone. */
static int put_record(struct tree_reader *t, struct place at, const struct stat *st)
{
	struct buffer *out = &t->out;
	const char *first = NULL;
	char target[4096] = "";
	ssize_t target_length = 0;
	u64 size = 0;
	int error;

	if (S_ISLNK(st->st_mode)) {
		target_length = readlinkat(at.fd, at.name, target, sizeof(target));
		if (target_length < 0)
			return -errno;
	}
	if (st->st_nlink > 1 && !S_ISDIR(st->st_mode)) {
		error = links_find(&t->links, st, t->path.data, t->path.length, &first);
		if (error)
			return error;
	}
	if (S_ISREG(st->st_mode) && !first && st->st_size) {
		t->file = open_place(t, at, 0);
		if (t->file < 0 && errno != EXDEV)
			return -errno;
		size = t->file < 0 ? 0 : st->st_size;
	}
	t->left = size;
	put_u32(out, 0);
	put_bytes(out, t->path.data, t->path.length);
	put_u32(out, st->st_mode);
	put_u32(out, st->st_uid);
	put_u32(out, st->st_gid);
	put_u64(out, size);
	put_u64(out, st->st_mtim.tv_sec);
	put_u32(out, st->st_mtim.tv_nsec);
	put_u32(out, major(st->st_rdev));
	put_u32(out, minor(st->st_rdev));
	if (first)
		put_string(out, first);
	else
		put_bytes(out, target, target_length);
	put_u8(out, first != NULL);
	error = put_xattrs(out, at);
	set_u32(out, 0, out->length - 4);
	return error ? error : out->failed ? -ENOMEM : 0;
}

static int descend(struct tree_reader *t, struct place at)
{
	struct level *level;
	int error, fd = open_place(t, at, O_DIRECTORY);

	if (fd < 0)
		return errno == EXDEV ? 0 : -errno;
	if (t->depth == t->room) {
		size_t room = t->room ? 2 * t->room : 16;
		struct level *more = realloc(t->levels, room * sizeof(*more));

		if (!more) {
			close(fd);
			return -ENOMEM;
		}
		t->levels = more;
		t->room = room;
	}
	level = &t->levels[t->depth++];
	*level = (struct level){ .fd = fd, .path_length = t->path.length };
	error = names_read(&level->names, fd);
	return error;
}

static int put_entry(struct tree_reader *t, struct place at)
{
	struct stat st;
	int error;

	if (fstatat(at.fd, at.name, &st, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0)
		return -errno;
	error = put_record(t, at, &st);
	if (!error && S_ISDIR(st.st_mode) && !(t->flags & TREE_READ_ENTRY_ONLY))
		error = descend(t, at);
	return error;
}

static void ascend(struct tree_reader *t)
{
	struct level *level = &t->levels[--t->depth];

	close(level->fd);
	names_free(&level->names);
}

/* Makes the next record, or the end mark. */
static int next_record(struct tree_reader *t)
{
	t->out.length = t->out_at = 0;
	while (t->depth) {
		struct level *level = &t->levels[t->depth - 1];
		const char *name;
		int error;

		if (level->next == level->names.count) {
			ascend(t);
			continue;
		}
		name = level->names.name[level->next++];
		t->path.length = level->path_length;
		if (t->path.length)
			put_u8(&t->path, '/');
		put_bytes_raw(&t->path, name, strlen(name));
		error = t->path.failed ? -ENOMEM : put_entry(t, (struct place){ level->fd, name });
		if (error != -ENOENT)
			return error;
		t->out.length = 0; /* it vanished: on to the next */
	}
	put_u32(&t->out, 0);
	t->ended = true;
	return t->out.failed ? -ENOMEM : 0;
}

/* Content of the current file; a file that shrank is filled up with zeros. */
static int read_content(struct tree_reader *t, u8 *to, u32 size)
{
	ssize_t n;

	if (size > t->left)
		size = t->left;
	n = read(t->file, to, size);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (n == 0) {
		memset(to, 0, size);
		n = size;
	}
	t->left -= n;
	if (!t->left) {
		close(t->file);
		t->file = -1;
	}
	return n;
}

static int pull_tree(struct stream *s, u8 *to, u32 size)
{
	struct tree_reader *t = s->context;
	u32 done = 0;

	while (done < size) {
		size_t header = t->out.length - t->out_at;
		int n;

		if (header) {
			n = header < size - done ? header : size - done;
			memcpy(to + done, t->out.data + t->out_at, n);
			t->out_at += n;
		} else if (t->left) {
			n = read_content(t, to + done, size - done);
		} else if (t->ended) {
			break;
		} else {
			n = next_record(t);
		}
		if (n < 0) {
			link_log(4, "tree_read(%.*s): %s", (int)t->path.length,
				 t->path.length ? (char *)t->path.data : "", strerror(-n));
			return n == -EAGAIN ? -EIO : n;
		}
		done += n;
	}
	return done;
}

static void free_reader(struct tree_reader *t)
{
	while (t->depth)
		ascend(t);
	close_scoped(&t->file);
	free(t->levels);
	links_free(&t->links);
	buffer_free(&t->path);
	buffer_free(&t->out);
	free(t);
}

static void destroy_tree(struct stream *s)
{
	free_reader(s->context);
}

static const struct stream_driver tree_read_driver = {
	.pull = pull_tree,
	.destroy = destroy_tree,
};

void tree_read(u32 request, struct field *f)
{
	const char *root = f[1].string, *path = f[2].string;
	struct tree_reader *t = calloc(1, sizeof(*t));
	scoped_fd top = -1;
	struct failure failure = { 0 };
	struct stream *s = NULL;
	int error = t ? 0 : -ENOMEM;

	if (t) {
		t->file = -1;
		t->flags = f[3].number;
		top = open_in_root(root, *path ? path : "/", O_PATH | O_NOFOLLOW, 0);
		error = top < 0 ? -errno : put_entry(t, (struct place){ top, "" });
	}
	if (error) {
		fail(&failure, error, "tree_read(%s%s)", root, path);
	} else {
		s = stream_new(f[0].number, STREAM_OUT, STREAM_FILE, -1);
		if (!s)
			fail(&failure, errno, "stream %u", (u32)f[0].number);
	}
	if (failure.error) {
		if (t)
			free_reader(t);
		request_failed(METHOD_TREE_READ, request, &failure);
		return;
	}
	s->context = t;
	s->driver = &tree_read_driver;
	s->readable = true;
	request_done(METHOD_TREE_READ, request, NULL, 0);
	stream_start(s);
}
