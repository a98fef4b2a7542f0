import { FakeGuest } from "../guest/fake-guest.ts";
import { NetlinkWriter } from "./netlink.ts";

const RTM_GETLINK = 18;
const RTM_NEWLINK = 16;
const TYPE_OFFSET = 4;

/** A guest whose devices have the indexes 10, 11, … */
export function guestWithDevices(): FakeGuest {
  const guest = new FakeGuest();
  let index = 10;
  guest.onOp((op) => {
    if (op.op === "write") return new Uint8Array();
    if (op.op !== "netlink" || op.protocol !== 0) return undefined;
    if (new DataView(op.messages.buffer).getUint16(TYPE_OFFSET, true) !== RTM_GETLINK) return undefined;
    const out = new NetlinkWriter();
    return out.message(RTM_NEWLINK, 0, () => out.u32(0).u32(index++).u32(0).u32(0)).finish().messages;
  });
  return guest;
}
