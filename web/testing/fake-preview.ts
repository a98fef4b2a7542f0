/** For tests of the preview pane: a client whose links lead to the fake engine's site, without a worker. */
import { serveLink } from "../preview/serve-link.ts";
import { fakeSite } from "./fake-site.ts";

/** As much of an `EngineClient` as a preview uses. */
export const fakePreviewClient = {
  machine: "1",
  openLink: async (port: number, link: MessagePort): Promise<Disposable> => serveLink(link, fakeSite(port)),
};

declare global {
  interface Window {
    fakePreviewClient: typeof fakePreviewClient;
  }
}

window.fakePreviewClient = fakePreviewClient;
