/** Ports of `EXPOSE`: BuildKit's `dockerfile2llb/convert_expose.go`. */
import { EngineError, messageOf } from "../base/errors.ts";
import { quote } from "./go-text.ts";

/** How a word of `EXPOSE` is written. */
export interface ExposedForm {
  /** `80`, `8000-8010` */
  readonly port: string;
  /** As written: `TCP`. */
  readonly protocol: string;
  readonly address: string;
  readonly hostPort: string;
}

const PROTOCOLS: ReadonlySet<string> = new Set(["tcp", "udp", "sctp"]);
const MAX_PORT = 65_535;

/** Each port of a word: `80/tcp`. @param text expanded: `80`, `8000-8010/udp` @throws EngineError invalid-argument, in BuildKit's words */
export function parseExposedPorts(text: string): readonly string[] {
  const { port, protocol, address, hostPort } = splitExposed(text);
  checkAddress(address);
  const container = rangeOf(port, () => invalid(`invalid containerPort: ${port}`));
  if (hostPort !== "") {
    const host = rangeOf(hostPort, () => invalid(`invalid hostPort: ${hostPort}`));
    const isRange = container.last !== container.first;
    if (isRange && container.last - container.first !== host.last - host.first)
      throw invalid(`invalid ranges specified for container and host Ports: ${port} and ${hostPort}`);
  }
  return Array.from(
    { length: container.last - container.first + 1 },
    (_, index) => `${container.first + index}/${protocol.toLowerCase()}`,
  );
}

/** `[address:]hostPort:port/protocol` taken apart. The part for the host says nothing in a Dockerfile. @throws EngineError for the protocol */
export function splitExposed(text: string): ExposedForm {
  const { containerPort, ...host } = splitParts(text);
  return { ...splitProtocol(containerPort, text), ...host };
}

/** Everything before the last colon but one is an address, which may have colons of its own. */
function splitParts(text: string): { address: string; hostPort: string; containerPort: string } {
  const parts = text.split(":");
  return {
    address: parts.slice(0, -2).join(":"),
    hostPort: parts.at(-2) ?? "",
    containerPort: parts.at(-1) ?? "",
  };
}

function splitProtocol(text: string, whole: string): { port: string; protocol: string } {
  const slash = text.indexOf("/");
  const port = slash < 0 ? text : text.slice(0, slash);
  const protocol = (slash < 0 ? "" : text.slice(slash + 1)) || "tcp";
  const prefix = `invalid port: ${quote(whole)}`;
  if (port === "") throw invalid(`${prefix}: no port specified`);
  if (!PROTOCOLS.has(protocol.toLowerCase())) throw invalid(`${prefix}: invalid proto: ${protocol}`);
  return { port, protocol };
}

function rangeOf(text: string, fail: () => EngineError): { first: number; last: number } {
  const dash = text.indexOf("-");
  const [start, end] = dash < 0 ? [text, text] : [text.slice(0, dash), text.slice(dash + 1)];
  const [first, last] = [portOf(start), portOf(end)];
  if (first === undefined || last === undefined || last < first) throw fail();
  return { first, last };
}

function portOf(text: string): number | undefined {
  const port = /^[+-]?\d+$/.test(text) ? Number(text) : -1;
  return port >= 0 && port <= MAX_PORT ? port : undefined;
}

function checkAddress(address: string): void {
  if (address === "") return;
  const plain = /^\[(.*)\]$/.exec(address)?.[1] ?? address;
  if (!isAddress(plain)) throw invalid(`invalid IP address: ${plain}`);
}

function isAddress(text: string): boolean {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text))
    return text.split(".").every((part) => Number(part) < 256 && (part === "0" || !part.startsWith("0")));
  try {
    return text.includes(":") && new URL(`http://[${text}]/`).hostname !== "";
  } catch (error) {
    return messageOf(error) === "";
  }
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}
