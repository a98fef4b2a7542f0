#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "netlink.h"
#include "ops.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

enum {
	SOCKET_BUFFER = 2 << 20, /* many acknowledgements of one batch */
	ANSWER_STEP = 32768,	 /* the kernel fills at most this much in one message */
};

/* The kernel's explanation in an extended acknowledgement, or "". */
static void explain(const struct nlmsghdr *h, char *to, size_t size)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);
	size_t skip = sizeof(*e);
	const u8 *at = (const u8 *)e, *end = (const u8 *)h + h->nlmsg_len;

	*to = 0;
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED) && e->msg.nlmsg_len >= NLMSG_HDRLEN)
		skip += NLMSG_ALIGN(e->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (skip > (size_t)(end - at))
		return;
	at += skip;
	while (end - at >= (ptrdiff_t)sizeof(struct nlattr)) {
		const struct nlattr *a = (const struct nlattr *)at;

		if (a->nla_len < sizeof(*a) || a->nla_len > end - at)
			return;
		if ((a->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG) {
			size_t length = a->nla_len - sizeof(*a);

			if (length >= size)
				length = size - 1;
			memcpy(to, a + 1, length);
			to[length] = 0;
			return;
		}
		if (NLA_ALIGN(a->nla_len) > end - at)
			return;
		at += NLA_ALIGN(a->nla_len);
	}
}

/* The error in one datagram of answers: 0 or negative errno. */
static int check(const u8 *data, size_t length, struct failure *f)
{
	char why[160];

	while (length >= NLMSG_HDRLEN) {
		const struct nlmsghdr *h = (const struct nlmsghdr *)data;
		const struct nlmsgerr *e = NLMSG_DATA(h);
		size_t step;

		if (h->nlmsg_len < NLMSG_HDRLEN || h->nlmsg_len > length)
			return fail(f, EBADMSG, "netlink(answer)");
		if (h->nlmsg_type == NLMSG_ERROR && h->nlmsg_len >= NLMSG_LENGTH(sizeof(*e)) &&
		    e->error) {
			explain(h, why, sizeof(why));
			return fail(f, e->error, "netlink(type %#x, seq %u%s%s)", e->msg.nlmsg_type,
				    e->msg.nlmsg_seq, *why ? ", " : "", why);
		}
		step = NLMSG_ALIGN(h->nlmsg_len);
		if (step > length)
			break;
		data += step;
		length -= step;
	}
	return 0;
}

static int gather(int fd, struct buffer *answers, struct failure *f)
{
	int error = 0;

	for (;;) {
		size_t padding = -answers->length & 3;
		u8 *to = buffer_extend(answers, padding + ANSWER_STEP);
		ssize_t n;

		if (!to)
			return fail(f, ENOMEM, "recv(netlink)");
		memset(to, 0, padding);
		n = recv(fd, to + padding, ANSWER_STEP, MSG_DONTWAIT | MSG_TRUNC);
		if (n > ANSWER_STEP)
			return fail(f, EMSGSIZE, "recv(netlink)");
		answers->length -= ANSWER_STEP - (n > 0 ? n : 0) + (n > 0 ? 0 : padding);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return fail(f, errno, "recv(netlink)");
		if (n <= 0)
			return error;
		if (!error)
			error = check(to + padding, n, f);
	}
}

int netlink_talk(int fd, const u8 *messages, size_t length, struct buffer *answers,
		 struct failure *f)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int size = SOCKET_BUFFER, on = 1;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	if (sendto(fd, messages, length, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return fail(f, errno, "sendto(netlink, %zu bytes)", length);
	return gather(fd, answers, f);
}

int netlink_loopback_up(struct failure *f)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} message = {
		.header = { sizeof(message), RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 0 },
		.link = { .ifi_index = 1, .ifi_flags = IFF_UP, .ifi_change = IFF_UP },
	};
	struct buffer answers = { 0 };
	scoped_fd fd = socket_in(0, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	int error;

	if (fd < 0)
		return fail(f, fd, "socket(AF_NETLINK)");
	error = netlink_talk(fd, (u8 *)&message, sizeof(message), &answers, f);
	buffer_free(&answers);
	return error;
}
