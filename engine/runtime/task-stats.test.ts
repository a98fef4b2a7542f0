import { describe, expect, it } from "vitest";
import { parseDevices, parseIoStat, parseMachineStats } from "./task-stats.ts";

describe("counters of the kernel", () => {
  it("tell the machine's time from the first seven columns of /proc/stat", () => {
    const text = "cpu  1 2 3 4 5 6 7 100 100 100\ncpu0 1 2 3 4 5 6 7 0 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\nintr 5\n";
    expect(parseMachineStats(text)).toEqual({ cpuNs: 280_000_000, onlineCpus: 2 });
  });

  it("of block devices come by device", () => {
    expect(parseIoStat("254:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n7:1 \n")).toEqual([
      { major: 254, minor: 0, readBytes: 10, writtenBytes: 20 },
      { major: 7, minor: 1, readBytes: 0, writtenBytes: 0 },
    ]);
  });

  it("of network devices leave out loopback", () => {
    const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       9       9    0    0    0     0          0         0        9       9    0    0    0     0       0          0
  eth0:1000      10    1    2    0     0          0         0      2000      20    3    4    0     0       0          0
`;
    expect([...parseDevices(text)]).toEqual([
      [
        "eth0",
        {
          rxBytes: 1000, rxPackets: 10, rxErrors: 1, rxDropped: 2, txBytes: 2000, txPackets: 20, txErrors: 3, txDropped: 4,
        }, // prettier-ignore
      ],
    ]);
  });
});
