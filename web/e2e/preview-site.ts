/** What the preview's end-to-end tests serve: files and CGI scripts for busybox's httpd, and a WebSocket server in Perl. */
import type { Page } from "playwright";
import { command } from "./session.ts";

const cgi = (script: string): string => `#!/bin/sh\n${script}\n`;

/** Paths below the document root, with contents; `cgi-bin` is executable. */
const FILES: Readonly<Record<string, string>> = {
  "index.html": `<!doctype html><html lang="en"><title>Front page</title><link rel="stylesheet" href="/style.css">
<h1>From the container</h1><p id="mode"></p><a id="next" href="/sub/page.html?a=b#c">next</a>
<a id="absolute" href="http://localhost:8080/sub/page.html">absolute</a>
<script>document.querySelector("#mode").textContent = document.compatMode + " " + document.scripts.length</script></html>`,
  "style.css": "h1 { color: rgb(1, 2, 3) }",
  "sub/page.html": "<!doctype html><title>Second page</title><h1>Second</h1>",
  "form.html": `<!doctype html><title>Form</title><form method="post" action="/cgi-bin/post"><input name="word" value="a b&c"><button>Send</button></form>`,
  "cgi-bin/post": cgi(
    `body=$(head -c "\${CONTENT_LENGTH:-0}" | base64 | tr -d '\\n')
printf 'Content-Type: text/plain\\r\\n\\r\\n%s|%s|%s|%s|%s' "$REQUEST_METHOD" "$CONTENT_TYPE" "$CONTENT_LENGTH" "$HTTP_HOST" "$body"`,
  ),
  "cgi-bin/count": cgi(`printf 'Content-Type: text/plain\\r\\n\\r\\n'; wc -c | tr -d ' \\n'`),
  "cgi-bin/cookie": cgi(
    `printf 'Set-Cookie: secret=s3; HttpOnly; Path=/\\r\\nSet-Cookie: seen=yes; Path=/\\r\\nContent-Type: text/html\\r\\n\\r\\n<!doctype html><title>Cookie</title><pre>%s</pre>' "$HTTP_COOKIE"`,
  ),
  "cgi-bin/echo": cgi(`printf 'Content-Type: text/plain\\r\\n\\r\\n'; env | sort`),
  "cgi-bin/redirect": cgi(
    `printf 'Status: 302 Found\\r\\nLocation: http://localhost:8080/sub/page.html?r=1\\r\\n\\r\\n'`,
  ),
  "cgi-bin/slow": cgi(
    `printf 'Content-Type: text/event-stream\\r\\n\\r\\n'; for i in 1 2 3; do printf 'data: %s\\n\\n' $i; sleep 1; done`,
  ),
  "cgi-bin/large": cgi(`printf 'Content-Type: application/octet-stream\\r\\n\\r\\n'; head -c 8388608 /dev/zero`),
  "cgi-bin/zipped": cgi(
    `printf 'Content-Type: text/plain\\r\\nContent-Encoding: gzip\\r\\n\\r\\n'; echo unpacked | gzip`,
  ),
  "cgi-bin/framed": cgi(
    `printf "Content-Type: text/html\\r\\nX-Frame-Options: DENY\\r\\nContent-Security-Policy: frame-ancestors 'none'; script-src 'self'\\r\\n\\r\\n<!doctype html><title>Framed</title><script>document.title='inline ran'</script><h1>shown</h1>"`,
  ),
};

/** An HTTP/1.0 server without any of the newer headers. */
export const OLD_SERVER = `while :; do printf 'HTTP/1.0 200 OK\\r\\n\\r\\nold but there' | nc -l -p 80 >/dev/null; done`;

/** Greets, then sends back what it gets: text frames of up to 125 bytes. Perl's core alone; hashes by coreutils. */
export const WEB_SOCKET_SERVER = `use strict; use IO::Socket::INET; $SIG{CHLD} = "IGNORE";
my $listen = IO::Socket::INET->new(LocalPort => 80, Listen => 5, ReuseAddr => 1) or die $!;
while (my $c = $listen->accept) {
  next if fork; binmode $c; my $head = "";
  while ($head !~ /\\r\\n\\r\\n/) { sysread($c, $head, 1, length $head) or exit }
  unless ($head =~ /Sec-WebSocket-Key: *(\\S+)/i) { my $page = "<!doctype html><title>Sockets</title>"; print $c "HTTP/1.1 200 OK\\r\\nContent-Type: text/html\\r\\nContent-Length: ".length($page)."\\r\\n\\r\\n$page"; exit }
  my $accept = \`printf %s '$1'258EAFA5-E914-47DA-95CA-C5AB0DC85B11 | sha1sum | cut -c1-40\`; chomp $accept;
  open my $b, "|-", "true"; my $raw = pack "H*", $accept;
  open my $file, ">", "/tmp/raw$$"; binmode $file; print $file $raw; close $file; my $key = \`base64 /tmp/raw$$\`; chomp $key;
  my ($protocol) = $head =~ /Sec-WebSocket-Protocol: *([^,\\r]+)/i;
  syswrite $c, "HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: $key\\r\\n".($protocol ? "Sec-WebSocket-Protocol: $protocol\\r\\n" : "")."\\r\\n";
  syswrite $c, "\\x81\\x05hello";
  while (1) {
    my $h; last unless readn($c, \\$h, 6); my ($op, $len) = unpack "CC", $h; $len &= 127; my $mask = substr $h, 2, 4;
    my $data = ""; last if $len && !readn($c, \\$data, $len); $data ^= substr($mask x 40, 0, $len);
    syswrite $c, pack("CC", $op, $len).$data; last if ($op & 15) == 8;
  } exit;
}
sub readn { my ($c, $out, $n) = @_; $$out = ""; while (length $$out < $n) { sysread($c, $$out, $n - length $$out, length $$out) or return 0 } 1 }
`;

/** Puts files into a directory of the machine. */
export async function putFiles(
  page: Page,
  directory: string,
  files: Readonly<Record<string, string>> = FILES,
): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const place = `${directory}/${path}`;
    const encoded = Buffer.from(text).toString("base64");
    const made = await command(page, `mkdir -p ${place.replace(/\/[^/]*$/, "")}; : > ${place}.b64`);
    if (made.code !== 0) throw new Error(`${place}: ${made.output}`);
    for (let offset = 0; offset < encoded.length; offset += 2000)
      await command(page, `printf %s ${encoded.slice(offset, offset + 2000)} >> ${place}.b64`);
    await command(
      page,
      `base64 -d ${place}.b64 > ${place}; rm ${place}.b64; ${path.startsWith("cgi-bin/") ? `chmod +x ${place}` : ":"}`,
    );
  }
}
