import { beforeEach, describe, expect, test } from "vitest";
import { useElementPage } from "../../testing/element-page.ts";

const on = useElementPage();

/** What the test's engine has, and what the pane did. */
interface World {
  readonly typed: string[];
  readonly saved: Record<string, string>;
  containers: readonly object[];
  images: readonly string[];
  /** What the prompt in front shows; undefined when a line stands typed, or something runs. */
  prompt: string | undefined;
}

beforeEach(async () => {
  await on.page.evaluate(async () => {
    localStorage.clear();
    localStorage.setItem("drydock:lesson-language", "en");
    const world: World = { typed: [], saved: {}, containers: [], images: [], prompt: "~" };
    const fetch = async (path: string, init: RequestInit = {}): Promise<Response> => {
      const url = new URL(path, "http://localhost");
      const image = /^\/images\/(.+)\/json$/.exec(url.pathname)?.[1];
      if (image !== undefined)
        return world.images.includes(image) ? Response.json({}) : new Response("", { status: 404 });
      if (url.pathname === "/containers/json") return Response.json(world.containers);
      if (/^\/containers\/.+\/json$/.test(url.pathname)) return Response.json(world.containers[0]);
      if (url.pathname === "/drydock/workspace/file" && init.method === "PUT") {
        world.saved[url.searchParams.get("path") as string] = init.body as string;
        return new Response(null, { status: 204 });
      }
      return new Response("", { status: 404 });
    };
    const element = document.createElement("dd-lesson");
    element.host = {
      client: {},
      fetch,
      type: (text: string) => world.typed.push(text),
      showTerminal: () => undefined,
      promptDirectory: () => world.prompt,
    } as unknown as typeof element.host;
    element.isShown = true;
    element.style.cssText = "position: fixed; inset: 0";
    Object.assign(window, { world });
    document.body.replaceChildren(element);
    await element.updateComplete;
  });
  await on.page.getByRole("heading", { name: "Your first container" }).waitFor();
});

const world = <T>(read: (world: World) => T): Promise<T> =>
  on.page.evaluate(`(${read.toString()})(window.world)`) as Promise<T>;

describe("the list of lessons", () => {
  test("names all of them, in the learner's language", async () => {
    expect(await on.page.getByRole("listitem").locator("h3").allInnerTexts()).toEqual([
      "Your first container",
      "Images and layers",
      "Write a Dockerfile",
    ]);
    await on.page.getByRole("button", { name: "한국어" }).click();
    await on.page.getByRole("heading", { name: "첫 번째 컨테이너" }).waitFor();
    expect(await on.page.evaluate(() => localStorage.getItem("drydock:lesson-language"))).toBe("ko");
  });
});

describe("a lesson", () => {
  beforeEach(async () => {
    await on.page.getByRole("button", { name: "Begin" }).first().click();
    await on.page.getByRole("heading", { name: "Say hello" }).waitFor();
  });

  test("types a command into the terminal, with Enter", async () => {
    await on.page.getByRole("button", { name: "Run", exact: true }).click();
    expect(await world(({ typed }) => typed)).toEqual(["docker run hello-world\r"]);
  });

  test("does not join a command with a line that stands typed already", async () => {
    await on.page.evaluate(() => void ((window as unknown as { world: World }).world.prompt = undefined));
    await on.page.getByRole("button", { name: "Run", exact: true }).click();
    expect(await world(({ typed }) => typed)).toEqual(["\u0015docker run hello-world\r"]);
  });

  test("says what is missing when it is asked, in words", async () => {
    await on.page.getByRole("button", { name: "Check", exact: true }).click();
    const status = on.page.getByRole("status");
    await status.getByText("Not yet. What is still missing:").waitFor();
    expect(await status.locator("li").allInnerTexts()).toEqual([
      "there is an image hello-world",
      "a container of hello-world has ended with exit code 0",
    ]);
  });

  test("notices by itself that a step is done, and remembers it", async () => {
    await on.page.evaluate(() => {
      const { world } = window as unknown as { world: World };
      world.images = ["hello-world"];
      world.containers = [{ Id: "1", State: { Status: "exited", ExitCode: 0 } }];
    });
    await on.page.getByText("This step is done.").waitFor();
    expect(await on.page.evaluate(() => localStorage.getItem("drydock:lessons"))).toBe(
      '[["01-first-container",["hello"]]]',
    );
    await on.page.getByRole("button", { name: "All lessons" }).click();
    await on.page.getByRole("button", { name: "Go on" }).click();
    await on.page.getByRole("heading", { name: "A container ends with its program" }).waitFor();
  });

  test("keeps hints folded", async () => {
    const hint = on.page.getByText("The button does the same.");
    expect(await hint.isVisible()).toBe(false);
    await on.page.getByText("Hint", { exact: true }).click();
    expect(await hint.isVisible()).toBe(true);
  });

  test("moves by its dots and buttons, and says where it is", async () => {
    await on.page.getByRole("button", { name: /^Step 3: Look around inside/ }).click();
    expect(await on.page.getByText("Step 3 of 6").isVisible()).toBe(true);
    await on.page.getByRole("button", { name: "Back", exact: true }).click();
    await on.page.getByText("Step 2 of 6").waitFor();
  });
});

test("a lesson with files brings them into the workspace, and its code blocks write others", async () => {
  await on.page.getByRole("button", { name: "Begin" }).nth(2).click();
  await on.page.getByRole("button", { name: "Write Dockerfile" }).click();
  await on.page.getByText("Written into Dockerfile").waitFor();
  // The lesson's own files are on their way meanwhile.
  await expect.poll(() => world((each) => each.saved["index.html"] ?? "")).toContain("Hello from a container");
  expect(await world((each) => each.saved["Dockerfile"])).toBe(
    'FROM busybox\nCMD ["echo", "Hello from my own image"]\n',
  );
});

test("HTML in a lesson's text stays text", async () => {
  const text = await on.page.evaluate(async () => {
    const step = document.createElement("dd-lesson-step");
    const raw = "<img src=x onerror=alert(1)>";
    step.blocks = [
      { type: "text", token: { type: "paragraph", raw, text: raw, tokens: [{ type: "html", raw, text: raw }] } },
    ];
    document.body.replaceChildren(step);
    await step.updateComplete;
    return { images: step.shadowRoot?.querySelectorAll("img").length, text: step.shadowRoot?.textContent?.trim() };
  });
  expect(text).toEqual({ images: 0, text: "<img src=x onerror=alert(1)>" });
});
