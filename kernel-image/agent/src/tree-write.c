/*
 * TREE_WRITE: tree records from a stream become files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "link.h"
#include "requests.h"
#include "streams.h"
#include "tree-entry.h"

enum { HEADER_MAX = 1 << 20 };

static int finish_record(struct tree_writer *w)
{
	int error = 0;

	if (w->file >= 0 && close(w->file) < 0)
		error = -errno;
	w->file = -1;
	if (!error)
		error = tree_finish_entry(w);
	w->in.length = 0;
	return error;
}

/* A whole header is there. */
static int begin_record(struct tree_writer *w)
{
	struct reader in = { w->in.data + 4, w->in.data + w->in.length };
	struct field *r = w->record;
	int error = decode("s44488444s1", &in, r, true);

	if (error)
		return error;
	w->xattrs = in;
	w->left = r[SIZE].number;
	if (w->left && (!S_ISREG(r[MODE].number) || r[HARD].number))
		return -EPROTO;
	error = tree_make_entry(w);
	if (error)
		return error;
	return w->left ? 0 : finish_record(w);
}

/* Gathers length and header: the bytes taken, or a negative errno. */
static int gather(struct tree_writer *w, const u8 *data, u32 length)
{
	u32 need = 4, header;

	if (w->ended)
		return -EPROTO;
	if (!w->in.length)
		memset(w->record, 0, sizeof(w->record)); /* points into what moves now */
	if (w->in.length >= 4) {
		memcpy(&header, w->in.data, 4);
		need = 4 + header;
	}
	if (length > need - w->in.length)
		length = need - w->in.length;
	put_bytes_raw(&w->in, data, length);
	if (w->in.failed)
		return -ENOMEM;
	if (w->in.length == 4) {
		memcpy(&header, w->in.data, 4);
		if (header > HEADER_MAX)
			return -EMSGSIZE;
		w->ended = !header;
	} else if (w->in.length == need && need > 4) {
		int error = begin_record(w);

		if (error)
			return error;
	}
	return length;
}

static int write_content(struct tree_writer *w, const u8 *data, u32 length)
{
	ssize_t n;

	if (length > w->left)
		length = w->left;
	n = write(w->file, data, length);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	w->left -= n;
	if (!w->left) {
		int error = finish_record(w);

		if (error)
			return error;
	}
	return n;
}

static int complain(const struct tree_writer *w, int error)
{
	const char *path = w->record[PATH].string;

	link_log(4, "tree_write(%s, %s): %s", w->top, path ? path : "", strerror(-error));
	return error;
}

static int push_tree(struct stream *s, const u8 *data, u32 length)
{
	struct tree_writer *w = s->context;

	while (length) {
		int n = w->left ? write_content(w, data, length) : gather(w, data, length);

		if (n < 0)
			return complain(w, n);
		data += n;
		length -= n;
	}
	return 0;
}

static int finish_tree(struct stream *s)
{
	struct tree_writer *w = s->context;
	int error = w->ended ? tree_set_times(w) : -EPROTO;

	return error ? complain(w, error) : 0;
}

static void free_writer(struct tree_writer *w)
{
	tree_leave(w);
	close_scoped(&w->file);
	close_scoped(&w->anchor);
	buffer_free(&w->in);
	buffer_free(&w->times);
	free(w->name_copy);
	free(w->root);
	free(w->top);
	free(w);
}

static void destroy_tree(struct stream *s)
{
	free_writer(s->context);
}

static const struct stream_driver tree_write_driver = {
	.push = push_tree,
	.finish = finish_tree,
	.destroy = destroy_tree,
};

void tree_write(u32 request, struct field *f)
{
	const char *root = f[1].string, *path = f[2].string;
	struct tree_writer *w = calloc(1, sizeof(*w));
	struct failure failure = { 0 };
	struct stream *s = NULL;

	if (w) {
		w->file = w->parent = w->anchor = -1;
		w->flags = f[3].number;
		w->root = strdup(root);
		w->top = strdup(path);
	}
	if (!w || !w->root || !w->top) {
		fail(&failure, ENOMEM, "tree_write(%s%s)", root, path);
	} else if (*root) {
		w->anchor = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (w->anchor < 0)
			fail(&failure, errno, "open(%s)", root);
	}
	if (!failure.error) {
		s = stream_new(f[0].number, STREAM_IN, STREAM_FILE, -1);
		if (!s)
			fail(&failure, errno, "stream %u", (u32)f[0].number);
	}
	if (!s) {
		if (w)
			free_writer(w);
		request_failed(METHOD_TREE_WRITE, request, &failure);
		return;
	}
	s->context = w;
	s->driver = &tree_write_driver;
	s->writable = true;
	request_done(METHOD_TREE_WRITE, request, NULL, 0);
}
