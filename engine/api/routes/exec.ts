import { isKind, messageOf } from "../../base/errors.ts";
import { encodeUtf8, streamOf } from "../../base/streams.ts";
import { createdExec } from "../../wire/answers.ts";
import { parseExecCreate, parseExecStart, toExecInspect } from "../../wire/exec.ts";
import { encodeFrame } from "../../wire/stdcopy.ts";
import { type ApiRequest, bodyText, param } from "../api-request.ts";
import type { EngineResponse } from "../app.ts";
import { hijack, hijackResponse, splitLeadingJson } from "../hijack.ts";
import { empty, json } from "../responses.ts";
import { type Route, route } from "../router.ts";
import type { Services } from "../services.ts";
import { sizeOf } from "./container-streams.ts";

/** Further processes in a running container. */
export function execRoutes(services: Services): readonly Route[] {
  return [
    route("POST", "/containers/{id}/exec", (request) => create(services, request)),
    route("POST", "/exec/{id}/start", (request) => start(services, request)),
    route("POST", "/exec/{id}/resize", (request) => resize(services, request)),
    route("GET", "/exec/{id}/json", (request) =>
      json(toExecInspect(services.containers.inspectExec(param(request, "id")))),
    ),
  ];
}

async function create({ containers }: Services, request: ApiRequest): Promise<EngineResponse> {
  const reference = param(request, "id");
  containers.get(reference);
  const id = await containers.createExec(reference, parseExecCreate(await bodyText(request)));
  return json(createdExec(id), 201);
}

async function start({ containers }: Services, request: ApiRequest): Promise<EngineResponse> {
  containers.inspectExec(param(request, "id"));
  const { text, rest } = await splitLeadingJson(request);
  const options = parseExecStart(text);
  try {
    const attachment = await containers.startExec(param(request, "id"), options);
    // Whether frames follow is this request's to say, whatever the process has for a terminal.
    if (!options.detach) return hijack(request, { ...attachment, tty: options.tty }, rest);
    // Nobody reads: what it writes must not hold it up.
    await Promise.all([rest?.cancel(), attachment.output.cancel()]);
    return empty(200);
  } catch (error) {
    // Docker has hijacked the connection by the time the process fails to start: the reason comes as output.
    const isTold = /^exec command \S+ (?:has already run|is already running)$/.test(messageOf(error));
    if (options.detach || (!isTold && isKind(error, "not-found", "conflict", "invalid-argument", "not-modified")))
      throw error;
    await rest?.cancel();
    const line = encodeUtf8(`${messageOf(error)}\r\n`);
    return hijackResponse(request, options.tty, streamOf(options.tty ? line : encodeFrame("stdout", line)));
  }
}

async function resize({ containers }: Services, request: ApiRequest): Promise<EngineResponse> {
  const { rows, columns } = sizeOf(request);
  await containers.resizeExec(param(request, "id"), rows, columns);
  return empty(200);
}
