import assert from 'node:assert/strict';
import { encode, op, request } from './wire.mjs';

const ENV = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'TERM=xterm'];
const CLONE = { NEWNS: 0x20000, NEWCGROUP: 0x2000000, NEWUTS: 0x4000000, NEWIPC: 0x8000000, NEWPID: 0x20000000, NEWNET: 0x40000000 };
export const sh = (script) => op.exec(['sh', '-c', script], ENV, '');

/** Starts a shell script on pipes. */
export async function startPipes(agent, script, { reading = true, ...extra } = {}) {
  const [stdin, stdout, stderr] = [agent.stream(), agent.stream(), agent.stream()];
  stdout.reading = reading;
  const r = await agent.request('START', request.startPipes({
    stdin: stdin.id, stdout: stdout.id, stderr: stderr.id, ...extra, childOps: [...(extra.childOps ?? []), sh(script)],
  }));
  return { pid: r.u32(), stdin, stdout, stderr };
}

export async function startPty(agent, script, extra = {}) {
  const stream = agent.stream();
  const r = await agent.request('START', request.startPty({
    stream: stream.id, ...extra, childOps: [...(extra.childOps ?? []), op.tty(), sh(script)],
  }));
  return { pid: r.u32(), stream };
}

async function rejects(promise, expected) {
  await assert.rejects(promise, (error) => {
    for (const [key, value] of Object.entries(expected)) {
      if (value instanceof RegExp) assert.match(error[key], value);
      else assert.equal(error[key], value, `${key}: ${error.stack}`);
    }
    return true;
  });
}

/** Child ops for a root of its own: a tmpfs with the machine's /usr bound in. */
const ownRoot = (dir) => [
  op.mount('', '/', '', 0x44000, ''), // MS_PRIVATE | MS_REC
  op.mkdir(dir, 0o755, 1),
  op.mount('tmpfs', dir, 'tmpfs', 0, 'mode=755'),
  ...['usr', 'proc', 'dev'].map((d) => op.mkdir(`${dir}/${d}`, 0o755, 0)),
  op.mount('/usr', `${dir}/usr`, '', 0x1000, ''),
  ...['bin', 'lib', 'lib64', 'sbin'].map((d) => op.symlink(`usr/${d}`, `${dir}/${d}`)),
  op.mknod(`${dir}/dev/null`, 0o20666, 1, 3),
  op.mount('proc', `${dir}/proc`, 'proc', 0xe, ''),
  op.pivotRoot(dir),
];

