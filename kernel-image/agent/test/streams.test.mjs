import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { encode, frame, op, request, FRAME } from './wire.mjs';
import { startPipes, startPty } from './process.test.mjs';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const sha = (bytes) => createHash('sha256').update(bytes).digest('hex');
const pattern = (length) => {
  const bytes = Buffer.alloc(length);
  for (let i = 0, x = 1; i < length; i++) bytes[i] = (x = (x * 1103515245 + 12345) & 0x7fffffff) >> 16;
  return bytes;
};

export default {
  'a listener in a network namespace: connections and datagrams are streams, until it is closed': async (start) => {
    const agent = await start();
    const open = [];
    agent.onOpen = (s, info) => {
      open.push(info);
      s.onData = () => s.write(Buffer.from(`<${s.data}>`)).then(() => s.close());
    };
    const [UDP, TCP] = [0x80000001, 0x80000002];
    const p = await startPipes(agent, 'read go; bash -c "exec 3<>/dev/udp/127.0.0.11/5300; echo -n ask >&3; head -c 5 <&3; exec 4<>/dev/tcp/127.0.0.11/5300; echo -n tcp >&4; cat <&4"; read on; bash -c "echo x >/dev/tcp/127.0.0.11/5300"', {
      cloneFlags: 0x40000000,
      parentOps: [op.netlink(0, 0xffffffff, Buffer.from('200000001300050001000000000000000000000001000000010000000100000000000000'.slice(0, 64), 'hex'), [], 0),
        op.listen(0xffffffff, UDP, 2, '127.0.0.11', 5300), op.listen(0xffffffff, TCP, 1, '127.0.0.11', 5300)],
    });
    await p.stdin.write(Buffer.from('go\n'));
    await p.stdout.until(/<tcp>/);
    assert.equal(p.stdout.text, '<ask><tcp>');
    assert.deepEqual(open.map(({ listener }) => listener), [UDP, TCP]);
    await agent.request('OPS', request.ops([op.unlisten(UDP), op.unlisten(TCP), op.unlisten(TCP)]));
    await p.stdin.write(Buffer.from('on\n'));
    await agent.waitExit(p.pid);
    assert.match(p.stderr.text, /refused/);
    await assert.rejects(agent.request('OPS', request.ops([op.listen(0, 5, 1, '127.0.0.11', 5300)])), { errno: 22 });
  },

  'a fast writer and a slow reader: no byte lost, memory bounded': async (start) => {
    const agent = await start();
    const p = await startPipes(agent, 'cat', { reading: false });
    const bytes = pattern(3000000);
    const before = agent.rssKiB();
    const writing = p.stdin.write(bytes);
    await sleep(300);
    assert.equal(p.stdout.bytes, 65536); // no credit, no more
    assert.ok(agent.rssKiB() - before < 2048, `${before} ${agent.rssKiB()}`);
    const reader = setInterval(() => p.stdout.giveCredit(), 3);
    await writing;
    p.stdin.close();
    await agent.waitExit(p.pid);
    clearInterval(reader);
    assert.equal(p.stdout.bytes, bytes.length);
    assert.equal(sha(p.stdout.data), sha(bytes));
  },

  'a slow process: input waits in the agent, within the credit': async (start) => {
    const agent = await start();
    const p = await startPipes(agent, 'sleep 0.3; sha256sum');
    const bytes = pattern(1000000);
    let written = false;
    const writing = p.stdin.write(bytes).then(() => (written = true));
    await sleep(150);
    assert.ok(!written);
    await writing;
    p.stdin.close();
    await agent.waitExit(p.pid);
    assert.match(p.stdout.text, new RegExp(sha(bytes)));
  },

  'several streams share the link': async (start) => {
    const agent = await start();
    const bytes = pattern(400000);
    await Promise.all(Array.from({ length: 8 }, async () => {
      const p = await startPipes(agent, 'cat');
      await p.stdin.write(bytes);
      p.stdin.close();
      await agent.waitExit(p.pid);
      assert.equal(sha(p.stdout.data), sha(bytes));
    }));
  },

  'everything that arrives is acknowledged': async (start) => {
    const agent = await start();
    const p = await startPipes(agent, 'cat > /dev/null');
    await p.stdin.write(Buffer.alloc(500001));
    p.stdin.close();
    await agent.waitExit(p.pid);
    await sleep(50);
    assert.equal(agent.acked, agent.sent);
  },

  'DATA right behind START is not lost': async (start) => {
    const agent = await start();
    for (const kind of ['pipes', 'pty']) {
      const starting = kind === 'pipes' ? startPipes(agent, 'head -n 1') : startPty(agent, 'stty -echo; head -n 1');
      const id = kind === 'pipes' ? 1 : 4;
      agent.send(frame(FRAME.DATA, 0, id, Buffer.from('early\n')));
      const p = await starting;
      await agent.waitExit(p.pid);
      assert.match((p.stdout ?? p.stream).text, /early/);
    }
  },

  'more DATA than credit is a protocol error of that stream only': async (start) => {
    const agent = await start();
    const p = await startPipes(agent, 'sleep 10');
    for (let i = 0; i < 20; i++) agent.send(frame(FRAME.DATA, 0, p.stdin.id, Buffer.alloc(16384)));
    await p.stdin.ended;
    assert.equal(p.stdin.error, 71);
    const q = await startPipes(agent, 'sleep 10');
    agent.send(frame(FRAME.DATA, 0, q.stdin.id, Buffer.alloc(20000)));
    await q.stdin.ended;
    assert.equal(q.stdin.error, 90);
    await agent.request('PING', encode('b', [Buffer.from('x')]));
    for (const one of [p, q]) await agent.request('KILL', encode('44', [one.pid, 9]));
  },

  'a stream id in use or zero is refused': async (start) => {
    const agent = await start();
    const p = await startPipes(agent, 'sleep 10');
    await assert.rejects(agent.request('FILE_READ', encode('4ss88', [p.stdout.id, '', '/etc/passwd', 0, 0])), { errno: 17 });
    await assert.rejects(agent.request('FILE_READ', encode('4ss88', [0, '', '/etc/passwd', 0, 0])), { errno: 22 });
    await agent.request('KILL', encode('44', [p.pid, 9]));
    await agent.waitExit(p.pid);
  },

  'a reset stdout ends its writer by SIGPIPE': async (start) => {
    const agent = await start();
    const p = await startPipes(agent, 'exec yes');
    p.stdout.reset();
    assert.equal((await agent.waitExit(p.pid)).status, 13);
  },

  'LISTEN and CONNECT over a unix socket, with half close': async (start) => {
    const agent = await start();
    const opened = new Promise((resolve) => (agent.onOpen = (stream, info) => resolve({ stream, info })));
    const listener = (await agent.request('LISTEN', encode('s4', ['/mnt/sock', 0o660]))).u32();
    const [client] = [agent.stream()];
    await agent.request('CONNECT', encode('441s2', [client.id, 0, 0, '/mnt/sock', 0]));
    const { stream: server, info } = await opened;
    assert.equal(info.listener, listener);
    assert.equal(info.uid, 0);
    assert.ok(server.id >= 0x80000000);
    const bytes = pattern(300000);
    await client.write(bytes);
    client.close();
    await server.ended;
    assert.equal(sha(server.data), sha(bytes));
    await server.write(Buffer.from('answer'));
    server.close();
    await client.ended;
    assert.equal(client.text, 'answer');
    await agent.request('LISTEN', encode('s4', ['/mnt/sock', 0o600])); // replaces the stale one
    const mode = await agent.request('OPS', request.ops([op.stat('/mnt/sock', 0)]));
    assert.equal(mode.list(() => mode.run())[0].readUInt32LE(0), 0o140600);
    await assert.rejects(agent.request('LISTEN', encode('s4', ['/mnt', 0o600])), { errno: 98 });
    await assert.rejects(agent.request('LISTEN', encode('s4', [`/mnt/${'x'.repeat(120)}`, 0o600])), { errno: 36 });
  },

  'CONNECT failures carry their errno': async (start) => {
    const agent = await start();
    const connect = (...rest) => agent.request('CONNECT', encode('441s2', [agent.stream().id, ...rest]));
    await assert.rejects(connect(0, 0, '/mnt/none', 0), { errno: 2 });
    await assert.rejects(connect(0, 1, 'not an address', 80), { errno: 22 });
    await assert.rejects(connect(0, 7, '/x', 80), { errno: 22 });
    await assert.rejects(connect(99999, 1, '127.0.0.1', 80), { errno: 3 });
  },

  'CONNECT reaches a tcp port in another network namespace': async (start) => {
    const agent = await start();
    const up = Buffer.from('20000000100005000100000000000000' + '00000000010000000100000001000000', 'hex');
    const p = await startPipes(agent, "exec python3 -c 'import socket; s=socket.create_server((\"127.0.0.1\",8080)); print(1,flush=True); c,_=s.accept(); c.sendall(c.recv(100).upper())'", {
      cloneFlags: 0x40000000,
      parentOps: [op.netlink(0, 0xffffffff, up, [], 0)],
    });
    await p.stdout.until(/1/);
    const s = agent.stream();
    await assert.rejects(agent.request('CONNECT', encode('441s2', [agent.stream().id, p.pid, 1, '127.0.0.1', 81])), { errno: 111 });
    await agent.request('CONNECT', encode('441s2', [s.id, p.pid, 1, '127.0.0.1', 8080]));
    await s.write(Buffer.from('shout'));
    await s.ended;
    assert.equal(s.text, 'SHOUT');
    s.close();
    await agent.waitExit(p.pid);
  },

  'resetting a stream while it connects cancels the request': async (start) => {
    const agent = await start();
    const s = agent.stream();
    // No route answers 10.255.255.1 in this namespace: at best EINPROGRESS, at worst an error.
    const connecting = agent.request('CONNECT', encode('441s2', [s.id, 0, 1, '10.255.255.1', 80]));
    s.reset();
    await assert.rejects(connecting, (e) => [101, 125].includes(e.errno));
  },

  'FILE_READ and FILE_WRITE carry files, also through a root': async (start) => {
    const agent = await start();
    const bytes = pattern(700000);
    const w = agent.stream();
    await agent.request('OPS', request.ops([op.mkdir('/mnt/root/etc', 0o755, 1), op.symlink('/etc', '/mnt/root/abs')]));
    await agent.request('FILE_WRITE', encode('4ss44', [w.id, '/mnt/root', '/abs/f', 0o1101, 0o640]));
    await w.write(bytes);
    w.close();
    await w.ended;
    assert.equal(w.error, undefined);
    const read = async (root, path, offset, length) => {
      const s = agent.stream();
      const size = (await agent.request('FILE_READ', encode('4ss88', [s.id, root, path, offset, length]))).u64();
      await s.ended;
      assert.equal(s.error, undefined);
      return { size, data: s.data };
    };
    const whole = await read('', '/mnt/root/etc/f', 0, 0);
    assert.equal(whole.size, 700000n);
    assert.equal(sha(whole.data), sha(bytes));
    const part = await read('/mnt/root', '/abs/f', 1000, 70000);
    assert.ok(part.data.equals(bytes.subarray(1000, 71000)));
    assert.match((await read('', '/proc/version', 0, 0)).data.toString(), /Linux/);
    await assert.rejects(read('/mnt/root', '/abs', 0, 0), { errno: 21 });
    await assert.rejects(read('', '/dev/null', 0, 0), { errno: 22 });
    await assert.rejects(read('/mnt/root', '../../etc/passwd', 0, 0), { errno: 2 });
    await assert.rejects(read('', '/mnt/none', 0, 0), { errno: 2 });
  },

  'a full disk resets FILE_WRITE with ENOSPC': async (start) => {
    const agent = await start();
    await agent.request('OPS', request.ops([op.mkdir('/mnt/small', 0o755, 0), op.mount('tmpfs', '/mnt/small', 'tmpfs', 0, 'size=64k')]));
    const w = agent.stream();
    await agent.request('FILE_WRITE', encode('4ss44', [w.id, '', '/mnt/small/f', 0o1101, 0o640]));
    await w.write(Buffer.alloc(200000));
    await w.ended;
    assert.equal(w.error, 28);
  },

  'no fd is left behind': async (start) => {
    const agent = await start();
    const exercise = async () => {
      const p = await startPipes(agent, 'cat; exit 1');
      await p.stdin.write(Buffer.alloc(100000));
      p.stdin.close();
      await agent.waitExit(p.pid);
      const t = await startPty(agent, 'echo hi');
      await agent.waitExit(t.pid);
      await t.stream.ended;
      const stuck = await startPipes(agent, 'echo x; exec sleep 10', { cloneFlags: 0x60020000 });
      await stuck.stdout.until(/x/);
      const j = await startPipes(agent, 'true', { join: stuck.pid, joinFlags: 0x60020000 });
      await agent.waitExit(j.pid);
      await agent.request('KILL', encode('44', [stuck.pid, 9]));
      await agent.waitExit(stuck.pid);
      await stuck.stdin.ended;
      await assert.rejects(startPipes(agent, 'true', { childOps: [op.chdir('/none', 0)] }));
      await assert.rejects(startPty(agent, 'true', { childOps: [op.tty(), op.chdir('/none', 0)] }));
      await assert.rejects(startPipes(agent, 'true', { parentOps: [op.openTree(3, '/', 0), op.rmdir('/mnt/none'), op.read('/none', 0)] }));
      const s = agent.stream();
      const server = new Promise((resolve) => (agent.onOpen = resolve));
      await agent.request('CONNECT', encode('441s2', [s.id, 0, 0, '/mnt/l', 0]));
      (await server).reset();
      await s.ended;
      s.close();
      for (const path of ['/etc/passwd', '/none', '/']) {
        const f = agent.stream();
        await agent.request('FILE_READ', encode('4ss88', [f.id, '', path, 0, 0])).then(() => f.ended, () => 0);
        const t2 = agent.stream();
        await agent.request('TREE_READ', encode('4ss4', [t2.id, '', path === '/' ? '/etc' : path, 0])).then(() => sleep(20), () => 0);
        t2.reset();
      }
      await agent.request('OPS', request.ops([op.openTree(5, '/mnt', 0), op.readdir('/'), op.statfs('/')]));
      await agent.request('PING', encode('b', ['']));
    };
    await agent.request('LISTEN', encode('s4', ['/mnt/l', 0o600]));
    await exercise();
    const before = agent.openFds();
    for (let i = 0; i < 5; i++) await exercise();
    await sleep(100);
    await agent.request('PING', encode('b', ['']));
    const after = agent.openFds();
    assert.equal(after.length, before.length, `${before}\n${after}`);
  },
};
