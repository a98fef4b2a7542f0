/*
 * Reads fixtures (testdata/<kind>-<name>.hex): each must decode to its last byte, and
 * none of its prefixes may.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../src/codec.h"
#include "../src/ops.h"

static const struct {
	const char *kind, *signature;
} payloads[] = {
	{ "frame-request-restored", "84b" },
	{ "frame-request-ops", "O" },
	{ "frame-request-start-pipes", "444sOO1444" },
	{ "frame-request-start-pty", "444sOO1422" },
	{ "frame-request-kill", "44" },
	{ "frame-request-resize", "422" },
	{ "frame-request-connect", "441s2" },
	{ "frame-request-listen", "s4" },
	{ "frame-request-file-read", "4ss88" },
	{ "frame-request-file-write", "4ss44" },
	{ "frame-request-tree", "4ss4" },
	{ "frame-request-ping", "b" },
	{ "frame-response-start", "44" },
	{ "frame-response-ops", "4S" },
	{ "frame-response-failure", "414s" },
	{ "frame-event-ready", "4s" },
	{ "frame-event-exit", "4488" },
	{ "frame-event-log", "1s" },
	{ "frame-credit", "4" },
	{ "frame-reset", "4" },
	{ "frame-link-ack", "4" },
	{ "frame-open", "444" },
};

static size_t read_hex(const char *path, u8 *out, size_t size)
{
	FILE *file = fopen(path, "r");
	char line[4096];
	size_t n = 0;
	unsigned byte;

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		for (char *at = line; *line != '#' && isxdigit((u8)*at) && n < size; at += 2) {
			sscanf(at, "%2x", &byte);
			out[n++] = byte;
		}
	}
	fclose(file);
	return n;
}

/* Decodes a copy of exactly this size, so that the sanitizer sees every step beyond it. */
static bool decodes(const char *name, const u8 *bytes, size_t length)
{
	u8 *copy = malloc(length + 1);
	struct reader in = { copy + 1, copy + 1 + length };
	struct field f[FIELDS_MAX + 1];
	bool good = false;

	memcpy(copy + 1, bytes, length);
	if (!strncmp(name, "op-", 3))
		good = op_check(&in) == 0 && in.at == in.end;
	for (size_t i = 0; i < array_size(payloads); i++) {
		if (strncmp(name, payloads[i].kind, strlen(payloads[i].kind)))
			continue;
		good = decode(payloads[i].signature, &in, f, true) == 0 && in.at == in.end;
		break;
	}
	free(copy);
	return good;
}

static bool check(const char *name, const u8 *bytes, size_t length)
{
	bool frame = !strncmp(name, "frame-", 6);
	struct frame_header header;

	if (frame) {
		memcpy(&header, bytes, sizeof(header));
		if (length < sizeof(header) || header.length != length - sizeof(header))
			return false;
		bytes += sizeof(header);
		length -= sizeof(header);
		if (header.type == FRAME_DATA || header.type == FRAME_CLOSE)
			return true;
	} else if (strncmp(name, "op-", 3)) {
		return true; /* results and tree records: the Node tests read those */
	}
	if (!decodes(name, bytes, length))
		return false;
	for (size_t n = 0; n < length; n++) {
		if (decodes(name, bytes, n))
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	static u8 bytes[65536];
	int failures = 0;

	for (int i = 1; i < argc; i++) {
		const char *slash = strrchr(argv[i], '/');
		size_t length = read_hex(argv[i], bytes, sizeof(bytes));

		if (!length || !check(slash ? slash + 1 : argv[i], bytes, length)) {
			printf("%s\n", argv[i]);
			failures++;
		}
	}
	printf("%d fixtures\n", argc - 1);
	return failures > 0;
}
