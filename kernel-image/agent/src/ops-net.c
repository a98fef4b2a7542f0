#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "netlink.h"
#include "ops.h"

/* Stores the child's pid where the engine left room for it. */
static int patch(struct op_context *c, const struct field *messages, const struct field *offsets)
{
	u32 pid = c->child;

	for (u32 i = 0; i < offsets->number; i++) {
		u32 at = list_u32(offsets->bytes, i);

		if (!c->child || messages->length < sizeof(pid) ||
		    at > messages->length - sizeof(pid))
			return fail(c->failure, EINVAL, "netlink(pid at %u of %u)", at,
				    messages->length);
		memcpy(messages->bytes + at, &pid, sizeof(pid));
	}
	return 0;
}

int op_netlink(struct op_context *c, struct field *f)
{
	u32 protocol = f[0].number, netns = f[1].number;
	struct failure unheard = { 0 };
	struct buffer answers = { 0 };
	bool optional = f[4].number;
	scoped_fd fd = -1;
	int error = patch(c, &f[2], &f[3]);

	if (error)
		return error;
	if (netns == CHILD_NETNS) {
		if (!c->child)
			return fail(c->failure, EINVAL, "netlink(the child's network)");
		netns = c->child;
	}
	fd = socket_in(netns, AF_NETLINK, SOCK_RAW, protocol);
	if (fd < 0)
		return fail(c->failure, fd, "socket(AF_NETLINK, %u, netns of %u)", protocol, netns);
	error = netlink_talk(fd, f[2].bytes, f[2].length, &answers,
			     optional ? &unheard : c->failure);
	put_bytes_raw(c->result, answers.data, answers.length);
	buffer_free(&answers);
	return optional ? 0 : error;
}

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

int op_device_program(struct op_context *c, struct field *f)
{
	static const char license[] = "GPL";
	scoped_free u8 *instructions = malloc(f[1].length + 1);
	scoped_fd cgroup = -1, program = -1;
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uintptr_t)instructions,
		.insn_cnt = f[1].length / sizeof(struct bpf_insn),
		.license = (uintptr_t)license,
	};
	union bpf_attr attach = {
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI,
	};

	if (!instructions)
		return fail(c->failure, ENOMEM, "bpf(PROG_LOAD)");
	memcpy(instructions, f[1].bytes, f[1].length);
	cgroup = open(f[0].string, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup < 0)
		return fail(c->failure, errno, "open(%s)", f[0].string);
	program = bpf(BPF_PROG_LOAD, &load);
	if (program < 0)
		return fail(c->failure, errno, "bpf(PROG_LOAD, %u instructions)", load.insn_cnt);
	attach.target_fd = cgroup;
	attach.attach_bpf_fd = program;
	if (bpf(BPF_PROG_ATTACH, &attach) < 0)
		return fail(c->failure, errno, "bpf(PROG_ATTACH, %s)", f[0].string);
	return 0;
}
