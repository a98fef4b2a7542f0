import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalName,
  familiarName,
  formatFamiliar,
  formatReference,
  parseReference,
  parseReferenceWithTag,
  withDefaultTag,
} from "./reference.ts";

const HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const DIGEST = `sha256:${HEX}`;

describe("parseReference", () => {
  it.each([
    ["nginx", "docker.io/library/nginx", "nginx"],
    ["nginx:1.22", "docker.io/library/nginx:1.22", "nginx:1.22"],
    [`nginx@${DIGEST}`, `docker.io/library/nginx@${DIGEST}`, `nginx@${DIGEST}`],
    [`nginx:1.22@${DIGEST}`, `docker.io/library/nginx:1.22@${DIGEST}`, `nginx:1.22@${DIGEST}`],
    ["library/nginx", "docker.io/library/nginx", "nginx"],
    ["docker.io/nginx", "docker.io/library/nginx", "nginx"],
    ["docker.io/library/nginx:latest", "docker.io/library/nginx:latest", "nginx:latest"],
    ["index.docker.io/nginx", "docker.io/library/nginx", "nginx"],
    ["index.docker.io/filebrowser/filebrowser", "docker.io/filebrowser/filebrowser", "filebrowser/filebrowser"],
    ["filebrowser/filebrowser:v2", "docker.io/filebrowser/filebrowser:v2", "filebrowser/filebrowser:v2"],
    ["library/a/b", "docker.io/library/a/b", "library/a/b"],
    ["localhost/x", "localhost/x", "localhost/x"],
    ["localhost:5000/x", "localhost:5000/x", "localhost:5000/x"],
    ["127.0.0.1:5000/a/b:t", "127.0.0.1:5000/a/b:t", "127.0.0.1:5000/a/b:t"],
    ["[::1]:5000/x", "[::1]:5000/x", "[::1]:5000/x"],
    ["quay.io/org/app", "quay.io/org/app", "quay.io/org/app"],
    ["Upper/x", "Upper/x", "Upper/x"],
    ["a__b-c---d/e.f", "docker.io/a__b-c---d/e.f", "a__b-c---d/e.f"],
    ["docker.io/a.b/c", "docker.io/a.b/c", "docker.io/a.b/c"],
    ["xn--n3h.com/x", "xn--n3h.com/x", "xn--n3h.com/x"],
    ["localhost", "docker.io/library/localhost", "localhost"],
    ["example.com", "docker.io/library/example.com", "example.com"],
    ["test:5000", "docker.io/library/test:5000", "test:5000"],
  ])("reads %s as %s", (text, canonical, familiar) => {
    const reference = parseReference(text);
    expect(formatReference(reference)).toBe(canonical);
    expect(formatFamiliar(reference)).toBe(familiar);
  });

  it.each([
    ["", "invalid reference format"],
    ["Nginx", "invalid reference format: repository name (library/Nginx) must be lowercase"],
    ["foo/Bar:x", "invalid reference format: repository name (foo/Bar) must be lowercase"],
    ["docker.io/Nginx", "invalid reference format: repository name (library/Nginx) must be lowercase"],
    ["nginx:", "invalid reference format"],
    [":latest", "invalid reference format"],
    ["nginx:-x", "invalid reference format"],
    ["nginx@", "invalid reference format"],
    ["nginx@sha256:abc", "invalid reference format"],
    [`nginx@${DIGEST.slice(0, -1)}`, "invalid checksum digest length"],
    [`nginx@SHA256:${HEX}`, "invalid reference format: repository name (library/nginx@SHA256) must be lowercase"],
    [`nginx@sha256:${HEX.toUpperCase()}`, "invalid checksum digest format"],
    [`nginx@md5:${HEX}`, "unsupported digest algorithm"],
    ["a//b", "invalid reference format"],
    ["/a", "invalid reference format"],
    ["a/", "invalid reference format"],
    ["-a", "invalid reference format"],
    ["a..b", "invalid reference format"],
    ["a___b", "invalid reference format"],
    ["nginx latest", "invalid reference format"],
    ["under_score.com/x", "invalid reference format"],
    [`nginx:${"t".repeat(129)}`, "invalid reference format"],
    ["x".repeat(256), "repository name must not be more than 255 characters"],
    [HEX, `invalid repository name (${HEX}), cannot specify 64-byte hexadecimal strings`],
  ])("refuses %s as Docker does", (text, message) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ kind: "invalid-argument", message }) as Error);
  });

  it("counts the path alone, not the registry, against the limit of 255", () => {
    expect(parseReference(`registry.example/${"x".repeat(255 - 8)}/${"y".repeat(7)}`).path).toHaveLength(255);
  });

  it("stays fast on hostile input", () => {
    const start = performance.now();
    for (const text of [
      `${"a-".repeat(20_000)}!`,
      `${"a.".repeat(20_000)}/`,
      `${"a/".repeat(20_000)}A:`,
      `x@${"a+".repeat(20_000)}`,
    ]) {
      expect(() => parseReference(text)).toThrow("invalid reference format");
    }
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe("withDefaultTag", () => {
  it("adds latest only when nothing says which image", () => {
    expect(formatFamiliar(withDefaultTag(parseReference("nginx")))).toBe("nginx:latest");
    expect(formatFamiliar(withDefaultTag(parseReference("nginx:1")))).toBe("nginx:1");
    expect(formatFamiliar(withDefaultTag(parseReference(`nginx@${DIGEST}`)))).toBe(`nginx@${DIGEST}`);
  });
});

describe("parseReferenceWithTag", () => {
  it("takes a tag or a digest in the place of a tag", () => {
    expect(formatReference(parseReferenceWithTag("docker.io/library/nginx", "1"))).toBe("docker.io/library/nginx:1");
    expect(formatReference(parseReferenceWithTag("nginx", DIGEST))).toBe(`docker.io/library/nginx@${DIGEST}`);
  });

  it("refuses what is neither", () => {
    expect(() => parseReferenceWithTag("nginx", "a b")).toThrow("invalid tag format");
    expect(() => parseReferenceWithTag("nginx", "sha256:00")).toThrow("invalid tag format");
  });
});

describe("round trips", () => {
  const alphaNumeric = fc.stringMatching(/^[a-z0-9]{1,6}$/);
  const component = fc
    .tuple(
      alphaNumeric,
      fc.array(fc.tuple(fc.constantFrom(".", "_", "__", "-", "---"), alphaNumeric), { maxLength: 2 }),
    )
    .map(([head, tail]) => head + tail.map(([separator, part]) => separator + part).join(""));
  const domain = fc.constantFrom(
    "docker.io",
    "localhost",
    "localhost:5000",
    "quay.io",
    "127.0.0.1:80",
    "[fe80::1]:443",
    "Host",
  );
  const reference = fc.record(
    {
      domain,
      path: fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/")),
      tag: fc.stringMatching(/^\w[\w.-]{0,20}$/),
      digest: fc.constant(DIGEST),
    },
    { requiredKeys: ["domain", "path"] },
  );

  it("reads what it writes: canonical and familiar names mean the same image", () => {
    fc.assert(
      fc.property(reference, (parts) => {
        const text = `${parts.domain}/${parts.path}${parts.tag ? `:${parts.tag}` : ""}${parts.digest ? `@${parts.digest}` : ""}`;
        const parsed = parseReference(text);
        expect(parseReference(formatReference(parsed))).toEqual(parsed);
        expect(parseReference(formatFamiliar(parsed))).toEqual(parsed);
        expect(parsed.tag).toBe(parts.tag);
        expect(parsed.digest).toBe(parts.digest);
        expect(canonicalName(parsed).endsWith(familiarName(parsed))).toBe(true);
      }),
    );
  });

  it("either refuses any text with an EngineError or reads it to a stable name", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-zA-Z0-9:/@._-]{0,30}$/)), (text) => {
        let canonical: string;
        try {
          canonical = formatReference(parseReference(text));
        } catch (error) {
          expect(error).toMatchObject({ name: "EngineError", kind: "invalid-argument" });
          return;
        }
        expect(formatReference(parseReference(canonical))).toBe(canonical);
      }),
    );
  });
});
