/** What a `RUN` did to the files, as its layer tells it: each hidden case of overlay and tar. */
import type { BuildCase } from "../build-case.ts";
import { CASE_TIME } from "../build-case.ts";
import { lines } from "./lines.ts";

/** A time of a case's own, for busybox's `touch -d`. */
const AT = `@${CASE_TIME}`;

const cases: readonly BuildCase[] = [
  {
    name: "layer-nothing",
    dockerfile: lines("FROM busybox", "RUN true", "RUN :", "WORKDIR /etc", "RUN cat /etc/passwd >/dev/null"),
  },
  {
    name: "layer-new-file",
    dockerfile: lines("FROM busybox", `RUN echo x >/new && touch -d ${AT} /new`),
    isTimeless: true,
  },
  {
    name: "layer-removed",
    dockerfile: lines(
      "FROM busybox",
      "RUN mkdir /d && echo 1 >/d/1 && echo 2 >/d/2 && echo 3 >/3",
      "RUN rm /d/1",
      "RUN rm -r /d",
      "RUN rm /3 /etc/group",
    ),
  },
  {
    name: "layer-removed-in-same-run",
    dockerfile: lines("FROM busybox", "RUN echo big >/big && mkdir /d && touch /d/f && rm -r /big /d"),
  },
  { name: "layer-removed-later", dockerfile: lines("FROM busybox", "RUN echo big >/big", "RUN rm /big") },
  {
    name: "layer-removed-and-made-again",
    dockerfile: lines("FROM busybox", "RUN echo 1 >/f", "RUN rm /f && echo 2 >/f"),
  },
  {
    name: "layer-opaque",
    dockerfile: lines(
      "FROM busybox",
      "RUN mkdir -p /d/sub && echo 1 >/d/1 && echo 2 >/d/sub/2 && chmod 700 /d",
      "RUN rm -r /d && mkdir /d && echo new >/d/new",
      "RUN ls -R /d",
      "RUN rm -r /d && mkdir /d && echo 1 >/d/1",
    ),
  },
  {
    name: "layer-kinds-change",
    dockerfile: lines(
      "FROM busybox",
      "RUN mkdir /was-dir && touch /was-dir/f && echo f >/was-file && ln -s nowhere /was-link",
      "RUN rm -r /was-dir && echo now file >/was-dir; rm /was-file && mkdir /was-file && touch /was-file/in; rm /was-link && echo f >/was-link",
      "RUN rm /was-dir && ln -s was-link /was-dir; rm -r /was-file && mkfifo /was-file; rm /was-link && mkdir /was-link",
    ),
  },
  {
    name: "layer-renamed",
    dockerfile: lines(
      "FROM busybox",
      "RUN mkdir -p /a/b && echo f >/a/b/f && echo g >/g",
      "RUN mv /a /c && mv /g /c/b/g",
      "RUN ls -R /c; ls -d /a /g 2>&1",
    ),
  },
  {
    name: "layer-modes",
    dockerfile: lines(
      "FROM busybox",
      "RUN for m in 0 400 644 755 1777 2755 4755 6711 7777; do echo $m >/m$m; chmod $m /m$m; mkdir /d$m; chmod $m /d$m; done",
      "RUN chmod 600 /m644 && chmod 700 /d755 && chmod u+s /bin/busybox || true",
      "RUN chmod 600 /m600 2>/dev/null; chmod 600 /m644",
    ),
  },
  {
    name: "layer-owners",
    dockerfile: lines(
      "FROM busybox",
      "RUN touch /f && chown 1:2 /f && mkdir /d && chown 70000:4000000000 /d && ln -s f /l && chown -h 9:8 /l",
      "RUN chown 3 /f",
      "RUN chown -R 5:5 /d /etc/passwd",
      "USER 12:34",
      "RUN touch /tmp/mine && mkdir /tmp/d && ln -s x /tmp/l",
    ),
  },
  {
    name: "layer-setuid-survives-chown",
    dockerfile: lines(
      "FROM busybox",
      "RUN echo x >/s && chmod 4755 /s && chown 5 /s",
      "RUN chmod 6755 /s && touch /s",
      "RUN echo y >>/s",
    ),
  },
  {
    name: "layer-links",
    dockerfile: lines(
      "FROM busybox",
      "RUN ln -s /absolute/target /abs && ln -s ../relative /rel && ln -s 'with blank' /blank && ln -s abs /chain && mkdir /d && ln -s .. /d/up",
      "RUN ln -sfn other /rel && rm /abs",
    ),
  },
  {
    name: "layer-hard-links",
    dockerfile: lines(
      "FROM busybox",
      "RUN echo h >/h1 && ln /h1 /h2 && mkdir /d && ln /h1 /d/h3 && echo alone >/alone",
      "RUN echo more >>/h2",
      "RUN rm /h1",
      "RUN ln /alone /alone2",
      "RUN cat /h2 /d/h3 /alone2; stat -c %h /alone",
    ),
  },
  {
    name: "layer-hard-link-to-base",
    dockerfile: lines("FROM busybox", "RUN ln /etc/passwd /p", "RUN chmod 600 /p"),
  },
  {
    name: "layer-devices",
    dockerfile: lines(
      "FROM busybox",
      "RUN mknod /c c 1 3 && mknod -m 600 /b b 7 200 && mkfifo -m 640 /p && mknod /big c 300 70000",
      "RUN rm /c && echo file >/c",
    ),
  },
  {
    name: "layer-times",
    dockerfile: lines(
      "FROM busybox",
      `RUN echo t >/t && touch -d ${AT} /t && mkdir /d && echo u >/d/u && touch -d @${CASE_TIME + 5} /d/u && touch -d @${CASE_TIME + 7} /d && ln -s t /l && touch -h -d @${CASE_TIME + 9} /l; true`,
      `RUN touch -d @${CASE_TIME + 11} /t`,
    ),
  },
  {
    name: "layer-same-content-again",
    dockerfile: lines(
      "FROM busybox",
      `RUN echo t >/t && touch -d ${AT} /t`,
      `RUN echo t >/t && touch -d ${AT} /t`,
      `RUN cp -p /t /u && mv /u /t`,
    ),
  },
  {
    name: "layer-names",
    dockerfile: lines(
      "FROM busybox",
      "RUN cd / && touch -- 'with blank' 'ümläut' '日本語' 'a\"b' \"it's\" '-dash' '#hash' '..two' '...' 'back\\slash' && printf 'x' >\"$(printf 'new\\nline')\" && printf 'y' >\"$(printf 'tab\\there')\"",
      "RUN mkdir -p /$(head -c 90 /dev/zero | tr '\\0' a)/$(head -c 90 /dev/zero | tr '\\0' b)/$(head -c 90 /dev/zero | tr '\\0' c) && touch /$(head -c 200 /dev/zero | tr '\\0' n)",
      "RUN ln -s $(head -c 150 /dev/zero | tr '\\0' t) /long-link",
      "RUN rm '/with blank' /ümläut /日本語",
    ),
  },
  {
    name: "layer-whiteout-names",
    dockerfile: lines("FROM busybox", "RUN mkdir /d && touch /d/.wh /d/wh.x", "RUN rm /d/.wh /d/wh.x"),
  },
  {
    name: "layer-deep-parents",
    dockerfile: lines(
      "FROM busybox",
      "RUN mkdir -p /a/b/c/d && touch /a/b/c/d/f",
      "RUN touch /a/b/c/d/g",
      "RUN rm /a/b/c/d/f",
      "RUN chmod 700 /a/b",
    ),
  },
  {
    name: "layer-sizes",
    dockerfile: lines(
      "FROM busybox",
      "RUN : >/zero; head -c 511 /dev/zero >/511; head -c 512 /dev/zero >/512; head -c 513 /dev/zero >/513; head -c 100000 /dev/zero | tr '\\0' x >/100000; dd if=/dev/zero of=/sparse bs=1 count=1 seek=65535 2>/dev/null",
    ),
  },
  {
    name: "layer-append-to-base",
    dockerfile: lines(
      "FROM busybox",
      "RUN echo x:x:5:5::/: >>/etc/passwd",
      "RUN chmod 600 /etc/passwd",
      "RUN sed -i s/x:x/y:y/ /etc/passwd",
    ),
  },
  {
    name: "layer-tmp-and-run",
    dockerfile: lines(
      "FROM busybox",
      "RUN echo t >/tmp/t; mkdir -p /run /var/run; echo r >/run/r; echo d >/dev/shm/d; echo n >/dev/null; echo x >/dev/x; ls /dev/x",
    ),
  },
  {
    name: "layer-mount-places",
    dockerfile: lines(
      "FROM busybox",
      "RUN --mount=type=tmpfs,target=/made/for/mount touch /made/beside",
      "RUN --mount=type=cache,id=corpus-places,target=/etc/cache true",
      "RUN --mount=type=bind,target=/etc/ctx true",
      "RUN ls -R /made",
    ),
  },
  { name: "layer-root-changes", dockerfile: lines("FROM busybox", "RUN chmod 700 /", "RUN stat -c %a /; chown 5 /") },
  {
    name: "layer-removed-all",
    dockerfile: lines(
      "FROM busybox AS a",
      "RUN mkdir /d && touch /d/1 /d/2 /d/.hidden",
      "RUN rm -rf /d/* /d/.hidden",
      "RUN rmdir /d",
      "FROM scratch",
      "COPY --from=a /etc /etc",
    ),
  },
];

export const LAYERS = { name: "layers", cases };