export default {
  'READY tells version and kernel, PING answers': async (start) => {
    const agent = await start();
    assert.equal(agent.version, 1);
    assert.match(agent.release, /^\d+\.\d+/);
    const echo = await agent.request('PING', encode('b', [Buffer.from([0, 255, 10])]));
    assert.deepEqual([...echo.run()], [0, 255, 10]);
    const large = Buffer.alloc(1000000, 7);
    assert.ok((await agent.request('PING', encode('b', [large]))).run().equals(large));
  },

  'pipes carry stdin, stdout and stderr, and EXIT comes last': async (start) => {
    const agent = await start();
    const p = await startPipes(agent, 'cat; echo err >&2; exit 3');
    await p.stdin.write(Buffer.from('hello\n'));
    p.stdin.close();
    const exit = await agent.waitExit(p.pid);
    assert.equal(exit.status, 3 << 8);
    assert.equal(p.stdout.text, 'hello\n');
    assert.equal(p.stderr.text, 'err\n');
    assert.ok(p.stdout.closed && p.stderr.closed);
    assert.ok(exit.userMicros + exit.systemMicros > 0n);
  },

  'stream id 0 is /dev/null': async (start) => {
    const agent = await start();
    const stdout = agent.stream();
    const r = await agent.request('START', request.startPipes({ stdout: stdout.id, childOps: [sh('cat; readlink /proc/self/fd/0 /proc/self/fd/2')] }));
    await agent.waitExit(r.u32());
    assert.equal(stdout.text, '/dev/null\n/dev/null\n');
  },

  'a process that is killed reports its signal': async (start) => {
    const agent = await start();
    const p = await startPipes(agent, 'echo up; exec sleep 100');
    await p.stdout.until(/up/);
    await agent.request('KILL', encode('44', [p.pid, 9]));
    assert.equal((await agent.waitExit(p.pid)).status, 9);
    await rejects(agent.request('KILL', encode('44', [p.pid, 9])), { errno: 3 });
    await rejects(agent.request('KILL', encode('44', [1, 9])), { errno: 22 });
  },

  'EXIT waits for what the process left in its pipe, without credit too': async (start) => {
    const agent = await start();
    const p = await startPipes(agent, 'head -c 120000 /dev/zero', { reading: false });
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.equal(p.stdout.bytes, 65536);
    assert.ok(!agent.exits.has(p.pid));
    p.stdout.reading = true;
    p.stdout.giveCredit();
    await agent.waitExit(p.pid);
    assert.equal(p.stdout.bytes, 120000);
  },

  'EXIT comes 100 ms after the end when others hold the pipes': async (start) => {
    const agent = await start();
    const p = await startPipes(agent, 'sleep 2 & echo first; exit 7');
    const before = Date.now();
    assert.equal((await agent.waitExit(p.pid)).status, 7 << 8);
    const took = Date.now() - before;
    assert.ok(took < 1000, `${took} ms`);
    assert.equal(p.stdout.text, 'first\n');
    assert.ok(!p.stdout.closed);
    await p.stdout.ended;
    assert.ok(p.stdout.closed);
  },

  'EXIT is not held up by another process that writes for ever': async (start) => {
    const agent = await start();
    const p = await startPipes(agent, 'yes & exit 0', { reading: false });
    await new Promise((resolve) => setTimeout(resolve, 300));
    p.stdout.reading = true;
    p.stdout.giveCredit();
    await agent.waitExit(p.pid);
    p.stdout.reset();
  },

  'stdin whose reader has gone is reset with EPIPE': async (start) => {
    const agent = await start();
    const p = await startPipes(agent, 'exec <&-; echo closed; sleep 1');
    await p.stdin.ended;
    assert.equal(p.stdin.error, 32);
    await agent.waitExit(p.pid);
  },

  'a resized pty tells its process, and ^C is a signal': async (start) => {
    const agent = await start();
    const p = await startPty(agent, 'trap "stty size" WINCH; trap "echo int; exit 5" INT; stty size; tty; echo up; while :; do sleep 0.05; done', { rows: 30, columns: 100 });
    await p.stream.until(/30 100\r\n\/dev\/pts\/\d+\r\nup\r\n/);
    await agent.request('RESIZE', encode('422', [p.stream.id, 50, 132]));
    await p.stream.until(/50 132\r\n/);
    await p.stream.write(Buffer.from([3]));
    assert.equal((await agent.waitExit(p.pid)).status, 5 << 8);
    await p.stream.until(/int\r\n/);
    assert.ok(p.stream.closed);
    await rejects(agent.request('RESIZE', encode('422', [p.stream.id, 50, 132])), { errno: 2 });
  },

  'a pty takes a large paste and gives it back': async (start) => {
    const agent = await start();
    const p = await startPty(agent, 'stty raw -echo; echo up; head -c 300000 | cksum; sleep 0.1');
    await p.stream.until(/up\s/);
    const bytes = Buffer.alloc(300000, 'abcdefghij\n');
    await p.stream.write(bytes);
    await p.stream.until(/\d+ 300000/);
    await agent.waitExit(p.pid);
  },

  'output of a pty is all there before EXIT': async (start) => {
    const agent = await start();
    const p = await startPty(agent, 'stty -opost; seq 1 20000');
    await agent.waitExit(p.pid);
    const expected = Array.from({ length: 20000 }, (_, i) => `${i + 1}\n`).join('');
    assert.equal(p.stream.text, expected);
  },

  'a pty without a TTY op and a list without EXEC are refused': async (start) => {
    const agent = await start();
    const s = agent.stream();
    await rejects(agent.request('START', request.startPty({ stream: s.id, childOps: [sh('true')] })), { errno: 22, phase: 0 });
    await rejects(agent.request('START', request.startPipes({ childOps: [op.chdir('/', 0)] })), { errno: 22, phase: 0 });
    await rejects(agent.request('START', request.startPipes({ childOps: [sh('true'), sh('true')] })), { errno: 22, phase: 0 });
  },

  'exec failures carry the errno a shell would see': async (start) => {
    const agent = await start();
    await agent.request('OPS', request.ops([op.write('/mnt/plain', Buffer.from('#!/bin/sh\n'), 0o1101, 0o644)]));
    const exec = (...a) => agent.request('START', request.startPipes({ childOps: [op.exec(...a)] }));
    await rejects(exec(['no-such-program'], ENV, ''), { errno: 2, phase: 2, op: 0, message: 'execve(no-such-program): No such file or directory' });
    await rejects(exec(['/no/such'], ENV, ''), { errno: 2 });
    await rejects(exec(['/mnt/plain'], ENV, ''), { errno: 13 });
    await rejects(exec(['/mnt'], ENV, ''), { errno: 13 });
    await rejects(exec(['plain'], ['PATH=/nowhere:/mnt'], ''), { errno: 13 });
    await rejects(exec(['usr'], ['PATH=/'], ''), { errno: 2 });
    await rejects(exec([], ENV, ''), { errno: 2 });
    const r = await exec(['odd-name', '-c', 'exit 4'], ENV, '/bin/sh');
    assert.equal((await agent.waitExit(r.u32())).status, 4 << 8);
  },

  'a failing op names phase, index and system call, and no EXIT follows': async (start) => {
    const agent = await start();
    const childOps = [op.chdir('/', 0), op.mount('none', '/nowhere', 'nosuchfs', 0, ''), sh('true')];
    await rejects(agent.request('START', request.startPipes({ cloneFlags: CLONE.NEWNS, childOps })), { phase: 2, op: 1, message: /^mount\(none, \/nowhere, nosuchfs, 0, \): / });
    const parentOps = [op.mkdir('/mnt/x', 0o755, 0), op.write('/mnt/nothing/$PID', '', 0o1101, 0o644)];
    await rejects(agent.request('START', request.startPipes({ parentOps, childOps: [sh('true')] })), { errno: 2, phase: 1, op: 1, message: /open\(\/mnt\/nothing\/\d+, / });
    await rejects(agent.request('START', request.startPipes({ cgroup: '/no/cgroup', childOps: [sh('true')] })), { errno: 2, phase: 0 });
    await rejects(agent.request('START', request.startPipes({ cloneFlags: 0x100, childOps: [sh('true')] })), { errno: 22 });
    await rejects(agent.request('START', request.startPipes({ join: 99999, joinFlags: CLONE.NEWNS, childOps: [sh('true')] })), { errno: 3 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(agent.exits.size, 0);
    assert.deepEqual(agent.logs, []);
  },

  'a child killed during its set-up is a failure': async (start) => {
    const agent = await start();
    await agent.request('OPS', request.ops([op.mknod('/mnt/fifo', 0o10600, 0, 0)]));
    const loop = op.seccomp(0, Buffer.from('060000000000' + '0080', 'hex')); // SECCOMP_RET_KILL_PROCESS for everything
    await rejects(agent.request('START', request.startPipes({ childOps: [op.prctl(38, 1, 0, 0, 0), loop, sh('true')] })), { phase: 2, errno: 10 });
  },

  'parent ops see $PID while the child waits': async (start) => {
    const agent = await start();
    const parentOps = [op.symlink('/proc/$PID', '/mnt/link'), op.write('/proc/$PID/oom_score_adj', '5', 1, 0)];
    const p = await startPipes(agent, 'echo $$; readlink /mnt/link; cat /proc/self/oom_score_adj', { parentOps });
    await agent.waitExit(p.pid);
    assert.equal(p.stdout.text, `${p.pid}\n/proc/${p.pid}\n5\n`);
  },

  'new namespaces and pivot_root make a root of its own': async (start) => {
    const agent = await start();
    const p = await startPipes(agent, 'echo $$; hostname; ls /; ls /proc/self/task | wc -l; cat /proc/1/comm; ls /sys/class/net 2>/dev/null; echo end; sleep 30', {
      cloneFlags: CLONE.NEWNS | CLONE.NEWPID | CLONE.NEWUTS | CLONE.NEWIPC | CLONE.NEWNET,
      childOps: [op.hostname('inside'), ...ownRoot('/mnt/root'), op.mask('/proc/version'), op.mask('/proc/acpi'), op.mask('/proc/nothing'), op.readonly('/proc/sys')],
    });
    const [, text] = await p.stdout.until(/^([^]*)end\n$/);
    assert.match(text, /^1\ninside\nbin\ndev\nlib\nlib64\nproc\nsbin\nusr\n1\nsh\n$/);

    const joined = await startPipes(agent, 'hostname; cat /proc/1/comm; echo x > /proc/sys/kernel/hostname || echo readonly; wc -c < /proc/version; ls /; ls -d /proc/[0-9]* | wc -l', {
      join: p.pid, joinFlags: CLONE.NEWNS | CLONE.NEWPID | CLONE.NEWUTS | CLONE.NEWIPC | CLONE.NEWNET,
    });
    await agent.waitExit(joined.pid);
    assert.match(joined.stdout.text, /^inside\nsh\nreadonly\n0\nbin\n[^]*usr\n\d\n$/);
    await agent.request('KILL', encode('44', [p.pid, 9]));
    assert.equal((await agent.waitExit(p.pid)).status, 9);
  },

  'a mount opened before the pivot is attached after it': async (start) => {
    const agent = await start();
    await agent.request('OPS', request.ops([op.mkdir('/mnt/volume/sub', 0o755, 1), op.write('/mnt/volume/f', 'volume\n', 0o1101, 0o644), op.write('/mnt/one', 'one\n', 0o1101, 0o644)]));
    const p = await startPipes(agent, 'cat /data/f /etc/one; touch /data/new || echo readonly; ls /data/sub', {
      cloneFlags: CLONE.NEWNS,
      childOps: [op.openTree(0, '/mnt/volume', 1), op.openTree(63, '/mnt/one', 0), ...ownRoot('/mnt/root'), op.moveMount(0, '/data', 1, 1, 0x40000), op.moveMount(63, '/etc/one', 0, 0, 0)],
    });
    await agent.waitExit(p.pid);
    assert.equal(p.stdout.text, 'volume\none\nreadonly\n');
    await rejects(agent.request('OPS', request.ops([op.openTree(64, '/mnt', 0)])), { errno: 22 });
    await rejects(agent.request('OPS', request.ops([op.moveMount(0, '/mnt', 0, 0, 0)])), { errno: 22 });
  },

  'user, groups, capabilities, limits and umask are set': async (start) => {
    const agent = await start();
    const caps = 0b1000000000000001n; // CHOWN, NET_BIND_SERVICE is 10: bit 15 is IPC_OWNER
    const p = await startPipes(agent, 'id -u; id -g; id -G; ulimit -n; ulimit -Hn; umask; grep Cap /proc/self/status; echo x > /dev/stdout', {
      childOps: [op.rlimit(7, 77n, 99n), op.umask(0o27), op.user(33, 44, [44, 55]), op.caps(caps, 1n, 1n, 1n, 1n)],
    });
    await agent.waitExit(p.pid);
    assert.equal(p.stdout.text, ['33', '44', '44 55', '77', '99', '0027', 'CapInh:\t0000000000000001', 'CapPrm:\t0000000000000001', 'CapEff:\t0000000000000001', 'CapBnd:\t0000000000008001', 'CapAmb:\t0000000000000001', 'x', ''].join('\n'), p.stderr.text);
  },

  'child-only ops are refused in the agent': async (start) => {
    const agent = await start();
    for (const one of [op.chdir('/', 0), op.umask(0), op.user(0, 0, []), op.caps(0n, 0n, 0n, 0n, 0n), op.unshare(0), op.tty(), sh('true'), op.pivotRoot('/'), op.rlimit(7, 1n, 1n), op.seccomp(0, ''), op.prctl(1, 0, 0, 0, 0), op.setns('/x', 0)]) {
      await rejects(agent.request('OPS', request.ops([op.mkdir('/mnt/a', 0o755, 0), one])), { errno: 1, phase: 1, op: 1 });
    }
  },

  'children have default signals, no further fds and no controlling surprises': async (start) => {
    const agent = await start();
    const p = await startPipes(agent, 'ls /proc/self/fd | wc -l; grep -E "Sig(Blk|Ign)" /proc/self/status; umask; cat /proc/$$/oom_score_adj; ps -o sid= -p $$');
    await agent.waitExit(p.pid);
    const lines = p.stdout.text.trim().split('\n').map((l) => l.trim());
    assert.deepEqual(lines, ['4', 'SigBlk:\t0000000000000000', 'SigIgn:\t0000000000000000', '0022', '0', String(p.pid)]);
  },

  'orphans are reaped': async (start) => {
    const agent = await start();
    const p = await startPipes(agent, 'for i in 1 2 3 4 5; do (sleep 0.1 &) ; done; exit 0');
    await agent.waitExit(p.pid);
    await new Promise((resolve) => setTimeout(resolve, 400));
    const q = await startPipes(agent, 'ps -eo stat= | grep -c Z');
    await agent.waitExit(q.pid);
    assert.equal(q.stdout.text, '0\n');
  },

  'many processes at once': async (start) => {
    const agent = await start();
    const all = await Promise.all(Array.from({ length: 60 }, (_, i) => startPipes(agent, `echo ${i}; exit ${i}`)));
    const exits = await Promise.all(all.map((p) => agent.waitExit(p.pid)));
    all.forEach((p, i) => {
      assert.equal(p.stdout.text, `${i}\n`);
      assert.equal(exits[i].status, i << 8);
    });
  },
};
