import assert from 'node:assert/strict';
import { encode, op, request, Reader } from './wire.mjs';
import { startPipes } from './process.test.mjs';

async function ops(agent, ...list) {
  const r = await agent.request('OPS', request.ops(list));
  const results = r.list(() => Buffer.from(r.run()));
  assert.ok(r.done);
  assert.equal(results.length, list.length);
  return results;
}
const fails = (promise, errno, index, message) => assert.rejects(promise, (e) => {
  assert.deepEqual([e.errno, e.op, e.phase], [errno, index, 1], e.stack);
  if (message) assert.match(e.message, message);
  return true;
});
const bytes = (s) => Buffer.from(s);
const u = (size, value) => encode(String(size), [value]);
const pad = (b) => Buffer.concat([b, Buffer.alloc(-b.length & 3)]);
const attr = (type, data) => pad(Buffer.concat([u(2, 4 + data.length), u(2, type), data]));
const message = (type, flags, seq, body) => Buffer.concat([u(4, 16 + body.length), u(2, type), u(2, flags), u(4, seq), u(4, 0), body]);
const ifinfo = (index, flags = 0, change = 0) => Buffer.concat([Buffer.from([0, 0, 0, 0]), u(4, index), u(4, flags), u(4, change)]);
const [NEWLINK, GETLINK, NEWADDR] = [16, 18, 20];
const name = (s) => attr(3, Buffer.from(`${s}\0`));

function newVeth(a, b) {
  const peer = Buffer.concat([ifinfo(0), name(b)]);
  const info = attr(18, Buffer.concat([attr(1, bytes('veth')), attr(2, attr(1, peer))]));
  return message(NEWLINK, 0x605, 1, Buffer.concat([ifinfo(0), name(a), info]));
}

