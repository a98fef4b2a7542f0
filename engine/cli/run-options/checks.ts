/** Checks of single values of `docker run`'s flags, in Docker's words. Each returns the value, normalised, or throws. */
import { parseBinarySize } from "../../wire/sizes.ts";
import { goQuote, parseGoInteger } from "../flags/go-values.ts";

type Check = (text: string) => string;

const ULIMITS = ["as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack"]; // prettier-ignore
const SYSCTLS = ["kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced"]; // prettier-ignore

function fail(message: string): never {
  throw new Error(message);
}

const checkAttach: Check = (text) => {
  const stream = text.toLowerCase();
  return ["stdin", "stdout", "stderr"].includes(stream) ? stream : fail("valid streams are STDIN, STDOUT and STDERR");
};

const checkEnv: Check = (text) =>
  text === "" || text.startsWith("=") ? fail(`invalid environment variable: ${text}`) : text;

const checkLabel: Check = (text) =>
  text.trim().split("=")[0] === "" ? fail(`invalid label '${text}': empty name`) : text;

/** IPv4, or anything that looks like IPv6. */
export function isIpAddress(text: string): boolean {
  if (/^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(text)) return true;
  return text.includes(":") && /^[0-9a-fA-F:.]+$/.test(text) && !text.includes(":::") && text.split("::").length <= 2;
}

const checkIp: Check = (text) =>
  isIpAddress(text.trim()) ? text.trim() : fail(`IP address is not correctly formatted: ${text}`);

const checkDnsSearch: Check = (text) => {
  if (text.trim() === ".") return text.trim();
  return /^[a-zA-Z0-9_](?:[a-zA-Z0-9_-]*[a-zA-Z0-9_])?(?:\.[a-zA-Z0-9_](?:[a-zA-Z0-9_-]*[a-zA-Z0-9_])?)*\.?$/.test(
    text.trim(),
  )
    ? text.trim()
    : fail(`${text} is not a valid domain`);
};

const checkExtraHost: Check = (text) => {
  const separator = /[=:]/.exec(text)?.index ?? -1;
  const [name, address] = [text.slice(0, Math.max(separator, 0)), text.slice(separator + 1)];
  if (separator < 0 || name === "" || address === "") return fail(`bad format for add-host: ${goQuote(text)}`);
  const bare = address.replace(/^\[(.*)\]$/, "$1");
  if (address !== "host-gateway" && !isIpAddress(bare))
    return fail(`invalid IP address in add-host: ${goQuote(address)}`);
  return `${name}:${address === "host-gateway" ? address : bare}`;
};

const checkLink: Check = (text) => {
  if (text === "") return fail("empty string specified for links");
  const parts = text.split(":");
  return parts.length > 2 ? fail(`bad format for links: ${text}`) : text;
};

const checkSysctl: Check = (text) => {
  const name = text.split("=")[0] as string;
  const isAllowed =
    text.includes("=") && (SYSCTLS.includes(name) || name.startsWith("net.") || name.startsWith("fs.mqueue."));
  return isAllowed ? text : fail(`sysctl '${text}' is not allowed`);
};

/** `nofile=1024:2048`; the result always has both numbers. */
export const checkUlimit: Check = (text) => {
  const [, name, limits = ""] = /^([^=]+)=(.*)$/.exec(text) ?? fail(`invalid ulimit argument: ${text}`);
  if (!ULIMITS.includes(name as string)) return fail(`invalid ulimit type: ${name}`);
  const [soft = "", hard = soft, ...more] = limits.split(":");
  if (more.length > 0)
    return fail(`too many limit value arguments - ${limits}, can only have up to two, \`soft[:hard]\``);
  const [softLimit, hardLimit] = [parseGoInteger(soft), parseGoInteger(hard)];
  if (hardLimit !== -1 && (softLimit === -1 || softLimit > hardLimit)) {
    return fail(`ulimit soft limit must be less than or equal to hard limit: ${softLimit} > ${hardLimit}`);
  }
  return `${name}=${softLimit}:${hardLimit}`;
};

const splitDevice = (text: string): readonly [path: string, value: string] => {
  const colon = text.indexOf(":");
  if (colon <= 0) return fail(`bad format: ${text}`);
  if (!text.startsWith("/dev/")) return fail(`bad format for device path: ${text}`);
  return [text.slice(0, colon), text.slice(colon + 1)];
};

const checkDeviceBps: Check = (text) => {
  const [path, rate] = splitDevice(text);
  try {
    return `${path}:${parseBinarySize(rate)}`;
  } catch {
    const format =
      "<device-path>:<number>[<unit>]. Number must be a positive integer. Unit is optional and can be kb, mb, or gb";
    return fail(`invalid rate for device: ${text}. The correct format is ${format}`);
  }
};

const checkDeviceIops: Check = (text) => {
  const [path, rate] = splitDevice(text);
  return /^\d+$/.test(rate)
    ? `${path}:${rate}`
    : fail(
        `invalid rate for device: ${text}. The correct format is <device-path>:<number>. Number must be a positive integer`,
      );
};

const checkDeviceWeight: Check = (text) => {
  const [path, weight] = splitDevice(text);
  const isFine = /^\d+$/.test(weight) && (Number(weight) === 0 || (Number(weight) >= 10 && Number(weight) <= 1000));
  return isFine ? `${path}:${weight}` : fail(`invalid weight for device: ${text}`);
};

const checkDeviceRule: Check = (text) =>
  /^[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$/.test(text) ? text : fail(`invalid device cgroup format '${text}'`);

const checkGpus: Check = (text) => {
  if (text.includes("=") || text === "all" || /^-?\d+$/.test(text)) return text;
  return fail(`invalid count (${text}): value must be either "all" or an integer: invalid syntax`);
};

const checkMemorySwap: Check = (text) => (text === "-1" ? text : String(parseBinarySize(text)));

/** By flag name. */
export const CONTAINER_FLAG_CHECKS: Readonly<Record<string, Check>> = {
  "add-host": checkExtraHost,
  attach: checkAttach,
  "blkio-weight-device": checkDeviceWeight,
  "device-cgroup-rule": checkDeviceRule,
  "device-read-bps": checkDeviceBps,
  "device-read-iops": checkDeviceIops,
  "device-write-bps": checkDeviceBps,
  "device-write-iops": checkDeviceIops,
  dns: checkIp,
  "dns-search": checkDnsSearch,
  env: checkEnv,
  gpus: checkGpus,
  label: checkLabel,
  link: checkLink,
  "link-local-ip": checkIp,
  "memory-swap": checkMemorySwap,
  sysctl: checkSysctl,
  ulimit: checkUlimit,
};

export const LABEL_CHECK: Readonly<Record<string, Check>> = { label: checkLabel };
export const LINK_CHECK: Readonly<Record<string, Check>> = { link: checkLink };
/** `exec` has these of them. */
export const ENV_CHECK: Readonly<Record<string, Check>> = { env: checkEnv };
