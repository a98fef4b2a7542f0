/**
 * The keys of a Compose file that are used every day (https://docs.docker.com/reference/compose-file/), in words of our own. A key that is not here may
 * still be right, so it is only worth a remark.
 */

export type ComposeType = "string" | "number" | "boolean" | "list" | "map" | "list-or-map" | "string-or-list" | "any";

export interface ComposeKey {
  readonly type: ComposeType;
  readonly words: string;
  /** Of a `map`: its keys. */
  readonly keys?: ComposeKeys;
  /** Of a `map` with names that are free (`services`): what each of them holds. */
  readonly each?: ComposeKeys;
  readonly values?: readonly string[];
}

export type ComposeKeys = Readonly<Record<string, ComposeKey>>;

const key = (type: ComposeType, words: string, more: Omit<ComposeKey, "type" | "words"> = {}): ComposeKey => ({
  type,
  words,
  ...more,
});

const BUILD: ComposeKeys = {
  context: key("string", "The directory whose files the build can copy."),
  dockerfile: key("string", "The Dockerfile, relative to the context."),
  dockerfile_inline: key("string", "The Dockerfile's text itself."),
  args: key("list-or-map", "Values for `ARG` instructions."),
  target: key("string", "Build up to this stage."),
  cache_from: key("list", "Images whose layers may be used again."),
  labels: key("list-or-map", "Labels of the image."),
  network: key("string", "The network of `RUN` instructions."),
  no_cache: key("boolean", "Run every instruction anew."),
  pull: key("boolean", "Fetch base images even when they are here."),
  platforms: key("list", "Platforms to build for."),
  secrets: key("list", "Secrets that `RUN --mount=type=secret` may read."),
  shm_size: key("any", "Size of `/dev/shm` while building."),
  tags: key("list", "More names for the image."),
  additional_contexts: key("list-or-map", "Further contexts, by name."),
};

const HEALTHCHECK: ComposeKeys = {
  test: key("string-or-list", "The command that tells whether the container is well."),
  interval: key("string", "Time between two checks, such as `30s`."),
  timeout: key("string", "A check that takes longer has failed."),
  retries: key("number", "This many failures in a row make it unhealthy."),
  start_period: key("string", "Failures within this time do not count."),
  start_interval: key("string", "Time between checks while it starts."),
  disable: key("boolean", "No check, not even the image's own."),
};

const SERVICE: ComposeKeys = {
  image: key("string", "The image to run: `name:tag`."),
  build: key("any", "How the image is built: a directory, or a map with `context`, `dockerfile` and more.", {
    keys: BUILD,
  }),
  command: key("string-or-list", "Replaces the image's `CMD`."),
  entrypoint: key("string-or-list", "Replaces the image's `ENTRYPOINT`."),
  container_name: key("string", "The container's name; without it Compose makes one."),
  depends_on: key("list-or-map", "Services that are started before this one."),
  environment: key("list-or-map", "Environment variables: a map, or a list of `NAME=value`."),
  env_file: key("any", "Files with environment variables."),
  expose: key("list", "Ports that other services may use."),
  ports: key("list", 'Published ports: `"8080:80"` is host to container. Quote them: YAML reads `22:22` as a number.'),
  volumes: key("list", "Mounts: `name:/path`, `./directory:/path`, or maps with `type`, `source` and `target`."),
  networks: key("list-or-map", "Networks to join."),
  network_mode: key("string", "`bridge`, `host`, `none`, `service:NAME` or `container:NAME`."),
  restart: key("string", "What happens when it ends.", {
    values: ['"no"', "always", "on-failure", "unless-stopped"],
  }),
  healthcheck: key("map", "How to tell whether the service is well.", { keys: HEALTHCHECK }),
  labels: key("list-or-map", "Labels of the container."),
  working_dir: key("string", "The directory in which the command starts."),
  user: key("any", "User and group of the process: `user[:group]`."),
  hostname: key("string", "The host name inside."),
  domainname: key("string", "The domain name inside."),
  init: key("boolean", "A small init as process 1, which reaps children."),
  tty: key("boolean", "A terminal for the process."),
  stdin_open: key("boolean", "Keep standard input open."),
  privileged: key("boolean", "Nearly all rights of the host."),
  read_only: key("boolean", "A root file system that cannot be written."),
  cap_add: key("list", "Capabilities to add."),
  cap_drop: key("list", "Capabilities to take away."),
  security_opt: key("list", "Security options."),
  devices: key("list", "Devices of the host."),
  dns: key("string-or-list", "Name servers."),
  extra_hosts: key("list-or-map", "Lines for `/etc/hosts`."),
  tmpfs: key("string-or-list", "Directories in memory."),
  shm_size: key("any", "Size of `/dev/shm`."),
  sysctls: key("list-or-map", "Kernel parameters of its namespaces."),
  ulimits: key("map", "Limits of the process."),
  stop_signal: key("string", "The signal that asks it to end."),
  stop_grace_period: key("string", "How long it may take to end before it is killed."),
  logging: key("map", "Where its output goes."),
  mem_limit: key("any", "Memory it may use."),
  cpus: key("any", "Processors it may use."),
  pids_limit: key("number", "Processes it may have."),
  deploy: key("map", "Replicas, resources and restarts."),
  profiles: key("list", "Started only when one of these profiles is asked for."),
  platform: key("string", "`os/arch` of the image."),
  pull_policy: key("string", "When the image is fetched.", { values: ["always", "never", "missing", "build"] }),
  secrets: key("list", "Secrets, as files in `/run/secrets`."),
  configs: key("list", "Configs, as files."),
  extends: key("any", "Begin with another service's settings."),
  links: key("list", "Other names for services; networks do that better."),
  scale: key("number", "How many containers."),
  develop: key("map", "What `docker compose watch` does."),
};