export default {
  'files are written, read, renamed, linked and removed': async (start) => {
    const agent = await start();
    const results = await ops(agent,
      op.mkdir('/mnt/a/b/c', 0o750, 1), op.mkdir('/mnt/a/b/c', 0o750, 0),
      op.write('/mnt/a/f', bytes('hello'), 0o1101, 0o640), op.write('/mnt/a/f', bytes(' world'), 0o2001, 0),
      op.read('/mnt/a/f', 0), op.read('/mnt/none', 1), op.symlink('f', '/mnt/a/l'), op.symlink('f', '/mnt/a/l'),
      op.readlink('/mnt/a/l'), op.mknod('/mnt/a/null', 0o20666, 1, 3), op.chmod('/mnt/a/f', 0o4755), op.chown('/mnt/a/l', 5, 6),
      op.rename('/mnt/a/f', '/mnt/a/g'), op.readdir('/mnt/a'), op.stat('/mnt/a/g', 0), op.stat('/mnt/a/l', 0), op.statfs('/mnt'),
      op.unlink('/mnt/a/null'), op.unlink('/mnt/a/null'), op.rmdir('/mnt/a/b/c'), op.rmdir('/mnt/a/b/c'), op.remove('/mnt/a'), op.remove('/mnt/a'));
    assert.equal(results[4].toString(), 'hello world');
    assert.equal(results[5].length, 0);
    assert.equal(results[8].toString(), 'f');
    const names = new Reader(results[13]);
    assert.deepEqual(names.list(() => names.string()), ['b', 'g', 'l', 'null']);
    const st = new Reader(results[14]);
    assert.deepEqual([st.u32(), st.u32(), st.u32(), st.u32(), st.u32(), st.u32(), st.u64()], [0o104755, 0, 0, 1, 0, 0, 11n]);
    st.u64();
    assert.ok(Math.abs(Number(st.u64()) - Date.now() / 1000) < 60);
    st.u32();
    assert.ok(st.done);
    const link = new Reader(results[15]);
    assert.deepEqual([link.u32(), link.u32(), link.u32()], [0o120777, 5, 6]);
    assert.equal(results[16].length, 32);
  },

  'the first failure stops the list and names op and call': async (start) => {
    const agent = await start();
    await fails(ops(agent, op.mkdir('/mnt/x', 0o755, 0), op.read('/mnt/none', 0), op.mkdir('/mnt/y', 0o755, 0)), 2, 1, /^open\(\/mnt\/none\): No such file/);
    const r = new Reader((await ops(agent, op.readdir('/mnt')))[0]);
    assert.deepEqual(r.list(() => r.string()), ['x']);
    await fails(ops(agent, op.write('/mnt/f', '', 0o1101, 0o644), op.mkdir('/mnt/f', 0o755, 0)), 20, 1);
    await fails(ops(agent, op.mkdir('/mnt/f/g', 0o755, 1)), 20, 0);
    await fails(ops(agent, op.mkdir('/mnt/q/g', 0o755, 0)), 2, 0);
    await fails(ops(agent, op.rmdir('/mnt')), 16, 0);
    await fails(ops(agent, op.umount('/mnt/x', 0)), 22, 0, /^umount\(\/mnt\/x, 0\)/);
  },

  'READ refuses what is larger than 1 MiB and never waits': async (start) => {
    const agent = await start();
    await ops(agent, op.mknod('/mnt/fifo', 0o10600, 0, 0));
    const p = await startPipes(agent, 'head -c 1048576 /dev/zero > /mnt/fits; head -c 1048577 /dev/zero > /mnt/large');
    await agent.waitExit(p.pid);
    assert.equal((await ops(agent, op.read('/mnt/fits', 0)))[0].length, 1048576);
    await fails(ops(agent, op.read('/mnt/large', 0)), 27, 0);
    assert.equal((await ops(agent, op.read('/mnt/fifo', 0)))[0].length, 0);
    await fails(ops(agent, op.write('/mnt/fifo', 'x', 1, 0)), 6, 0);
    await fails(ops(agent, op.read('/mnt', 0)), 21, 0);
  },

  'hostname and domainname': async (start) => {
    const agent = await start();
    await ops(agent, op.hostname('dock'), op.domainname('yard'));
    const [host, domain] = await ops(agent, op.read('/proc/sys/kernel/hostname', 0), op.read('/proc/sys/kernel/domainname', 0));
    assert.deepEqual([host.toString(), domain.toString()], ['dock\n', 'yard\n']);
  },

  'netlink: a veth pair is made and its end moves into the child': async (start) => {
    const agent = await start();
    const move = message(NEWLINK, 5, 2, Buffer.concat([ifinfo(0), name('inner'), attr(19, u(4, 0))]));
    const pidAt = move.length - 4;
    const up = message(NEWLINK, 5, 4, Buffer.concat([ifinfo(1, 1, 1)]));
    const address = (index) => message(NEWADDR, 0x605, 5, Buffer.concat([Buffer.from([2, 24, 0, 0]), u(4, index), attr(2, Buffer.from([10, 9, 8, 7]))]));
    const p = await startPipes(agent, 'ls /sys/class/net; ip -o addr show inner; ip link show lo; sleep 30', {
      cloneFlags: 0x40020000,
      parentOps: [op.netlink(0, 0, newVeth('outer', 'inner'), [], 0), op.netlink(0, 0, move, [pidAt], 0)],
      childOps: [op.mount('', '/', '', 0x44000, ''), op.mount('sysfs', '/sys', 'sysfs', 0, ''), op.netlink(0, 0, up, [], 0)],
    });
    await p.stdout.until(/loopback/);
    assert.match(p.stdout.text, /^inner\nlo\n/);
    assert.match(p.stdout.text, /LOOPBACK,UP/);
    const [links] = await ops(agent, op.netlink(0, p.pid, message(GETLINK, 0x301, 7, ifinfo(0)), [], 0));
    assert.ok(links.includes('inner') && !links.includes('outer'));
    assert.equal(links.readUInt16LE(4), NEWLINK);
    const [mine] = await ops(agent, op.netlink(0, 0, message(GETLINK, 0x301, 7, ifinfo(0)), [], 0));
    assert.ok(mine.includes('outer') && !mine.includes('inner'));
    await fails(ops(agent, op.netlink(0, 0, newVeth('outer', 'another'), [], 0)), 17, 0, /netlink\(type 0x10, seq 1.*File exists/);
    const [ignored] = await ops(agent, op.netlink(0, 0, newVeth('outer', 'another'), [], 1));
    assert.equal(ignored.readUInt16LE(4), 2);
    await fails(ops(agent, op.netlink(0, 0, address(9999), [], 0)), 19, 0);
    await fails(ops(agent, op.netlink(0, 0, move, [pidAt], 0)), 22, 0); // no child here
    await fails(ops(agent, op.netlink(0, 0xffffffff, move, [], 0)), 22, 0);
    await fails(ops(agent, op.netlink(0, 99999, move, [], 0)), 3, 0);
    await fails(ops(agent, op.netlink(99, 0, move, [], 0)), 93, 0);
  },

  'a device program that the verifier refuses is an error': async (start) => {
    const agent = await start();
    await fails(ops(agent, op.deviceProgram('/mnt', Buffer.alloc(8))), 22, 0);
    await fails(ops(agent, op.deviceProgram('/none', Buffer.alloc(8))), 2, 0);
  },

  'RESTORED checks its numbers': async (start) => {
    const agent = await start();
    await assert.rejects(agent.request('RESTORED', encode('84b', [1n, 1000000000, ''])), { errno: 22 });
  },

  'unknown methods, unknown ops and broken payloads are answered': async (start) => {
    const agent = await start();
    const raw = (payload) => agent.request('OPS', payload);
    await assert.rejects(raw(Buffer.alloc(0)), { errno: 71 });
    await assert.rejects(raw(request.ops([Buffer.from([99])])), { errno: 71 });
    await assert.rejects(raw(Buffer.concat([request.ops([]), Buffer.from([1])])), { errno: 71 });
    await assert.rejects(raw(request.ops([op.mkdir('/mnt/a\0b', 0o755, 0)])), { errno: 71 });
    await assert.rejects(raw(u(4, 0xffffffff)), { errno: 71 });
    await assert.rejects(raw(Buffer.concat([u(4, 1), Buffer.from([9]), u(4, 0xffffffff)])), { errno: 71 });
    await assert.rejects(agent.request('PING', u(4, 5)), { errno: 71 });
    await assert.rejects(agent.request('START', encode('444sOO1', [0, 0, 0, '', [], [], 9])), { errno: 22 });
    await assert.rejects(agent.request('PING', Buffer.alloc(1048577)), { errno: 90 });
    assert.equal((await agent.request('PING', encode('b', ['still here']))).string(), 'still here');
  },
};
