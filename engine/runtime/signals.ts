import { EngineError } from "../base/errors.ts";

/** By name without `SIG`, as Linux on x86 numbers them. */
const SIGNALS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  IOT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  POLL: 29,
  PWR: 30,
  SYS: 31,
  RTMIN: 34,
  RTMAX: 64,
};

export const SIGKILL = 9;
export const SIGTERM = 15;

/** `KILL`, `SIGKILL`, `kill`, `9`, `RTMIN+1`. @throws EngineError invalid-argument `invalid signal: X` */
export function parseSignal(text: string): number {
  const bad = (): never => {
    throw new EngineError("invalid-argument", `invalid signal: ${text}`);
  };
  if (/^[+-]?\d+$/.test(text)) {
    const number = Number(text);
    if (number === 0) return bad();
    if ((number >= 1 && number <= 31) || (number >= 34 && number <= 64)) return number;
    throw new EngineError("invalid-argument", `the linux daemon does not support signal ${number}`);
  }
  const name = text.toUpperCase().replace(/^SIG/, "");
  const realTime = /^RT(MIN\+|MAX-)(\d{1,2})$/.exec(name);
  if (realTime !== null) {
    const number = realTime[1] === "MIN+" ? 34 + Number(realTime[2]) : 64 - Number(realTime[2]);
    return number >= 34 && number <= 64 ? number : bad();
  }
  return SIGNALS[name] ?? bad();
}
