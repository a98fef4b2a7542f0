/** What a lesson says must be true for a step to be done, one line each (`lessons/README.md` lists the forms). */

/** Who a claim is about: the container of this name, or any of an image. */
export type ContainerSubject = { readonly name: string } | { readonly image: string };

export type ContainerState = "created" | "running" | "paused" | "exited";

export type Claim =
  | { readonly about: "image"; readonly image: string; readonly is: "there" | "gone" }
  | { readonly about: "layers"; readonly image: string; readonly count: number; readonly atLeast: boolean }
  | { readonly about: "command"; readonly image: string; readonly text: string }
  | { readonly about: "label"; readonly image: string; readonly key: string; readonly value: string }
  | { readonly about: "container"; readonly subject: ContainerSubject; readonly is: "there" | "gone" | ContainerState }
  | { readonly about: "exit"; readonly subject: ContainerSubject; readonly code: number }
  | { readonly about: "container-file"; readonly name: string; readonly path: string; readonly is: "there" | "gone" }
  | { readonly about: "logs"; readonly name: string; readonly text: string }
  | { readonly about: "port"; readonly name: string; readonly port: number }
  | { readonly about: "file"; readonly path: string; readonly text: string | undefined }
  | { readonly about: "answer"; readonly port: number; readonly text: string }
  | { readonly about: "no-containers" };

type Form = readonly [pattern: RegExp, make: (groups: Readonly<Record<string, string>>) => Claim];

const NAME = String.raw`(?<name>[\w./:-]+)`;
const IMAGE = String.raw`(?<image>[\w./:@-]+)`;
const SUBJECT = String.raw`(?:of ${IMAGE}|${NAME})`;
const TEXT = String.raw`"(?<text>(?:[^"\\]|\\.)*)"`;

const subjectOf = ({ name, image }: Readonly<Record<string, string>>): ContainerSubject =>
  image === undefined ? { name: name as string } : { image };
const textOf = (text = ""): string => text.replace(/\\(.)/g, "$1");
const form = (pattern: string, make: Form[1]): Form => [new RegExp(`^${pattern}$`), make];

const FORMS: readonly Form[] = [
  form("no containers", () => ({ about: "no-containers" })),
  form(`image ${IMAGE} exists`, ({ image = "" }) => ({ about: "image", image, is: "there" })),
  form(`image ${IMAGE} is gone`, ({ image = "" }) => ({ about: "image", image, is: "gone" })),
  form(`image ${IMAGE} has (?<least>at least )?(?<count>\\d+) layers?`, ({ image = "", least, count }) => ({
    about: "layers",
    image,
    count: Number(count),
    atLeast: least !== undefined,
  })),
  form(`image ${IMAGE} has command ${TEXT}`, ({ image = "", text }) => ({
    about: "command",
    image,
    text: textOf(text),
  })),
  form(String.raw`image ${IMAGE} has label (?<key>\S+) ${TEXT}`, ({ image = "", key = "", text }) => ({
    about: "label",
    image,
    key,
    value: textOf(text),
  })),
  form(`container ${SUBJECT} exists`, (groups) => ({ about: "container", subject: subjectOf(groups), is: "there" })),
  form(`container ${SUBJECT} is gone`, (groups) => ({ about: "container", subject: subjectOf(groups), is: "gone" })),
  form(`container ${SUBJECT} is (?<state>created|running|paused|exited)`, (groups) => ({
    about: "container",
    subject: subjectOf(groups),
    is: groups["state"] as ContainerState,
  })),
  form(String.raw`container ${SUBJECT} exited with (?<code>\d+)`, (groups) => ({
    about: "exit",
    subject: subjectOf(groups),
    code: Number(groups["code"]),
  })),
  form(String.raw`container ${NAME} has (?<no>no )?file (?<path>/\S+)`, ({ name = "", no, path = "" }) => ({
    about: "container-file",
    name,
    path,
    is: no === undefined ? "there" : "gone",
  })),
  form(`container ${NAME} logs ${TEXT}`, ({ name = "", text }) => ({ about: "logs", name, text: textOf(text) })),
  form(String.raw`container ${NAME} publishes (?<port>\d+)`, ({ name = "", port }) => ({
    about: "port",
    name,
    port: Number(port),
  })),
  form(String.raw`file (?<path>\S+) exists`, ({ path = "" }) => ({ about: "file", path, text: undefined })),
  form(String.raw`file (?<path>\S+) contains ${TEXT}`, ({ path = "", text }) => ({
    about: "file",
    path,
    text: textOf(text),
  })),
  form(String.raw`port (?<port>\d+) answers ${TEXT}`, ({ port, text }) => ({
    about: "answer",
    port: Number(port),
    text: textOf(text),
  })),
];

/** @throws Error that quotes a line that is no claim */
export function parseClaim(line: string): Claim {
  for (const [pattern, make] of FORMS) {
    const match = pattern.exec(line);
    if (match) return make(match.groups ?? {});
  }
  throw new Error(`this is no claim that lessons know: ${line}`);
}
