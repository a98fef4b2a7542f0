/** Where this engine answers differently from Docker on purpose, and why. */
interface Expected {
  /** The field, as `recording.ts` names it. */
  readonly path: RegExp;
  readonly request?: RegExp;
  /** What Docker says there. */
  readonly theirs?: RegExp;
  readonly why: string;
}

const EXPECTED: readonly Expected[] = [
  { path: /\.AppArmorProfile$/, why: "the guest's kernel has no AppArmor" },
  { path: /\.GraphDriver\.Data/, why: "layers are directories of a 9p export" },
  { path: /\.CgroupnsMode$/, theirs: /"host"/, why: "the recorded machine has cgroup v1, the guest has v2" },
  { path: /^body\.message$/, theirs: /API version is 1\.51/, why: "the recorded daemon is one version newer" },
  {
    request: /HostConfig":\{"BlkioWeight|POST \/containers\/host13\/start/,
    path: /^/,
    why: "the recorded machine has no weights of block devices",
  },
  {
    request: /"PortBindings":\{"80\/nonsense"|"ExposedPorts":\{"nonsense"|\/containers\/(host60|config3)\/start/,
    path: /^/,
    why: "Docker ignores a port that is none; here it is refused",
  },
  { request: /create \{"Cmd":\["true"\]\}$/, path: /^/, why: "a container without an image has nothing to run" },
  {
    request: /containers\/nope\/attach/,
    path: /^(body|type)$/,
    why: "Docker's stream of text is an error in JSON here",
  },
  { request: /label":\["one=1"\]/, path: /^body\[0\]\.Mounts\[0\]\.Source$/, why: "known before the first start" },
  { request: /config6\/start/, path: /^body\.message$/, why: "runc names the directory it did not mount on" },
  { path: /^body\.DockerVersion$/, why: "another engine" },
  { path: /^body\.message$/, theirs: /2 CPUs available|available: 0-1/, why: "the guest has one processor" },
  { path: /^body(\[\d+\])?\.(Descriptor|RepoDigests)/, why: "images come from a registry here, from an archive there" },
];

export function isExpected(difference: {
  readonly request: string;
  readonly path: string;
  readonly theirs: unknown;
  readonly ours: unknown;
}): boolean {
  const theirs = JSON.stringify(difference.theirs) ?? "";
  return EXPECTED.some(
    (line) =>
      line.path.test(difference.path) &&
      (line.request?.test(difference.request) ?? true) &&
      (line.theirs?.test(theirs) ?? true),
  );
}
