// Starts an agent in namespaces of its own and speaks to it, as the engine would.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { encode, frame, Reader, FRAME, METHOD, EVENT } from './wire.mjs';

export const CREDIT = 65536;

/** A stream on the link; `read` false keeps the credit back, as a slow reader does. */
class Stream {
  constructor(agent, id) {
    Object.assign(this, { agent, id, chunks: [], bytes: 0, credit: CREDIT, reading: true, owed: 0, waiting: [] });
    this.ended = new Promise((resolve) => (this.end = resolve));
    agent.streams.set(id, this);
  }
  receive(bytes) {
    this.chunks.push(bytes);
    this.bytes += bytes.length;
    this.owed += bytes.length;
    if (this.reading) this.giveCredit();
    this.onData?.(bytes);
  }
  giveCredit() {
    if (!this.owed) return;
    this.agent.send(frame(FRAME.CREDIT, 0, this.id, encode('4', [this.owed])));
    this.owed = 0;
  }
  async write(bytes) {
    for (let at = 0; at < bytes.length;) {
      while (!this.credit && !this.error) await new Promise((resolve) => this.waiting.push(resolve));
      if (this.error) return;
      const n = Math.min(this.credit, 16384, bytes.length - at);
      this.credit -= n;
      this.agent.send(frame(FRAME.DATA, 0, this.id, bytes.subarray(at, at + n)));
      at += n;
    }
  }
  close() { this.agent.send(frame(FRAME.CLOSE, 0, this.id)); }
  reset(errno = 32) { this.agent.send(frame(FRAME.RESET, 0, this.id, encode('4', [errno]))); }
  get text() { return Buffer.concat(this.chunks).toString(); }
  get data() { return Buffer.concat(this.chunks); }
  /** Waits until the text matches. */
  async until(pattern) {
    while (!pattern.test(this.text)) {
      await new Promise((resolve, reject) => {
        this.onData = resolve;
        this.ended.then(() => (pattern.test(this.text) ? resolve() : reject(new Error(`ended with ${JSON.stringify(this.text)}`))));
      });
    }
    return this.text.match(pattern);
  }
}

export class AgentError extends Error {
  constructor(errno, phase, op, detail) {
    super(detail);
    Object.assign(this, { errno, phase, op });
  }
}

export class Agent {
  streams = new Map();
  logs = [];
  exits = new Map();
  frames = []; // order of what arrived, for tests of order
  #pending = new Map();
  #nextRequest = 1;
  #nextStream = 1;
  #input = Buffer.alloc(0);
  #waitingExit = new Map();
  sent = 0;
  acked = 0;

  /** Starts an agent that is PID 1 of its namespaces; ready when READY came. */
  static async start(binary) {
    const agent = new Agent();
    const script = 'mount -t tmpfs tmpfs /mnt && cd /mnt && exec "$0" --link 3';
    agent.child = spawn('unshare', ['-m', '-p', '-n', '-u', '-i', '--fork', '--mount-proc', 'sh', '-c', script, binary], {
      stdio: ['ignore', 'inherit', 'pipe', 'pipe'],
      env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    });
    agent.stderr = '';
    agent.child.stderr.on('data', (d) => (agent.stderr += d));
    agent.exited = new Promise((resolve) => agent.child.on('exit', (code, signal) => resolve(code ?? signal)));
    agent.exited.then(() => agent.#abort());
    agent.socket = agent.child.stdio[3];
    agent.socket.on('data', (d) => agent.receive(d));
    agent.socket.on('error', () => {});
    agent.ready = new Promise((resolve) => (agent.onReady = resolve));
    await Promise.race([agent.ready, agent.exited.then(() => { throw new Error(`agent: ${agent.stderr}`); })]);
    return agent;
  }

  async stop() {
    this.socket.end();
    return this.exited;
  }

  #abort() {
    for (const p of this.#pending.values()) p.reject(new Error(`agent died: ${this.stderr.slice(0, 2000)}`));
    for (const s of this.streams.values()) s.end();
  }

  send(bytes) { this.sent += bytes.length; this.socket.write(bytes); }
  stream() { return new Stream(this, this.#nextStream++); }

  request(method, payload) {
    const id = this.#nextRequest++;
    this.send(frame(FRAME.REQUEST, METHOD[method], id, payload));
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject, method }));
  }

  /** A request whose answer, good or bad, only has to come. */
  raw(method, payload) {
    const id = this.#nextRequest++;
    this.send(frame(FRAME.REQUEST, method, id, payload));
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject: (e) => (e.errno ? resolve(e) : reject(e)) }));
  }

  waitExit(pid) {
    if (this.exits.has(pid)) return Promise.resolve(this.exits.get(pid));
    return new Promise((resolve) => this.#waitingExit.set(pid, resolve));
  }

  receive(bytes) {
    this.#input = this.#input.length ? Buffer.concat([this.#input, bytes]) : bytes;
    while (this.#input.length >= 12) {
      const length = this.#input.readUInt32LE(0);
      if (this.#input.length < 12 + length) return;
      const [type, code, id] = [this.#input[4], this.#input.readUInt16LE(6), this.#input.readUInt32LE(8)];
      const payload = this.#input.subarray(12, 12 + length);
      this.#input = this.#input.subarray(12 + length);
      this.#dispatch(type, code, id, payload);
    }
  }

  #dispatch(type, code, id, payload) {
    const r = new Reader(payload);
    const stream = this.streams.get(id);
    if (type !== FRAME.LINK_ACK) this.frames.push({ type, code, id, length: payload.length });
    if (type === FRAME.RESPONSE) {
      const { resolve, reject } = this.#pending.get(id);
      this.#pending.delete(id);
      const errno = r.i32();
      if (errno) reject(new AgentError(errno, r.u8(), r.u32(), r.string()));
      else resolve(r);
    } else if (type === FRAME.EVENT) {
      if (code === EVENT.READY) { this.version = r.u32(); this.release = r.string(); this.onReady(); }
      if (code === EVENT.LOG) this.logs.push({ level: r.u8(), text: r.string() });
      if (code === EVENT.EXIT) {
        const pid = r.u32();
        const exit = { status: r.i32(), userMicros: r.u64(), systemMicros: r.u64() };
        this.exits.set(pid, exit);
        this.#waitingExit.get(pid)?.(exit);
      }
    } else if (type === FRAME.DATA) stream?.receive(Buffer.from(payload));
    else if (type === FRAME.CREDIT && stream) {
      stream.credit += r.u32();
      stream.waiting.splice(0).forEach((f) => f());
    } else if (type === FRAME.CLOSE && stream) { stream.closed = true; stream.end(); }
    else if (type === FRAME.RESET && stream) {
      stream.error = r.i32();
      stream.waiting.splice(0).forEach((f) => f());
      stream.end();
    } else if (type === FRAME.LINK_ACK) this.acked = r.u32();
    else if (type === FRAME.OPEN) {
      const s = new Stream(this, id);
      this.onOpen?.(s, { listener: r.u32(), pid: r.u32(), uid: r.u32() });
    }
  }

  /** Pid (as the machine sees it) of the agent itself. */
  get hostPid() {
    const tree = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    return Number(tree(this.child.pid)[0]);
  }
  openFds() {
    const pid = this.hostPid;
    return readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try { return `${fd} ${readlinkSync(`/proc/${pid}/fd/${fd}`)}`; } catch { return `${fd} ?`; }
    });
  }
  rssKiB() {
    return Number(readFileSync(`/proc/${this.hostPid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);
  }
}
