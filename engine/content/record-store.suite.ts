import { describe, expect, test } from "vitest";
import type { RecordStore } from "./record-store.ts";

/** What every {@link RecordStore} must do. `create` makes an empty store and a second view of the same storage, as another tab has. */
export function testRecordStore(
  name: string,
  create: () => Promise<{ store: RecordStore; other?: RecordStore }>,
): void {
  describe(`${name}, as a record store`, () => {
    test("a record is there once set, in another tab too, and gone once deleted", async () => {
      const { store, other = store } = await create();
      await store.set("images/busybox", { digest: "sha256:1", tags: ["latest"] });
      expect(await other.get("images/busybox")).toEqual({ digest: "sha256:1", tags: ["latest"] });
      await other.delete("images/busybox");
      expect(await store.get("images/busybox")).toBeUndefined();
    });

    test("deleting what is not there is fine", async () => {
      const { store } = await create();
      await store.delete("images/none");
      expect(await store.get("images/none")).toBeUndefined();
    });

    test("a later value replaces the earlier one, whatever its shape", async () => {
      const { store } = await create();
      for (const value of [{ a: 1 }, [1, 2], "text", 0, false, null, { deep: { list: [{ x: "ü€😀" }] } }]) {
        await store.set("k", value);
        expect(await store.get("k")).toEqual(value);
      }
    });

    test("entries lists a prefix sorted by key and nothing else", async () => {
      const { store } = await create();
      for (const key of ["b/2", "a/1", "b/1/x", "b/1", "b", "ba", "b/10", "c/1"]) await store.set(key, { key });
      expect((await store.entries<{ key: string }>("b/")).map(([key, value]) => [key, value.key])).toEqual([
        ["b/1", "b/1"],
        ["b/1/x", "b/1/x"],
        ["b/10", "b/10"],
        ["b/2", "b/2"],
      ]);
      expect((await store.entries("")).length).toBe(8);
      expect(await store.entries("none/")).toEqual([]);
      expect((await store.entries("b")).length).toBe(6);
    });

    test("any text is a key of its own, and none leaves the store", async () => {
      const { store, other = store } = await create();
      const keys = [
        "images/docker.io/library/busybox:latest",
        "../../etc/passwd",
        "/absolute",
        "a//b",
        "a/b/",
        "a/b",
        "a/b.json",
        ".",
        "..",
        "CASE",
        "case",
        "nul\0byte",
        "back\\slash",
        "per%cent",
        "per%25cent",
        "ümlaut/😀",
        "\uffff/\uffff",
        "con",
        "long/".repeat(40) + "x".repeat(300),
        "long/".repeat(40) + "x".repeat(301),
        "__proto__",
        "constructor",
      ];
      for (const [index, key] of keys.entries()) await store.set(key, index);
      for (const [index, key] of keys.entries()) expect(await other.get(key), key).toBe(index);
      expect((await other.entries("")).map(([key]) => key)).toEqual(keys.toSorted());
      for (const key of keys) await other.delete(key);
      expect(await store.entries("")).toEqual([]);
    });

    test("what a caller does to a value afterwards does not change the record", async () => {
      const { store } = await create();
      const value = { tags: ["a"] };
      await store.set("k", value);
      value.tags.push("b");
      const read = await store.get<typeof value>("k");
      expect(read).toEqual({ tags: ["a"] });
      read?.tags.push("c");
      expect(await store.get("k")).toEqual({ tags: ["a"] });
    });

    test("many sets at once all arrive, and of several for one key the last wins", async () => {
      const { store, other = store } = await create();
      await Promise.all(
        Array.from({ length: 40 }, async (_, index) => (index % 2 === 0 ? store : other).set(`many/${index}`, index)),
      );
      expect((await store.entries("many/")).length).toBe(40);
      for (let index = 0; index < 10; index += 1) void store.set("same", index);
      await store.set("same", "last");
      expect(await store.get("same")).toBe("last");
    });
  });
}
