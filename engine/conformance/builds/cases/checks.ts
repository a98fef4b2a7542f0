/** Findings of the build checks, one build each rule or more. https://docs.docker.com/reference/build-checks/ */
import type { BuildCase } from "../build-case.ts";
import { lines } from "./lines.ts";

const cases: readonly BuildCase[] = [
  {
    name: "check-names",
    dockerfile: lines("FROM busybox AS Upper", "FROM Upper AS twice", "FROM busybox AS twice", "LABEL a=b"),
  },
  {
    name: "check-stage-names",
    dockerfile: lines("FROM busybox AS Upper", "FROM upper AS twice", "FROM busybox AS twice", "LABEL a=b"),
  },
  { name: "check-from", dockerfile: lines("FROM --platform=$TARGETPLATFORM busybox As stage", "LABEL a=b") },
  { name: "check-json-args", dockerfile: lines("FROM busybox", "CMD run me", "ENTRYPOINT me too") },
  { name: "check-json-args-with-shell", dockerfile: lines("FROM busybox", 'SHELL ["/bin/sh", "-c"]', "CMD run me") },
  {
    name: "check-multiple",
    dockerfile: lines(
      "FROM busybox",
      'CMD ["a"]',
      'CMD ["b"]',
      'ENTRYPOINT ["a"]',
      'ENTRYPOINT ["b"]',
      'HEALTHCHECK CMD ["a"]',
      'HEALTHCHECK CMD ["b"]',
    ),
  },
  {
    name: "check-workdir-relative",
    dockerfile: lines("FROM busybox", "WORKDIR relative", "WORKDIR /then", "WORKDIR fine"),
  },
  {
    name: "check-secrets",
    dockerfile: lines(
      "FROM busybox",
      "ARG MY_TOKEN=x AWS_SECRET_ACCESS_KEY",
      "ENV API_KEY=x PASSWORD_FILE=/x passwd=y",
    ),
  },
  { name: "check-legacy", dockerfile: lines("FROM busybox", "MAINTAINER me", "ENV a b", "LABEL c d e") },
  {
    name: "check-continuation",
    dockerfile: lines("FROM busybox", "LABEL a=b \\", "", "  c=d", "EXPOSE 80 \\", "", "# comment", "", "  90"),
  },
  {
    name: "check-expose",
    dockerfile: lines("FROM busybox", "EXPOSE 80/TCP", "EXPOSE 8080:80", "EXPOSE 127.0.0.1:1:2"),
  },
  { name: "check-undefined-in-from", dockerfile: lines("FROM busybox${TAGG}", "LABEL a=b") },
  {
    name: "check-undefined-arg-late",
    dockerfile: lines("FROM busybox", "LABEL a=$LATE", "ARG LATE=1", "LABEL b=$LATE c=$PAHT"),
  },
  {
    name: "check-invalid-default",
    dockerfile: lines("ARG TAG", "FROM busybox:${TAG}", "LABEL a=b"),
    options: { buildArgs: { TAG: "latest" } },
  },
  {
    name: "check-copy-ignored",
    dockerfile: lines("FROM busybox", "COPY secret.txt other.txt /x/"),
    files: { "secret.txt": "s", "other.txt": "o", ".dockerignore": "*.none\n" },
  },
  { name: "check-reserved", dockerfile: lines("FROM busybox AS context", "LABEL a=b") },
  { name: "check-casing", dockerfile: lines("From busybox", "LABEL a=b", "env c=d") },
  { name: "check-redundant-platform", dockerfile: lines("FROM --platform=${TARGETPLATFORM} busybox", "LABEL a=b") },
  {
    name: "check-constant-platform",
    dockerfile: lines("FROM --platform=linux/386 busybox AS a", "FROM a", "LABEL a=b"),
  },
];

export const CHECKS = { name: "checks", cases };
