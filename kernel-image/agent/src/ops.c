#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ops.h"

static const struct op operations[OP_COUNT] = {
	[OP_MKDIR] = { "s41", op_mkdir },
	[OP_MOUNT] = { "sss4s", op_mount },
	[OP_UMOUNT] = { "s4", op_umount },
	[OP_WRITE] = { "sb44", op_write },
	[OP_READ] = { "s1", op_read },
	[OP_SYMLINK] = { "ss", op_symlink },
	[OP_MKNOD] = { "s444", op_mknod },
	[OP_CHMOD] = { "s4", op_chmod },
	[OP_CHOWN] = { "s44", op_chown },
	[OP_UNLINK] = { "s", op_unlink },
	[OP_REMOVE] = { "s", op_remove },
	[OP_RMDIR] = { "s", op_rmdir },
	[OP_RENAME] = { "ss", op_rename },
	[OP_PIVOT_ROOT] = { "s", op_pivot_root, .child_only = true },
	[OP_CHDIR] = { "s1", op_chdir, .child_only = true },
	[OP_HOSTNAME] = { "s", op_hostname },
	[OP_DOMAINNAME] = { "s", op_domainname },
	[OP_RLIMIT] = { "488", op_rlimit, .child_only = true },
	[OP_USER] = { "44L", op_user, .child_only = true },
	[OP_CAPS] = { "88888", op_caps, .child_only = true },
	[OP_PRCTL] = { "44444", op_prctl, .child_only = true },
	[OP_SECCOMP] = { "4b", op_seccomp, .child_only = true },
	[OP_UNSHARE] = { "4", op_unshare, .child_only = true },
	[OP_SETNS] = { "s4", op_setns, .child_only = true },
	[OP_NETLINK] = { "44bL1", op_netlink },
	[OP_TTY] = { "", op_tty, .child_only = true },
	[OP_EXEC] = { "SSs", op_exec, .child_only = true },
	[OP_OPEN_TREE] = { "1s1", op_open_tree },
	[OP_MOVE_MOUNT] = { "1s414", op_move_mount },
	[OP_MASK] = { "s", op_mask },
	[OP_READONLY] = { "s", op_readonly },
	[OP_STAT] = { "s1", op_stat },
	[OP_READDIR] = { "s", op_readdir },
	[OP_STATFS] = { "s", op_statfs },
	[OP_DEVICE_PROGRAM] = { "sb", op_device_program },
	[OP_READLINK] = { "s", op_readlink },
	[OP_UMASK] = { "4", op_umask, .child_only = true },
	[OP_SYNC] = { "", op_sync },
	[OP_LISTEN] = { "441s2", op_listen },
	[OP_UNLISTEN] = { "4", op_unlisten },
};

int op_check(struct reader *in)
{
	struct field fields[FIELDS_MAX];
	u8 code;

	if (in->at == in->end)
		return -EPROTO;
	code = *in->at++;
	if (code >= OP_COUNT || !operations[code].run)
		return -EPROTO;
	return decode(operations[code].signature, in, fields, false);
}

static u8 next_code(struct reader *in)
{
	u8 code = *in->at;

	op_check(in);
	return code;
}

bool ops_end_with(const struct field *list, u8 code)
{
	struct reader in = { list->bytes, list->bytes + list->length };
	u64 left = list->number;

	while (left--) {
		if ((next_code(&in) == code) != !left)
			return false;
	}
	return list->number > 0;
}

bool ops_contain(const struct field *list, u8 code)
{
	struct reader in = { list->bytes, list->bytes + list->length };

	for (u64 left = list->number; left; left--) {
		if (next_code(&in) == code)
			return true;
	}
	return false;
}

/* The string with the first $PID replaced, on the heap; NULL: nothing to replace. */
static char *with_pid(const char *text, pid_t pid)
{
	const char *at = strstr(text, "$PID");
	char *out;

	if (!at || asprintf(&out, "%.*s%d%s", (int)(at - text), text, pid, at + 4) < 0)
		return NULL;
	return out;
}

static int run_one(struct op_context *context, const struct op *op, struct field *fields)
{
	char *replaced[FIELDS_MAX] = { NULL };
	int error;

	for (size_t i = 0; context->child && op->signature[i]; i++) {
		if (op->signature[i] != 's')
			continue;
		replaced[i] = with_pid(fields[i].string, context->child);
		if (replaced[i])
			fields[i].string = replaced[i];
	}
	error = op->run(context, fields);
	for (size_t i = 0; i < FIELDS_MAX; i++)
		free(replaced[i]);
	return error;
}

int ops_run(struct op_context *context, const struct field *list, struct buffer *results)
{
	struct reader in = { list->bytes, list->bytes + list->length };
	struct field fields[FIELDS_MAX];
	struct buffer discarded = { 0 };

	for (u32 i = 0; i < list->number; i++) {
		u8 code = *in.at++;
		const struct op *op = &operations[code];
		size_t start = results ? results->length : 0;
		int error = decode(op->signature, &in, fields, true);

		context->failure->op = i;
		if (error)
			return fail(context->failure, error, "op %u", code);
		if (op->child_only && !context->in_child)
			return fail(context->failure, EPERM, "op %u outside a child", code);
		if (results)
			put_u32(results, 0);
		context->result = results ? results : &discarded;
		error = run_one(context, op, fields);
		buffer_free(&discarded);
		if (error)
			return error;
		if (!results)
			continue;
		if (results->failed)
			return fail(context->failure, ENOMEM, "op %u", code);
		set_u32(results, start, results->length - start - 4);
	}
	return 0;
}
