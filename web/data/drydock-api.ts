import type { DockerFetch } from "./engine-client.ts";

/** An answer that says no, in the engine's words. */
export class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

/** Asks the engine. @throws ApiError for answers of 400 and above */
export async function ask(fetch: DockerFetch, method: string, path: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(path, { ...init, method });
  if (response.status < 400) return response;
  const answer = (await response.json().catch(() => ({}))) as { message?: unknown };
  throw new ApiError(response.status, typeof answer.message === "string" ? answer.message : `HTTP ${response.status}`);
}

/** Asks for JSON. @throws ApiError */
export async function askJson(fetch: DockerFetch, method: string, path: string): Promise<unknown> {
  return (await ask(fetch, method, path)).json() as Promise<unknown>;
}

/** What an error says to a person. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
