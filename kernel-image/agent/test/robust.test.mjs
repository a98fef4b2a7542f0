import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { encode, frame, op, request } from './wire.mjs';
import { staleFixtures } from './fixtures.mjs';
import { sh, startPipes } from './process.test.mjs';

/** A generator of the same numbers each time. */
function random(seed) {
  let x = seed;
  return (below) => {
    x ^= x << 13; x ^= x >>> 17; x ^= x << 5;
    return (x >>> 0) % below;
  };
}
const bytesOf = (next, length) => Buffer.from(Array.from({ length }, () => next(256)));

const DIRECTORY = new URL('../testdata/', import.meta.url);
const fixture = (name) => Buffer.from(readFileSync(new URL(name, DIRECTORY), 'utf8').replace(/^#.*\n/, '').replace(/\s/g, ''), 'hex');

export default {
  'the fixtures are what fixtures.mjs says': async () => {
    assert.deepEqual(staleFixtures(), []);
  },

  'the codec takes every fixture and refuses each of its prefixes': async () => {
    const out = spawnSync(new URL('../build-native/codec-test', import.meta.url).pathname, readdirSync(DIRECTORY).filter((f) => f.endsWith('.hex')).map((f) => new URL(f, DIRECTORY).pathname), { encoding: 'utf8' });
    assert.equal(out.status, 0, out.stdout + out.stderr);
    assert.match(out.stdout, /^\d\d+ fixtures\n$/);
  },

  'random bytes after a valid header do no harm': async (start) => {
    const agent = await start();
    const next = random(4711);
    const answers = [];
    for (let i = 0; i < 3000; i++) {
      const method = 1 + next(13);
      const payload = bytesOf(next, next(80));
      answers.push(agent.raw(12, payload));
      const type = [1, 4, 5, 6, 7, 8, 9, 0, 200][next(9)];
      if (type === 1) {
        answers.push(agent.raw(method === 1 ? 2 : method, payload));
      } else agent.send(frame(type, next(65536), next(4), payload));
    }
    await Promise.all(answers);
    assert.equal((await agent.request('PING', encode('b', ['alive']))).string(), 'alive');
  },

  'damaged copies of valid requests do no harm': async (start) => {
    const agent = await start();
    const next = random(1234);
    const names = readdirSync(DIRECTORY).filter((f) => f.startsWith('frame-request') && !/restored|kill/.test(f));
    const answers = [];
    for (let i = 0; i < 1500; i++) {
      const bytes = Buffer.from(fixture(names[next(names.length)]));
      const payload = bytes.subarray(12);
      for (let n = 1 + next(3); n; n--) payload[next(payload.length)] = next(256);
      answers.push(agent.raw(bytes.readUInt16LE(6), payload));
      if (answers.length === 50) await Promise.all(answers.splice(0));
    }
    await Promise.all(answers);
    assert.equal((await agent.request('PING', encode('b', ['alive']))).string(), 'alive');
  },

  'damaged ops do no harm': async (start) => {
    const agent = await start();
    const next = random(99);
    const names = readdirSync(DIRECTORY).filter((f) => f.startsWith('op-') && !/sync|remove|mount|write|mask|readonly/.test(f));
    for (let i = 0; i < 1500; i++) {
      const bytes = Buffer.from(fixture(names[next(names.length)]));
      for (let n = 1 + next(3); n && bytes.length > 1; n--) bytes[1 + next(bytes.length - 1)] = next(256);
      await agent.request('OPS', request.ops([bytes])).catch((e) => assert.ok(e.errno, e.stack));
    }
    assert.equal((await agent.request('PING', encode('b', ['alive']))).string(), 'alive');
  },

  'a frame with an absurd length is skipped, not stored': async (start) => {
    const agent = await start();
    const before = agent.rssKiB();
    const p = await startPipes(agent, 'sleep 10');
    for (const type of [4, 5, 8, 77]) agent.send(Buffer.concat([encode('41124', [3000000, type, 0, 0, p.stdin.id]), Buffer.alloc(3000000)]));
    await p.stdin.ended;
    assert.equal((await agent.request('PING', encode('b', ['alive']))).string(), 'alive');
    assert.ok(agent.rssKiB() - before < 1500);
    await agent.request('KILL', encode('44', [p.pid, 9]));
  },

  'running out of fds is an errno, and passes': async (start) => {
    const agent = await start();
    const limit = spawnSync('prlimit', ['-p', String(agent.hostPid), '--nofile=40'], { encoding: 'utf8' });
    assert.equal(limit.status, 0, limit.stderr);
    const running = [];
    let refused = 0;
    for (let i = 0; i < 20; i++) {
      await startPipes(agent, 'exec sleep 100').then((p) => running.push(p), (e) => { assert.equal(e.errno, 24, e.stack); refused++; });
    }
    assert.ok(refused > 5 && running.length > 3, `${refused} ${running.length}`);
    await assert.rejects(agent.request('OPS', request.ops([...Array.from({ length: 30 }, (_, i) => op.openTree(i, '/', 0))])), { errno: 24 });
    for (const p of running) await agent.request('KILL', encode('44', [p.pid, 9]));
    for (const p of running) await agent.waitExit(p.pid);
    const r = await agent.request('START', request.startPipes({ childOps: [sh('exit 6')] }));
    assert.equal((await agent.waitExit(r.u32())).status, 6 << 8);
  },
};
