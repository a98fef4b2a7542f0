/*
 * Netlink messages in, answers out. The kernel answers within sendmsg, and goes on
 * with a dump within recvmsg, so nothing here ever waits.
 */
#ifndef NETLINK_H
#define NETLINK_H

#include "base.h"
#include "codec.h"

/*
 * Sends messages on a netlink socket and gathers all answers. 0, or the errno of the
 * first NLMSG_ERROR with the message and the kernel's own words in the failure.
 */
int netlink_talk(int fd, const u8 *messages, size_t length, struct buffer *answers,
		 struct failure *f);
/* Sets the loopback interface up. */
int netlink_loopback_up(struct failure *f);

#endif
