/** Where our builds differ from BuildKit's, and why. */
import type { Difference } from "./recorded-build.ts";

interface Expected {
  /** Names of cases; all without it. */
  readonly cases?: RegExp;
  /** The field, as `recorded-build.ts` names it. */
  readonly path: RegExp;
  /** What Docker says there. */
  readonly theirs?: RegExp;
  readonly ours?: RegExp;
  readonly why: string;
}

const EXPECTED: readonly Expected[] = [
  {
    path: /^layers\[\d+\]$/,
    theirs: /^\["(?:etc|proc|sys) d0755 0:0"(?:,"(?:etc|proc|sys) d0755 0:0")*\]$/,
    ours: /^\[\]$/,
    why: "runc makes the places of its mounts, and the directory of /etc/resolv.conf has changed when BuildKit has taken its own away; a place that was only mounted on is in no layer here",
  },
  {
    cases: /^run-mount-bind$/,
    path: /^layers\[9\]$/,
    theirs: /^\["etc d0755 0:0","w d0755 0:0"\]$/,
    ours: /^\[\]$/,
    why: "the same, of a mount below the working directory",
  },
  {
    cases: /^run-mount-secret$/,
    path: /^layers\[2\]$/,
    theirs: /^\["etc d0755 0:0","root d0700 0:0"\]$/,
    ours: /^\[\]$/,
    why: "the same, of a mount in /root",
  },
  {
    cases: /^layer-kinds-change$/,
    path: /^layers\[[23]\]$/,
    theirs: /^\["etc d0755 0:0","was-(?:file|link)\/\.wh\.\.wh\.\.opq -0755 0:0 \\"\\""\]$/,
    ours: /^\[\]$/,
    why: "a directory that replaces what was none hides nothing: overlayfs marks it all the same",
  },
  {
    cases: /^arg-build-platform$/,
    path: /^(?:output|history|steps|again)/,
    theirs: /linux\/amd64|^$/,
    why: "the recorded machine is amd64, the guest i386",
  },
  {
    cases: /^(?:arg-secret-names|check-secrets)$/,
    path: /^warnings$/,
    theirs: /^\["[^"]*\\"(?:NOT_SECRET_FILE|PASSWORD_FILE)\\"[^"]*"\]$/,
    ours: /^\[\]$/,
    why: "the recorded frontend is older than the rule that a name with FILE is harmless",
  },
  {
    cases: /^(?:run-security-|copy-parents$)/,
    path: /^/,
    why: "the recorded frontend is older than the flag",
  },
  {
    cases: /^run-network-host$/,
    path: /^/,
    why: "there are no entitlements here: the guest's own network is all that the network of the host is",
  },
  {
    cases: /^(?:run-mount-from-unknown-stage|copy-from-unknown|stages-no-such-image)$/,
    path: /^error$/,
    ours: /failed to resolve source metadata for docker\.io\/library\/drydock-no-such-image/,
    why: "there is no registry on the recorded machine, nor in the test",
  },
  {
    cases: /^config-workdir-scratch$/,
    path: /^again$/,
    theirs: /^\["\[1\/2\] WORKDIR \/only\/this"\]$/,
    why: "BuildKit does not look at a step whose result nobody asked for",
  },
  {
    cases: /^config-onbuild-from$/,
    path: /^(?:steps|again)$/,
    theirs: /\[src 3\/2\]/,
    ours: /\[src 2\/2\]/,
    why: "BuildKit counts the base twice when a trigger names another stage",
  },
  {
    cases: /^stages-same-step-twice$/,
    path: /^(?:steps|again)$/,
    why: "the same step of two stages is one to BuildKit; here each is told, the second as cached",
  },
  {
    cases: /^copy-link-flag$/,
    path: /^layers\[[2345]\]$/,
    why: "the recorded daemon's image store cannot merge layers, so that BuildKit copies there as without --link",
  },
  {
    cases: /^copy-from-image-missing$/,
    path: /^error$/,
    theirs: /^"lstat \/no\/such: no such file or directory"$/,
    ours: /failed to compute cache key: failed to calculate checksum of ref REF: \\"\/no\/such\\": not found/,
    why: "what BuildKit says of a stage with steps of its own it does not of a bare image, whose checksum it does not need",
  },
  {
    cases: /^copy-checksum-local$/,
    path: /^steps$/,
    why: "the same error, when the step's turn has come",
  },
  {
    cases: /^contexts-(?:files|replace-image|replace-stage|base)$/,
    path: /^(?:steps|again)$/,
    why: "BuildKit names what comes from a named context after it; here it is told as images and files are",
  },
  {
    cases: /^contexts-base$/,
    path: /^history\[[01]\]$/,
    why: "files that a stage begins with are a step of the history here; BuildKit appends one to the history for want of it",
  },
  {
    cases: /^contexts-no-such-stage$/,
    path: /^steps$/,
    theirs: /^\[\]$/,
    why: "the client of BuildKit finds it out",
  },
  {
    cases: /^ignore-(?:of-dockerfile|in-subdirectory)$/,
    path: /^(?:steps|again)$/,
    theirs: /^\[\]$/,
    ours: /^\["\[internal\] load \.dockerignore"\]$/,
    why: "BuildKit has read the Dockerfile's own ignore file with the Dockerfile",
  },
  {
    cases: /^check-names$/,
    path: /^steps$/,
    theirs: /^\["\[internal\] load metadata for docker\.io\/library\/busybox:latest"\]$/,
    ours: /^\[\]$/,
    why: "BuildKit has asked for one stage's image before it finds that another's name is none",
  },
  {
    cases: /^ignore-bad-pattern$/,
    path: /^steps$/,
    ours: /^\[\]$/,
    why: "POST /build reads what comes with the context before the build begins",
  },
];

export function isExpected(name: string, difference: Difference): boolean {
  const theirs = JSON.stringify(difference.theirs) ?? "";
  const ours = JSON.stringify(difference.ours) ?? "";
  return EXPECTED.some(
    (line) =>
      line.path.test(difference.path) &&
      (line.cases?.test(name) ?? true) &&
      (line.theirs?.test(theirs) ?? true) &&
      (line.ours?.test(ours) ?? true),
  );
}
