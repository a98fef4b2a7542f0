import { HOST_PATH } from "../../preview/protocol.ts";
import { HostChannel, type HostChannelOptions } from "./host-channel.ts";

const LOOK_EVERY_MS = 1_000;

/**
 * A preview in a tab of its own, for browsers that keep service workers out of frames of other sites. The host page in it greets its
 * opener and then lets go of it, before a container's page comes up: none can reach this page by way of the tab.
 */
export function openPreviewTab(
  options: Omit<HostChannelOptions, "window" | "onMessage">,
  target: string,
): Disposable | undefined {
  const tab = window.open(options.origin + HOST_PATH, "_blank");
  if (!tab) return undefined;
  const channel = new HostChannel({
    ...options,
    window: () => tab,
    onMessage: (message) => {
      if (message.type === "ready") channel.post({ type: "open", target });
    },
  });
  const timer = setInterval(() => {
    if (tab.closed) close();
  }, LOOK_EVERY_MS);
  const close = (): void => {
    clearInterval(timer);
    channel[Symbol.dispose]();
  };
  return { [Symbol.dispose]: close };
}
