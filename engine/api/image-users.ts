import type { Services } from "./services.ts";

/** Which containers use an image, for the conflicts of its removal. */
export function imageUsers({
  containers,
}: Pick<Services, "containers">): (id: string) => readonly { readonly id: string; readonly running: boolean }[] {
  return (id) =>
    containers
      .list({ all: true })
      .filter(({ image, mounts }) => image.id === id || mounts.some(({ imageId }) => imageId === id))
      .map((container) => ({
        id: container.id,
        running: ["running", "paused", "restarting"].includes(container.state.status),
      }));
}
