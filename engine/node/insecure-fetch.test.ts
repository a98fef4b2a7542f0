import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { insecureFetch } from "./insecure-fetch.ts";

/** A key and a certificate of `registry.test`, signed by nobody but itself: of use for nothing but this test. */
const KEY = `
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZUgxi7fQzoqUiljC
vWtaDAFWMVPOZ2JUmEsQLYfo8quhRANCAATm30FKQ+0hX+MBrA8PluegTJWchknl
qhKS8O8z+ZLrp9SiqYry8fgPuOUyTDlNNzVHYVbiWSwawKutplaFjg61
-----END PRIVATE KEY-----
`;
const CERTIFICATE = `
-----BEGIN CERTIFICATE-----
MIIBhzCCAS2gAwIBAgIUSi10X+fhY+zD0HSjkEiNo55DlZgwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNcmVnaXN0cnkudGVzdDAgFw0yNjExMjExNTUzNTFaGA8yMTI2
MTAyODE1NTM1MVowGDEWMBQGA1UEAwwNcmVnaXN0cnkudGVzdDBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABObfQUpD7SFf4wGsDw+W56BMlZyGSeWqEpLw7zP5kuun
1KKpivLx+A+45TJMOU03NUdhVuJZLBrAq62mVoWODrWjUzBRMB0GA1UdDgQWBBT4
B3ejUSJ4Qn6rYjyte2msvpWNYTAfBgNVHSMEGDAWgBT4B3ejUSJ4Qn6rYjyte2ms
vpWNYTAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCGlzSr/6D3
GPzzvO0kqTrcqP/k8krE2tHAUzs/4CbHIgIgX+yvVpI8uABWYEaPGzLfqesofL1n
A8Q2YYrAtPSJNHE=
-----END CERTIFICATE-----
`;

const seen: string[] = [];
const server = createServer({ key: KEY.trim(), cert: CERTIFICATE.trim() }, (request, response) => {
  seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? "nobody"}`);
  if (request.url === "/away") response.writeHead(307, { location: "https://elsewhere.example/x" }).end();
  else if (request.url === "/here") response.writeHead(302, { location: "/v2/" }).end();
  else request.pipe(response);
});
let host = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const outside: string[] = [];
const fetch = insecureFetch(
  (asked) => asked === host,
  async (url, init) => {
    outside.push(`${url} ${new Headers(init?.headers).get("authorization") ?? "nobody"}`);
    return new Response("outside");
  },
);

describe("a registry that was called insecure", () => {
  it("is asked whatever its certificate says", async () => {
    const response = await fetch(`https://${host}/v2/`, { method: "PUT", body: "hello" });
    expect(await response.text()).toBe("hello");
    await expect(globalThis.fetch(`https://${host}/v2/`)).rejects.toThrow(TypeError);
  });

  it("is followed where it leads, and other hosts are not told who we are", async () => {
    const headers = { Authorization: "Basic secret" };
    expect((await fetch(`https://${host}/here`, { headers })).status).toBe(200);
    expect(seen.at(-1)).toBe("GET /v2/ Basic secret");
    expect(await (await fetch(`https://${host}/away`, { headers })).text()).toBe("outside");
    expect(outside.at(-1)).toBe("https://elsewhere.example/x nobody");
  });

  it("that refuses the connection says so as fetch does", async () => {
    const gone = insecureFetch(() => true);
    await expect(gone("https://127.0.0.1:1/v2/")).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
  });

  it("is asked without TLS by the platform's own fetch", async () => {
    expect(await (await fetch(`http://${host}/v2/`)).text()).toBe("outside");
  });
});
