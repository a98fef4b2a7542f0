/*
 * FILE_READ and FILE_WRITE: one regular file as a stream.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "link.h"
#include "paths.h"
#include "requests.h"
#include "streams.h"

struct range {
	u64 left;
};

static int pull_range(struct stream *s, u8 *to, u32 size)
{
	struct range *r = s->context;
	ssize_t n;

	if (size > r->left)
		size = r->left;
	if (!size)
		return 0;
	n = read(s->watch.fd, to, size);
	if (n < 0)
		return -errno;
	r->left -= n;
	return n;
}

static void destroy_range(struct stream *s)
{
	free(s->context);
}

static int finish_file(struct stream *s)
{
	int fd = take_fd(s->watch.fd);

	return close(fd) < 0 ? -errno : 0;
}

static const struct stream_driver range_driver = {
	.pull = pull_range,
	.destroy = destroy_range,
};

static const struct stream_driver file_driver = {
	.finish = finish_file,
};

/* A regular file, or a negative errno. */
static int open_file(struct field *f, int flags, u32 mode, struct stat *st, struct failure *failure)
{
	const char *root = f[1].string, *path = f[2].string;
	scoped_fd fd = open_in_root(root, path, flags | O_NONBLOCK | O_NOCTTY, mode);

	if (fd < 0 || fstat(fd, st) < 0)
		return fail(failure, errno, "open(%s%s, %#o)", root, path, flags);
	if (S_ISDIR(st->st_mode))
		return fail(failure, EISDIR, "open(%s%s)", root, path);
	if (!S_ISREG(st->st_mode))
		return fail(failure, EINVAL, "open(%s%s, not a regular file)", root, path);
	return take_fd(fd);
}

void file_read(u32 request, struct field *f)
{
	u64 offset = f[3].number, length = f[4].number, size;
	struct failure failure = { 0 };
	struct range *range = calloc(1, sizeof(*range));
	struct stream *s;
	struct stat st;
	int fd = range ? open_file(f, O_RDONLY, 0, &st, &failure)
		       : fail(&failure, ENOMEM, "open(%s)", f[2].string);

	if (fd >= 0 && offset && lseek(fd, offset, SEEK_SET) < 0) {
		fail(&failure, errno, "lseek(%s, %llu)", f[2].string, (unsigned long long)offset);
		close(fd);
		fd = -1;
	}
	s = fd < 0 ? NULL : stream_new(f[0].number, STREAM_OUT, STREAM_FILE, fd);
	if (fd >= 0 && !s)
		fail(&failure, errno, "stream %u", (u32)f[0].number);
	if (!s) {
		free(range);
		request_failed(METHOD_FILE_READ, request, &failure);
		return;
	}
	size = st.st_size;
	range->left = length ? length : UINT64_MAX;
	s->context = range;
	s->driver = &range_driver;
	request_done(METHOD_FILE_READ, request, &size, sizeof(size));
	stream_start(s);
}

void file_write(u32 request, struct field *f)
{
	int flags = f[3].number;
	struct failure failure = { 0 };
	struct stream *s = NULL;
	struct stat st;
	int fd;

	if (!(flags & O_ACCMODE))
		flags |= O_WRONLY;
	fd = open_file(f, flags, f[4].number, &st, &failure);
	if (fd >= 0) {
		s = stream_new(f[0].number, STREAM_IN, STREAM_FILE, fd);
		if (!s)
			fail(&failure, errno, "stream %u", (u32)f[0].number);
	}
	if (!s) {
		request_failed(METHOD_FILE_WRITE, request, &failure);
		return;
	}
	s->driver = &file_driver;
	request_done(METHOD_FILE_WRITE, request, NULL, 0);
}
