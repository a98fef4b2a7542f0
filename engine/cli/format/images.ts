import { humanDuration } from "../../wire/durations.ts";
import type { ImageSummary } from "../../wire/images.ts";
import { humanSize } from "../../wire/sizes.ts";
import { formatGoTime } from "../../wire/times.ts";
import type { Listing } from "./table.ts";
import { shortId } from "./text.ts";

/** One line of `docker images`: a name of an image. */
export interface ImageRow {
  readonly image: ImageSummary;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

const NONE = "<none>";
const CREATED = "{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}";

/** `docker images` */
export function imageListing({
  truncate,
  digests,
  nowMs,
}: {
  truncate: boolean;
  digests: boolean;
  nowMs: number;
}): Listing<ImageRow> {
  const count = (number: number, text: string): string => (number === -1 ? "N/A" : text);
  return {
    table: `{{.Repository}}\t{{.Tag}}\t${digests ? "{{.Digest}}\t" : ""}{{.ID}}\t${CREATED}\t{{.Size}}`,
    raw: {
      source: `repository: {{ .Repository }}\ntag: {{.Tag}}\n${digests ? "digest: {{.Digest}}\n" : ""}image_id: {{.ID}}\ncreated_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n`,
      quiet: "image_id: {{.ID}}",
    },
    headers: {
      ID: "IMAGE ID",
      Repository: "REPOSITORY",
      Tag: "TAG",
      Digest: "DIGEST",
      CreatedSince: "CREATED",
      CreatedAt: "CREATED AT",
      Size: "SIZE",
      Containers: "CONTAINERS",
      SharedSize: "SHARED SIZE",
      UniqueSize: "UNIQUE SIZE",
      VirtualSize: "SIZE",
    },
    typeName: "*formatter.imageContext",
    fields: {
      ID: ({ image }) => (truncate ? shortId(image.Id) : image.Id),
      Repository: ({ repository }) => repository,
      Tag: ({ tag }) => tag,
      Digest: ({ digest }) => digest,
      CreatedSince: ({ image }) => (image.Created <= 0 ? "" : `${humanDuration(nowMs - image.Created * 1000)} ago`),
      CreatedAt: ({ image }) => formatGoTime(image.Created),
      Size: ({ image }) => humanSize(image.Size, 3),
      Containers: ({ image }) => count(image.Containers, String(image.Containers)),
      SharedSize: ({ image }) => count(image.SharedSize, humanSize(image.SharedSize)),
      UniqueSize: ({ image }) => count(image.SharedSize, humanSize(image.Size - image.SharedSize)),
      VirtualSize: ({ image }) => humanSize(image.Size),
    },
  };
}

/** An image has a line per tag; with digests one per digest of the same repository; one of its own when it has no name. */
export function imageRows(images: readonly ImageSummary[], digests: boolean): readonly ImageRow[] {
  return images.flatMap((image) => {
    const rows = rowsOf(image, digests);
    return rows.length > 0 ? rows : [{ image, repository: NONE, tag: NONE, digest: NONE }];
  });
}

function rowsOf(image: ImageSummary, digests: boolean): readonly ImageRow[] {
  const named = (image.RepoDigests ?? [])
    .filter((name) => !name.startsWith("<none>"))
    .map((name) => name.split("@") as [string, string]);
  const tagged = (image.RepoTags ?? []).filter((name) => name !== "<none>:<none>").map(splitTag);
  const rows = tagged.flatMap(([repository, tag]) => {
    const own = digests ? named.filter(([name]) => name === repository).map(([, digest]) => digest) : [];
    return (own.length > 0 ? own : [NONE]).map((digest) => ({ image, repository, tag, digest }));
  });
  const nameless = named.filter(([name]) => !tagged.some(([repository]) => repository === name));
  return [
    ...rows,
    ...nameless.map(([repository, digest]) => ({ image, repository, tag: NONE, digest: digests ? digest : NONE })),
  ];
}

function splitTag(name: string): readonly [repository: string, tag: string] {
  const colon = name.lastIndexOf(":");
  return [name.slice(0, colon), name.slice(colon + 1)];
}
