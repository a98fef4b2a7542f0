import type { ImageRunConfig } from "../oci/image-config.ts";

/** What `config` leaves open, from `base` (moby's `daemon/commit.go`, merge). An entrypoint of its own drops the base's command. */
export function mergeRunConfigs(config: ImageRunConfig, base: ImageRunConfig): ImageRunConfig {
  const healthcheck = mergeHealthchecks(config.Healthcheck, base.Healthcheck);
  const stopSignal = config.StopSignal || base.StopSignal;
  const volumes = { ...config.Volumes, ...base.Volumes };
  const ports = { ...base.ExposedPorts, ...config.ExposedPorts };
  return {
    ...base,
    ...config,
    User: config.User || (base.User ?? ""),
    ...(Object.keys(ports).length > 0 && { ExposedPorts: ports }),
    Env: mergeEnv(config.Env ?? [], base.Env ?? []),
    ...mergeCommand(config, base),
    ...(healthcheck && { Healthcheck: healthcheck }),
    Volumes: Object.keys(volumes).length > 0 ? volumes : null,
    WorkingDir: config.WorkingDir || (base.WorkingDir ?? ""),
    Labels: { ...base.Labels, ...config.Labels },
    ...(stopSignal && { StopSignal: stopSignal }),
  };
}

function mergeCommand(config: ImageRunConfig, base: ImageRunConfig): Pick<ImageRunConfig, "Cmd" | "Entrypoint"> {
  const hasEntrypoint = (config.Entrypoint ?? []).length > 0;
  const hasCommand = (config.Cmd ?? []).length > 0;
  return {
    Cmd: (hasEntrypoint || hasCommand ? config.Cmd : base.Cmd) ?? null,
    Entrypoint: config.Entrypoint ?? base.Entrypoint ?? null,
  };
}

function mergeEnv(env: readonly string[], base: readonly string[]): readonly string[] {
  const names = new Set(env.map(nameOf));
  return env.length === 0 ? base : [...env, ...base.filter((variable) => !names.has(nameOf(variable)))];
}

const nameOf = (variable: string): string => variable.split("=", 1)[0] ?? "";

/** Each field that is not set, or 0, is the base's. */
function mergeHealthchecks(
  config: ImageRunConfig["Healthcheck"],
  base: ImageRunConfig["Healthcheck"],
): ImageRunConfig["Healthcheck"] {
  if (config === undefined || base === undefined) return config ?? base;
  const set = Object.entries(config).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : Boolean(value)));
  return { ...base, ...Object.fromEntries(set) };
}