const NETWORK: ComposeKeys = {
  name: key("string", "Its name, instead of one with the project's."),
  driver: key("string", "`bridge`, usually.", { values: ["bridge", "none", "host"] }),
  driver_opts: key("map", "Options of the driver."),
  external: key("boolean", "It is there already."),
  internal: key("boolean", "No way out of it."),
  attachable: key("boolean", "Other containers may join."),
  enable_ipv6: key("boolean", "Addresses of IPv6 too."),
  ipam: key("map", "Subnets and addresses."),
  labels: key("list-or-map", "Labels."),
};

const VOLUME: ComposeKeys = {
  name: key("string", "Its name, instead of one with the project's."),
  driver: key("string", "`local`, usually."),
  driver_opts: key("map", "Options of the driver."),
  external: key("boolean", "It is there already."),
  labels: key("list-or-map", "Labels."),
};

const FILE_SOURCE: ComposeKeys = {
  file: key("string", "The file it comes from."),
  environment: key("string", "The variable it comes from."),
  content: key("string", "Its text."),
  external: key("boolean", "It is there already."),
  name: key("string", "Its name."),
};

/** The top of a Compose file. */
export const COMPOSE_KEYS: ComposeKeys = {
  name: key("string", "The project's name; without it, the directory's."),
  services: key("map", "The containers of the project, by name.", { each: SERVICE }),
  networks: key("map", "Networks of the project, by name.", { each: NETWORK }),
  volumes: key("map", "Named volumes of the project.", { each: VOLUME }),
  secrets: key("map", "Secrets, by name.", { each: FILE_SOURCE }),
  configs: key("map", "Configs, by name.", { each: FILE_SOURCE }),
  include: key("list", "Other Compose files that belong to it."),
  version: key("any", "Obsolete: Compose ignores it and warns."),
};

/** The keys that may stand below a path of keys; undefined where names are free or unknown. */
export function keysBelow(path: readonly string[]): ComposeKeys | undefined {
  let keys: ComposeKeys | undefined = COMPOSE_KEYS;
  let each: ComposeKeys | undefined;
  for (const name of path) {
    if (each) {
      keys = each;
      each = undefined;
      continue;
    }
    const found: ComposeKey | undefined = keys?.[name];
    each = found?.each;
    keys = found?.keys;
  }
  return each ? undefined : keys;
}

/** What is known of the key at the end of a path. */
export function keyAt(path: readonly string[]): ComposeKey | undefined {
  const name = path.at(-1);
  return name === undefined ? undefined : keysBelow(path.slice(0, -1))?.[name];
}
