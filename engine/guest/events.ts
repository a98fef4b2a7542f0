/** What the agent says without being asked: events, accepted connections, and the small payloads of stream frames. */
import { FieldWriter, readAll } from "./codec.ts";
import type { ExitStatus } from "./guest.ts";

/** Event codes by name. */
export const EVENT = { ready: 1, exit: 2, log: 3 } as const;

/** Ids with this bit are the guest's (OPEN). */
export const GUEST_STREAM_BIT = 0x80000000;

/** The agent is up: once, after boot. */
export interface ReadyEvent {
  readonly version: number;
  readonly kernelRelease: string;
}

/** Payload of READY. */
export function encodeReady(event: ReadyEvent): Uint8Array {
  return new FieldWriter().u32(event.version).string(event.kernelRelease).finish();
}

/** @throws ProtocolError */
export function decodeReady(payload: Uint8Array): ReadyEvent {
  return readAll(payload, (input) => ({ version: input.u32(), kernelRelease: input.string() }));
}

/** EXIT with the wait status as the kernel gave it. */
export interface ExitEvent {
  readonly pid: number;
  readonly waitStatus: number;
  readonly userUs: number;
  readonly systemUs: number;
}

/** Payload of EXIT. */
export function encodeExit(event: ExitEvent): Uint8Array {
  return new FieldWriter(32).u32(event.pid).i32(event.waitStatus).u64(event.userUs).u64(event.systemUs).finish();
}

/** @throws ProtocolError */
export function decodeExit(payload: Uint8Array): ExitEvent {
  return readAll(payload, (input) => ({
    pid: input.u32(),
    waitStatus: input.i32(),
    userUs: input.size(),
    systemUs: input.size(),
  }));
}

/** What `wait(2)`'s status means: the code passed to `exit`, or 128 + signal. */
export function exitStatusOf(event: ExitEvent): ExitStatus {
  const signal = event.waitStatus & 0x7f;
  const code = signal === 0 ? (event.waitStatus >> 8) & 0xff : 128 + signal;
  return { code, signal: signal === 0 ? undefined : signal, userUs: event.userUs, systemUs: event.systemUs };
}

/** A line of the agent's own log. Levels are the kernel's (3 error, 4 warning, 6 info, 7 debug). */
export interface LogEvent {
  readonly level: number;
  readonly text: string;
}

/** Payload of LOG. */
export function encodeLog(event: LogEvent): Uint8Array {
  return new FieldWriter().u8(event.level).string(event.text).finish();
}

/** @throws ProtocolError */
export function decodeLog(payload: Uint8Array): LogEvent {
  return readAll(payload, (input) => ({ level: input.u8(), text: input.string() }));
}

/** OPEN: a connection was accepted; the frame's id is its stream. */
export interface OpenFields {
  readonly listener: number;
  readonly pid: number;
  readonly uid: number;
}

/** Payload of OPEN. */
export function encodeOpen(open: OpenFields): Uint8Array {
  return new FieldWriter(12).u32(open.listener).u32(open.pid).u32(open.uid).finish();
}

/** @throws ProtocolError */
export function decodeOpen(payload: Uint8Array): OpenFields {
  return readAll(payload, (input) => ({ listener: input.u32(), pid: input.u32(), uid: input.u32() }));
}

/** Payload of CREDIT and LINK_ACK. */
export function encodeU32(value: number): Uint8Array {
  return new FieldWriter(4).u32(value).finish();
}

/** @throws ProtocolError */
export function decodeU32(payload: Uint8Array): number {
  return readAll(payload, (input) => input.u32());
}

/** Payload of RESET. */
export function encodeErrno(errno: number): Uint8Array {
  return new FieldWriter(4).i32(errno).finish();
}

/** @throws ProtocolError */
export function decodeErrno(payload: Uint8Array): number {
  return readAll(payload, (input) => input.i32());
}
