import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, type Node, type YAMLMap } from "yaml";
import { keyAt, keysBelow, type ComposeType } from "./compose-schema.ts";
import type { Finding } from "./finding.ts";

const EXTENSION = /^x-/;

type Say = (node: Node | null | undefined, message: string, severity: Finding["severity"]) => void;

/** What is wrong with a Compose file: YAML that cannot be read, keys that are unknown or hold the wrong kind of thing, names that are not defined. */
export function composeFindings(text: string): readonly Finding[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, logLevel: "silent" });
  const findings: Finding[] = [];
  const add = (from: number, to: number, message: string, severity: Finding["severity"]): void => {
    const start = lines.linePos(from);
    const end = lines.linePos(Math.max(from + 1, to));
    findings.push({
      message,
      severity,
      startLine: start.line,
      startColumn: start.col,
      endLine: end.line,
      endColumn: end.col,
    });
  };
  for (const problem of [...document.errors, ...document.warnings]) {
    add(problem.pos[0], problem.pos[1], problem.message.split("\n")[0]?.replace(/ at line \d+.*$/, "") ?? "", "error");
  }
  if (document.errors.length > 0 || !isMap(document.contents)) return findings;
  const say: Say = (node, message, severity) => {
    if (node?.range) add(node.range[0], node.range[1], message, severity);
  };
  checkMap(document.contents, [], say);
  checkNames(document.contents, say);
  return findings;
}

function checkMap(map: YAMLMap, path: readonly string[], say: Say): void {
  const known = keysBelow(path);
  for (const pair of map.items) {
    const name = nameOf(pair);
    if (name === undefined || EXTENSION.test(name) || name === "<<") continue;
    const here = [...path, name];
    const key = keyAt(here);
    const value = pair.value as Node | null;
    if (known && !key) say(pair.key as Node, `“${name}” is not a key that Compose knows here.`, "warning");
    if (path.length === 0 && name === "version") {
      say(pair.key as Node, "`version` is obsolete: Compose ignores it.", "info");
    }
    if (key && value && !fits(value, key.type)) {
      say(value, `${name} must be ${TYPE_WORDS[key.type]}.`, "error");
    }
    if (isMap(value) && (path.length < 3 || keysBelow(here))) checkMap(value, here, say);
    if (path.length === 2 && path[0] === "services" && name === "ports") checkPorts(value, say);
  }
}

const TYPE_WORDS: Readonly<Record<ComposeType, string>> = {
  string: "a string",
  number: "a number",
  boolean: "true or false",
  list: "a list",
  map: "a map of keys",
  "list-or-map": "a list or a map",
  "string-or-list": "a string or a list",
  any: "anything",
};

function fits(node: Node, type: ComposeType): boolean {
  // `key:` with nothing behind it, an alias, or a variable that is filled in later.
  if (isScalar(node) && (node.value === null || (typeof node.value === "string" && node.value.startsWith("$"))))
    return true;
  const isNumber = isScalar(node) && typeof node.value === "number";
  switch (type) {
    case "string":
      return isScalar(node) && typeof node.value !== "boolean";
    case "number":
      return isNumber;
    case "boolean":
      return isScalar(node) && typeof node.value === "boolean";
    case "list":
      return isSeq(node);
    case "map":
      return isMap(node);
    case "list-or-map":
      return isSeq(node) || isMap(node);
    case "string-or-list":
      return isScalar(node) || isSeq(node);
    case "any":
      return true;
  }
}

function checkPorts(node: Node | null, say: Say): void {
  if (!isSeq(node)) return;
  for (const item of node.items) {
    if (!isScalar(item) || typeof item.value !== "string") continue;
    const isPort = /^(?:(?:\[[\da-f:]+\]|[\d.]+):)?(?:\d+(?:-\d+)?:|:)?\d+(?:-\d+)?(?:\/(?:tcp|udp|sctp))?$/i;
    if (!item.value.includes("$") && !isPort.test(item.value)) {
      say(item, `“${item.value}” is no port: host:container, such as "8080:80".`, "error");
    }
  }
}

/** Services must name an image or a build; what they refer to must be there. */
function checkNames(root: YAMLMap, say: Say): void {
  const namesOf = (key: string): ReadonlySet<string> => {
    const map = root.get(key, true) as Node | undefined;
    return new Set(isMap(map) ? map.items.flatMap((pair) => nameOf(pair) ?? []) : []);
  };
  const services = root.get("services", true) as Node | undefined;
  if (!isMap(services)) return;
  const defined = { services: namesOf("services"), networks: namesOf("networks"), volumes: namesOf("volumes") };
  for (const pair of services.items) {
    const service = pair.value as Node | null;
    if (!isMap(service)) continue;
    if (!service.has("image") && !service.has("build") && !service.has("extends") && !service.has("<<")) {
      say(pair.key as Node, `service "${nameOf(pair)}" has neither an image nor a build context specified`, "error");
    }
    for (const each of references(service.get("depends_on", true))) {
      if (!defined.services.has(each.name)) {
        say(each.node, `service "${nameOf(pair)}" depends on undefined service "${each.name}"`, "error");
      }
    }
    for (const each of references(service.get("networks", true))) {
      if (each.name !== "default" && !defined.networks.has(each.name)) {
        say(each.node, `service "${nameOf(pair)}" refers to undefined network ${each.name}`, "error");
      }
    }
    for (const each of references(service.get("volumes", true))) {
      const [name = ""] = each.name.split(":");
      const isNamed = each.name.includes(":") && /^[A-Za-z0-9]/.test(name);
      if (isNamed && !defined.volumes.has(name)) {
        say(each.node, `service "${nameOf(pair)}" refers to undefined volume ${name}`, "error");
      }
    }
  }
}

function references(node: Node | undefined): readonly { readonly name: string; readonly node: Node }[] {
  if (isSeq(node)) {
    return node.items.flatMap((item) =>
      isScalar(item) && typeof item.value === "string" && !item.value.includes("$")
        ? [{ name: item.value, node: item }]
        : [],
    );
  }
  if (!isMap(node)) return [];
  return node.items.flatMap((pair) => {
    const name = nameOf(pair);
    return name === undefined ? [] : [{ name, node: pair.key as Node }];
  });
}

function nameOf(pair: unknown): string | undefined {
  if (!isPair(pair)) return undefined;
  const { key } = pair;
  return isScalar(key) && (typeof key.value === "string" || typeof key.value === "number")
    ? String(key.value)
    : undefined;
}
