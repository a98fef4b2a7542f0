/*
 * The numbers of PROTOCOL.md, mirrored by engine/guest/protocol.ts.
 * Every integer on the wire is little-endian, as is every machine this runs on.
 */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t i32;
typedef int64_t i64;

enum {
	PROTOCOL_VERSION = 1,
	FRAME_HEADER_SIZE = 12,
	REQUEST_MAX = 1 << 20, /* payload of a REQUEST */
	DATA_MAX = 16384,      /* payload of a DATA */
	STREAM_CREDIT = 65536, /* each direction, at the start */
	ACK_THRESHOLD = 8192,
	READ_MAX = 1 << 20,	    /* result of a READ op */
	GUEST_STREAM = 0x80000000u, /* id bit of streams the agent opens */
	CHILD_NETNS = 0xffffffffu,
	MOUNT_SLOTS = 64,
};

enum frame_type {
	FRAME_REQUEST = 1,
	FRAME_RESPONSE = 2,
	FRAME_EVENT = 3,
	FRAME_DATA = 4,
	FRAME_CREDIT = 5,
	FRAME_CLOSE = 6,
	FRAME_RESET = 7,
	FRAME_LINK_ACK = 8,
	FRAME_OPEN = 9,
};

struct frame_header {
	u32 length;
	u8 type;
	u8 flags;
	u16 code;
	u32 id;
} __attribute__((packed));

enum method {
	METHOD_RESTORED = 1,
	METHOD_OPS = 2,
	METHOD_START = 3,
	METHOD_KILL = 4,
	METHOD_RESIZE = 5,
	METHOD_CONNECT = 6,
	METHOD_LISTEN = 7,
	METHOD_FILE_READ = 8,
	METHOD_FILE_WRITE = 9,
	METHOD_TREE_READ = 10,
	METHOD_TREE_WRITE = 11,
	METHOD_PING = 12,
	METHOD_COUNT
};

enum event {
	EVENT_READY = 1,
	EVENT_EXIT = 2,
	EVENT_LOG = 3,
};

enum phase {
	PHASE_REQUEST = 0,
	PHASE_PARENT = 1,
	PHASE_CHILD = 2,
};

enum stdio_mode {
	STDIO_PIPES = 0,
	STDIO_PTY = 1,
};

enum address_family {
	ADDRESS_UNIX = 0,
	ADDRESS_TCP = 1,
	ADDRESS_UDP = 2,
};

enum tree_flag {
	TREE_READ_ONE_MOUNT = 1,
	TREE_READ_ENTRY_ONLY = 2,
	TREE_WRITE_KEEP_KIND = 1,
};

enum op_code {
	OP_MKDIR = 1,
	OP_MOUNT = 2,
	OP_UMOUNT = 3,
	OP_WRITE = 4,
	OP_READ = 5,
	OP_SYMLINK = 6,
	OP_MKNOD = 7,
	OP_CHMOD = 8,
	OP_CHOWN = 9,
	OP_UNLINK = 10,
	OP_REMOVE = 11,
	OP_RMDIR = 12,
	OP_RENAME = 13,
	OP_PIVOT_ROOT = 14,
	OP_CHDIR = 15,
	OP_HOSTNAME = 16,
	OP_DOMAINNAME = 17,
	OP_RLIMIT = 18,
	OP_USER = 19,
	OP_CAPS = 20,
	OP_PRCTL = 21,
	OP_SECCOMP = 22,
	OP_UNSHARE = 23,
	OP_SETNS = 24,
	OP_NETLINK = 25,
	OP_TTY = 26,
	OP_EXEC = 27,
	OP_OPEN_TREE = 28,
	OP_MOVE_MOUNT = 29,
	OP_MASK = 30,
	OP_READONLY = 31,
	OP_STAT = 32,
	OP_READDIR = 33,
	OP_STATFS = 34,
	OP_DEVICE_PROGRAM = 35,
	OP_READLINK = 36,
	OP_UMASK = 37,
	OP_SYNC = 38,
	OP_LISTEN = 39,
	OP_UNLISTEN = 40,
	OP_COUNT
};

#endif
