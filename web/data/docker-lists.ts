import { number, objects, text, texts, type Fields } from "./fields.ts";

/** The few fields of Docker's JSON that the lists show; unknown input is checked once, here. */

export interface ContainerRow {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly state: string;
  /** Docker's words: `Up 3 seconds`. */
  readonly status: string;
  /** `8080→80/tcp`. */
  readonly ports: readonly string[];
  /** TCP ports of the machine that lead into it. */
  readonly published: readonly PublishedPort[];
}

export interface PublishedPort {
  readonly port: number;
  readonly containerPort: number;
}

export interface ImageRow {
  readonly id: string;
  /** `busybox:latest`, or the short id of an image without a name. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly createdMs: number;
}

/** Rows of `GET /containers/json`. */
export function containerRows(json: unknown): readonly ContainerRow[] {
  return objects(json).map((fields) => ({
    id: text(fields["Id"]),
    name: texts(fields["Names"])[0]?.replace(/^\//, "") ?? text(fields["Id"]).slice(0, 12),
    image: text(fields["Image"]),
    state: text(fields["State"]),
    status: text(fields["Status"]),
    ports: [...new Set(objects(fields["Ports"]).map(portText))],
    published: publishedPorts(objects(fields["Ports"])),
  }));
}

/** A port on all addresses is listed once for each family. */
function publishedPorts(ports: readonly Fields[]): readonly PublishedPort[] {
  const found = new Map<number, PublishedPort>();
  for (const { PublicPort: port, PrivatePort: containerPort, Type } of ports) {
    if (typeof port === "number" && typeof containerPort === "number" && Type === "tcp")
      found.set(port, { port, containerPort });
  }
  return [...found.values()];
}

function portText(port: Fields): string {
  const inside = `${number(port["PrivatePort"])}/${text(port["Type"]) || "tcp"}`;
  return typeof port["PublicPort"] === "number" ? `${port["PublicPort"]}→${inside}` : inside;
}

/** Rows of `GET /images/json`: one for each name. */
export function imageRows(json: unknown): readonly ImageRow[] {
  return objects(json).flatMap((fields) => {
    const id = text(fields["Id"]);
    const names = texts(fields["RepoTags"]).filter((name) => name !== "<none>:<none>");
    const common = { id, sizeBytes: number(fields["Size"]), createdMs: number(fields["Created"]) * 1000 };
    return (names.length > 0 ? names : [shortId(id)]).map((name) => ({ ...common, name }));
  });
}

function shortId(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, 12);
}
