import { BLANK_CONFIG } from "../../wire/blank-config.ts";
import type { ContainerConfig, HostConfig } from "../../containers/container.ts";

/** What a container has when neither the user nor the image says anything. */
export const DEFAULT_CONFIG: ContainerConfig = BLANK_CONFIG;

export const DEFAULT_HOST: HostConfig = {
  autoRemove: false,
  logConfig: { type: "json-file", options: {} },
  binds: [],
  tmpfs: {},
  portBindings: [],
  publishAllPorts: false,
  networkMode: "bridge",
  pidMode: "",
  ipcMode: "private",
  utsMode: "",
  privileged: false,
  readonlyRootfs: false,
  capAdd: [],
  capDrop: [],
  securityOpt: [],
  extraHosts: [],
  dns: [],
  groupAdd: [],
  init: false,
  shmSizeBytes: 64 << 20,
  sysctls: {},
  ulimits: [],
  resources: {
    memoryBytes: 0,
    memorySwapBytes: 0,
    memoryReservationBytes: 0,
    nanoCpus: 0,
    cpuShares: 0,
    cpuPeriodUs: 0,
    cpuQuotaUs: 0,
    cpusetCpus: "",
    pidsLimit: 0,
    oomKillDisable: false,
  },
  restartPolicy: { name: "no", maximumRetryCount: 0 },
};
