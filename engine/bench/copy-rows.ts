import { EMPTY_FILES } from "../archive/empty-files.ts";
import type { Engine } from "../engine-options.ts";
import { chunksOf, streamOf } from "../base/streams.ts";
import { receiveContext } from "../build/context/receive-context.ts";
import { planCopy } from "../build/files/copy-step.ts";
import { MemoryBlobStore } from "../content/memory-blob-store.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import { Incoming, type IncomingPorts } from "../images/incoming.ts";
import { systemClock } from "../base/clock.ts";
import { writeTar } from "../oci/tar-writer.ts";
import { ApiSession } from "../testing/api-session.ts";
import { StoredLayers } from "../snapshots/stored-layers.ts";
import type { Row } from "./statistics.ts";

const DIFF_MEGABYTES = 100;
const FILES = 1000;
const FILE_BYTES = 20_000;

/** `COPY` of 1,000 files, 20 MB together, from the client's tar to a stored layer, without the guest. */
export async function copyRows(say: (text: string) => void): Promise<Row[]> {
  say("COPY of 1,000 files");
  const samples = { receive: [] as number[], digest: [] as number[], layer: [] as number[], all: [] as number[] };
  for (let run = 0; run < 5; run += 1) {
    const tar = await contextOf(run);
    const started = performance.now();
    await using context = await receiveContext(streamOf(tar));
    const received = performance.now();
    await using plan = planCopy(
      {
        instruction: "COPY",
        from: context.files,
        sources: ["."],
        heredocs: [],
        destination: "/app/",
        workingDirectory: "",
      },
      { times: { madeSeconds: 0 } },
    );
    await plan.contentDigest();
    const hashed = performance.now();
    await Incoming.during(ports(), (incoming) => incoming.newLayer(writeTar(plan.pieces(EMPTY_FILES))));
    const ended = performance.now();
    samples.receive.push(received - started);
    samples.digest.push(hashed - received);
    samples.layer.push(ended - hashed);
    samples.all.push(ended - started);
  }
  const row = { where: "node", unit: "ms" } as const;
  return [
    {
      id: "copy-1000",
      title: "COPY of 1,000 files (20 MB), without the rest of the build",
      ...row,
      target: 1500,
      samples: samples.all,
    },
    { id: "copy-1000-receive", title: "  of it: the context is received", ...row, samples: samples.receive },
    { id: "copy-1000-digest", title: "  of it: its content is hashed for the cache", ...row, samples: samples.digest },
    { id: "copy-1000-layer", title: "  of it: the layer is made and stored", ...row, samples: samples.layer },
  ];
}

/** A container's own 100 MB as a layer: read from the guest, made a tar, hashed and stored. */
export async function commitRows(engine: Engine, say: (text: string) => void): Promise<Row[]> {
  say("commit of 100 MB");
  const api = new ApiSession(engine);
  const samples: number[] = [];
  for (let run = 0; run < 3; run += 1) {
    const script = `dd if=/dev/zero of=/large bs=1M count=${DIFF_MEGABYTES}`;
    const id = await api.create({ Cmd: ["sh", "-c", script] });
    await api.request("POST", `/containers/${id}/start`);
    await api.request("POST", `/containers/${id}/wait`);
    const started = performance.now();
    const image = await api.request("POST", `/commit?container=${id}`, {});
    samples.push(DIFF_MEGABYTES / ((performance.now() - started) / 1000));
    await api.request("DELETE", `/containers/${id}?force=1`);
    await api.request("DELETE", `/images/${String(image.json["Id"])}?force=1`);
  }
  return [
    {
      id: "commit-100",
      title: "a layer of a container's own 100 MB (docker commit)",
      unit: "MB/s",
      where: "node",
      target: 20,
      direction: "at-least",
      samples,
    },
  ];
}

async function contextOf(seed: number): Promise<Uint8Array> {
  const pieces = Array.from({ length: FILES }, (_, index) => {
    const content = new Uint8Array(FILE_BYTES);
    crypto.getRandomValues(content);
    const path = `d${index % 20}/s${seed}/file-${index}.bin`;
    return { entry: { path, size: FILE_BYTES }, content: streamOf(content) };
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksOf(writeTar(pieces))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A store of images that holds nothing: only layers are of interest. */
function ports(): IncomingPorts {
  const lease = { add: async () => undefined, renew: () => undefined, end: async () => undefined };
  return {
    images: { lease: async () => lease, discard: async () => undefined } as never,
    blobs: new MemoryBlobStore(),
    layers: new StoredLayers({
      blobs: new MemoryBlobStore(),
      records: new MemoryRecordStore(),
      exports: { add: () => undefined, remove: () => undefined },
    }),
    clock: systemClock,
  };
}
