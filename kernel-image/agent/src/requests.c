#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include "link.h"
#include "ops.h"
#include "process.h"
#include "requests.h"
#include "streams.h"

void request_done(u16 method, u32 id, const void *result, size_t length)
{
	static const i32 none;
	struct buffer out = { 0 };
	u8 *to;

	if (length + sizeof(none) <= DATA_MAX) {
		to = link_reserve();
		memcpy(to, &none, sizeof(none));
		if (length)
			memcpy(to + sizeof(none), result, length);
		link_commit(FRAME_RESPONSE, method, id, length + sizeof(none));
		return;
	}
	put_u32(&out, 0);
	put_bytes_raw(&out, result, length);
	if (out.failed)
		request_refused(method, id, ENOMEM, "response");
	else
		link_send(FRAME_RESPONSE, method, id, out.data, out.length);
	buffer_free(&out);
}

void request_failed(u16 method, u32 id, const struct failure *f)
{
	u32 length = strnlen(f->detail, sizeof(f->detail));
	u8 *to = link_reserve();

	memcpy(to, &f->error, 4);
	to[4] = f->phase;
	memcpy(to + 5, &f->op, 4);
	memcpy(to + 9, &length, 4);
	memcpy(to + 13, f->detail, length);
	link_commit(FRAME_RESPONSE, method, id, 13 + length);
}

void request_refused(u16 method, u32 id, int error, const char *why)
{
	struct failure f = { 0 };

	fail(&f, error, "%s", why);
	request_failed(method, id, &f);
}

static void answer(u16 method, u32 id, int error, struct failure *f)
{
	if (error)
		request_failed(method, id, f);
	else
		request_done(method, id, NULL, 0);
}

/* RNDADDENTROPY wants its header in front of the bytes. */
static int add_entropy(const u8 *bytes, u32 length, struct failure *f)
{
	scoped_fd fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
	scoped_free struct rand_pool_info *pool = malloc(sizeof(*pool) + length);

	if (fd < 0)
		return fail(f, errno, "open(/dev/urandom)");
	if (!pool)
		return fail(f, ENOMEM, "ioctl(RNDADDENTROPY)");
	pool->entropy_count = length * 8;
	pool->buf_size = length;
	memcpy(pool->buf, bytes, length);
	if (ioctl(fd, RNDADDENTROPY, pool) < 0)
		return fail(f, errno, "ioctl(RNDADDENTROPY, %u)", length);
	if (ioctl(fd, RNDRESEEDCRNG) < 0)
		return fail(f, errno, "ioctl(RNDRESEEDCRNG)");
	return 0;
}

static void restored(u32 id, struct field *f)
{
	struct timespec now = { (i64)f[0].number, f[1].number };
	struct failure failure = { 0 };
	int error = 0;

	if (f[1].number > 999999999)
		error = fail(&failure, EINVAL, "clock_settime(%lld)", (long long)f[0].number);
	if (!error && f[2].length)
		error = add_entropy(f[2].bytes, f[2].length, &failure);
	if (!error && clock_settime(CLOCK_REALTIME, &now) < 0)
		error = fail(&failure, errno, "clock_settime(%lld)", (long long)f[0].number);
	answer(METHOD_RESTORED, id, error, &failure);
}

static void run_ops(u32 id, struct field *f)
{
	struct failure failure = { .phase = PHASE_PARENT };
	struct op_context context = { .failure = &failure };
	struct buffer results = { 0 };

	put_u32(&results, f[0].number);
	if (ops_run(&context, &f[0], &results))
		request_failed(METHOD_OPS, id, &failure);
	else
		request_done(METHOD_OPS, id, results.data, results.length);
	buffer_free(&results);
	mount_slots_close();
}

static void kill_process(u32 id, struct field *f)
{
	struct failure failure = { 0 };
	int error = process_kill(f[0].number, f[1].number);

	if (error)
		fail(&failure, error, "kill(%d, %d)", (int)f[0].number, (int)f[1].number);
	answer(METHOD_KILL, id, error, &failure);
}

static void resize(u32 id, struct field *f)
{
	struct stream *s = stream_find(f[0].number);
	struct failure failure = { 0 };
	int error = ENOENT;

	if (s)
		error = tty_resize(s->watch.fd, f[1].number, f[2].number);
	if (error)
		fail(&failure, error, "ioctl(stream %u, TIOCSWINSZ)", (u32)f[0].number);
	answer(METHOD_RESIZE, id, error, &failure);
}

static void ping(u32 id, struct field *f)
{
	struct buffer out = { 0 };

	put_bytes(&out, f[0].bytes, f[0].length);
	if (out.failed)
		request_refused(METHOD_PING, id, ENOMEM, "ping");
	else
		request_done(METHOD_PING, id, out.data, out.length);
	buffer_free(&out);
}

static const struct {
	const char *signature;
	method_function *run;
} methods[METHOD_COUNT] = {
	[METHOD_RESTORED] = { "84b", restored },
	[METHOD_OPS] = { "O", run_ops },
	[METHOD_KILL] = { "44", kill_process },
	[METHOD_RESIZE] = { "422", resize },
	[METHOD_CONNECT] = { "441s2", socket_connect },
	[METHOD_LISTEN] = { "s4", socket_listen },
	[METHOD_FILE_READ] = { "4ss88", file_read },
	[METHOD_FILE_WRITE] = { "4ss44", file_write },
	[METHOD_TREE_READ] = { "4ss4", tree_read },
	[METHOD_TREE_WRITE] = { "4ss4", tree_write },
	[METHOD_PING] = { "b", ping },
};

/* START ends with three stream ids, or with one and the terminal's size. */
static void start(u32 id, struct reader *in)
{
	struct field f[FIELDS_MAX];
	int error = decode("444sOO1", in, f, true);

	memset(f + 7, 0, 3 * sizeof(*f));
	if (!error && f[6].number <= STDIO_PTY)
		error = decode(f[6].number == STDIO_PTY ? "422" : "444", in, f + 7, true);
	else if (!error)
		error = -EINVAL;
	if (!error && in->at != in->end)
		error = -EPROTO;
	if (error)
		request_refused(METHOD_START, id, error, "start");
	else
		process_start(id, f);
}

void request_received(u16 method, u32 id, u8 *payload, u32 length)
{
	struct reader in = { payload, payload + length };
	struct field f[FIELDS_MAX];

	if (method == METHOD_START) {
		start(id, &in);
		return;
	}
	if (method >= METHOD_COUNT || !methods[method].run) {
		request_refused(method, id, ENOSYS, "method");
		return;
	}
	if (decode(methods[method].signature, &in, f, true) < 0 || in.at != in.end) {
		request_refused(method, id, EPROTO, "request");
		return;
	}
	methods[method].run(id, f);
}
