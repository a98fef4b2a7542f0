import type { ConfigModel } from "./model.ts";

/** A config that says nothing: every field as Go's zero value has it. */
export const BLANK_CONFIG: ConfigModel = {
  hostname: "",
  domainname: "",
  user: "",
  attachStdin: false,
  attachStdout: false,
  attachStderr: false,
  exposedPorts: [],
  tty: false,
  openStdin: false,
  stdinOnce: false,
  env: [],
  entrypoint: [],
  cmd: [],
  volumes: [],
  workingDir: "",
  labels: {},
  stopSignal: "",
};
