import assert from 'node:assert/strict';
import { encode, op, request, readTreeHeader, treeRecord } from './wire.mjs';
import { startPipes } from './process.test.mjs';

/** Runs a script in the agent's namespaces. */
async function sh(agent, script) {
  const p = await startPipes(agent, script);
  p.stdin.close();
  const { status } = await agent.waitExit(p.pid);
  assert.equal(status, 0, `${script}: ${p.stderr.text}`);
  return p.stdout.text;
}

async function readTree(agent, root, path, flags = 0) {
  const s = agent.stream();
  await agent.request('TREE_READ', encode('4ss4', [s.id, root, path, flags]));
  await s.ended;
  if (s.error) throw Object.assign(new Error('reset'), { errno: s.error });
  return s.data;
}

function parseTree(bytes) {
  const records = [];
  let at = 0;
  for (;;) {
    const length = bytes.readUInt32LE(at);
    at += 4;
    if (!length) break;
    const r = readTreeHeader(bytes.subarray(at, at + length));
    at += length;
    r.content = bytes.subarray(at, at + r.size);
    at += r.size;
    records.push(r);
  }
  assert.equal(at, bytes.length);
  return records;
}

async function writeTree(agent, root, path, bytes, flags = 0) {
  const s = agent.stream();
  await agent.request('TREE_WRITE', encode('4ss4', [s.id, root, path, flags]));
  await s.write(bytes);
  s.close();
  await s.ended;
  if (s.error) throw Object.assign(new Error('reset'), { errno: s.error });
  assert.ok(s.closed);
}

const END = Buffer.alloc(4);
const file = (path, content, extra = {}) => Buffer.concat([treeRecord({ path, mode: 0o100644, size: content.length, ...extra }), Buffer.from(content)]);
const dir = (path, extra = {}) => treeRecord({ path, mode: 0o40755, ...extra });

const MAKE = `mkdir -p /mnt/a/sub/deep && cd /mnt/a && echo one > one && ln one two && ln one sub/three && ln -s ../one sub/l
mknod wh c 0 0 && mknod fifo p && chmod 4711 one && chown 12:34 sub && head -c 100000 /dev/urandom > big && : > empty
python3 -c 'import os; os.setxattr("one", "user.k", b"v"); os.setxattr("sub", "trusted.overlay.opaque", b"y"); os.setxattr("sub/l", "trusted.t", b"z", follow_symlinks=False)' || exit 1
touch -d @-5.5 sub/deep; touch -d @1234567890.25 sub; touch -h -d @77 sub/l; chmod 500 sub/deep`;

export default {
  'a tree is read in order and written back the same': async (start) => {
    const agent = await start();
    await sh(agent, MAKE);
    const bytes = await readTree(agent, '', '/mnt/a');
    const records = parseTree(bytes);
    assert.deepEqual(records.map((r) => r.path), ['', 'big', 'empty', 'fifo', 'one', 'sub', 'sub/deep', 'sub/l', 'sub/three', 'two', 'wh']);
    const by = Object.fromEntries(records.map((r) => [r.path, r]));
    assert.equal(by.one.mode, 0o104711);
    assert.equal(by.one.content.toString(), 'one\n');
    assert.deepEqual(by.one.xattrs.map(([n, v]) => [n, v.toString()]), [['user.k', 'v']]);
    assert.deepEqual([by['sub/three'].hard, by['sub/three'].link, by['sub/three'].size], [true, 'one', 0]);
    assert.deepEqual([by.two.hard, by.two.link], [true, 'one']);
    assert.deepEqual([by['sub/l'].link, by['sub/l'].hard, by['sub/l'].mtime], ['../one', false, 77]);
    assert.deepEqual(by['sub/l'].xattrs.map(([n]) => n), ['trusted.t']);
    assert.deepEqual([by.sub.uid, by.sub.gid, by.sub.mtime, by.sub.mtimeNs], [12, 34, 1234567890, 250000000]);
    assert.deepEqual([BigInt.asIntN(64, BigInt(by['sub/deep'].mtime)), by['sub/deep'].mtimeNs], [BigInt.asIntN(64, BigInt(2 ** 64 - 6)), 500000000]);
    assert.deepEqual([by.wh.mode, by.wh.major, by.wh.minor], [0o20644, 0, 0]);
    await sh(agent, 'mkdir -p /mnt/root/etc');
    await writeTree(agent, '/mnt/root', '/etc/copy', bytes);
    assert.ok((await readTree(agent, '/mnt/root', 'etc/copy')).equals(bytes));
    await writeTree(agent, '', '/mnt/b', bytes);
    await writeTree(agent, '', '/mnt/b', bytes); // again, over itself
    assert.ok((await readTree(agent, '', '/mnt/b')).equals(bytes));
    assert.equal(await sh(agent, 'stat -c %h /mnt/b/one; stat -c "%t %T" /mnt/b/wh'), '3\n0 0\n');
  },

  'single entries: a file, a symlink that is not followed, a directory alone': async (start) => {
    const agent = await start();
    await sh(agent, MAKE);
    const [one] = parseTree(await readTree(agent, '', '/mnt/a/one'));
    assert.deepEqual([one.path, one.content.toString()], ['', 'one\n']);
    const [link] = parseTree(await readTree(agent, '/mnt', 'a/sub/l'));
    assert.deepEqual([link.path, link.link, link.xattrs[0][0]], ['', '../one', 'trusted.t']);
    assert.equal(parseTree(await readTree(agent, '', '/mnt/a', 2)).length, 1);
    await writeTree(agent, '', '/mnt/copied', Buffer.concat([file('', 'abc'), END]));
    assert.equal(await sh(agent, 'cat /mnt/copied'), 'abc');
    await assert.rejects(readTree(agent, '', '/mnt/none'), { errno: 2 });
    await assert.rejects(readTree(agent, '/mnt', '/../../etc/passwd'), { errno: 2 });
  },

  'a mount is an empty directory with flag 1': async (start) => {
    const agent = await start();
    await sh(agent, 'mkdir -p /mnt/a/m /mnt/b && echo x > /mnt/b/f && mount --bind /mnt/b /mnt/a/m && touch /mnt/a/f && mount --bind /mnt/b/f /mnt/a/f');
    assert.deepEqual(parseTree(await readTree(agent, '', '/mnt/a', 1)).map((r) => [r.path, r.size]), [['', 0], ['f', 0], ['m', 0]]);
    assert.deepEqual(parseTree(await readTree(agent, '', '/mnt/a', 0)).map((r) => [r.path, r.size]), [['', 0], ['f', 2], ['m', 0], ['m/f', 2]]);
    const stat = async (path) => agent.request('OPS', request.ops([op.stat(path, 0)]));
    await assert.rejects(agent.request('OPS', request.ops([op.remove('/mnt/a')])), { errno: 16 });
    await stat('/mnt/b/f');
    await sh(agent, 'umount /mnt/a/m /mnt/a/f');
    await agent.request('OPS', request.ops([op.remove('/mnt/a'), op.remove('/mnt/a')]));
    await stat('/mnt/b/f');
  },

  'REMOVE follows no symlink and takes what is deep': async (start) => {
    const agent = await start();
    await sh(agent, 'mkdir -p /mnt/keep /mnt/a; touch /mnt/keep/f; ln -s /mnt/keep /mnt/a/l; ln -s /mnt/keep /mnt/top; cd /mnt/a; for i in $(seq 300); do mkdir d && cd d; done; touch f; mknod w c 0 0');
    await agent.request('OPS', request.ops([op.remove('/mnt/a'), op.remove('/mnt/top')]));
    assert.equal(await sh(agent, 'ls /mnt'), 'keep\n');
    assert.equal(await sh(agent, 'ls /mnt/keep'), 'f\n');
  },

  'a deep tree is read and written': async (start) => {
    const agent = await start();
    await sh(agent, 'mkdir /mnt/a; cd /mnt/a; for i in $(seq 200); do mkdir d && cd d; done; echo bottom > f');
    const bytes = await readTree(agent, '', '/mnt/a');
    assert.equal(parseTree(bytes).length, 202);
    await writeTree(agent, '', '/mnt/b', bytes);
    assert.ok((await readTree(agent, '', '/mnt/b')).equals(bytes));
  },

  'many entries and a large file keep memory flat': async (start) => {
    const agent = await start();
    await sh(agent, 'mkdir /mnt/a; cd /mnt/a; seq 1 3000 | xargs touch; head -c 30000000 /dev/zero > large');
    const before = agent.rssKiB();
    const bytes = await readTree(agent, '', '/mnt/a');
    await writeTree(agent, '', '/mnt/b', bytes);
    assert.ok(agent.rssKiB() - before < 4096, `${before} ${agent.rssKiB()}`);
    assert.equal(parseTree(bytes).length, 3002);
    assert.equal(await sh(agent, 'ls /mnt/b | wc -l; cmp /mnt/a/large /mnt/b/large && echo same'), '3001\nsame\n');
  },

  'symlinks in a tree do not lead out of the root or the top': async (start) => {
    const agent = await start();
    await sh(agent, 'mkdir -p /mnt/root/in /mnt/out /mnt/layer/mnt/out /mnt/root/mnt/out');
    const tree = Buffer.concat([dir(''), treeRecord({ path: 'l', mode: 0o120777, link: '/mnt/out' }), file('l/f', 'x'), treeRecord({ path: 'up', mode: 0o120777, link: '../../../../mnt/out' }), file('up/g', 'y'), END]);
    await writeTree(agent, '/mnt/root', '/in', tree);
    await writeTree(agent, '', '/mnt/layer', tree);
    assert.equal(await sh(agent, 'ls /mnt/out'), '');
    assert.equal(await sh(agent, 'ls /mnt/layer/mnt/out /mnt/root/mnt/out'), '/mnt/layer/mnt/out:\nf\ng\n\n/mnt/root/mnt/out:\nf\ng\n');
    for (const path of ['../x', '/x', 'a/../../x', 'a//b', '.', 'a/.']) {
      await assert.rejects(writeTree(agent, '', '/mnt/layer', Buffer.concat([dir('a'), file(path, 'x'), END])), { errno: 22 }, path);
    }
    // The top itself is a symlink out: it is resolved within the root.
    await sh(agent, 'ln -s /mnt/out /mnt/root/top; stat -c %a /mnt/out');
    await writeTree(agent, '/mnt/root', '/top', Buffer.concat([treeRecord({ path: '', mode: 0o40700 }), file('h', 'z'), END]));
    assert.equal(await sh(agent, 'ls /mnt/out; stat -c %a /mnt/out /mnt/root/mnt/out; cat /mnt/root/mnt/out/h'), '755\n700\nz');
  },

  'kinds replace each other, unless flag 1 forbids it': async (start) => {
    const agent = await start();
    const one = Buffer.concat([dir('x'), file('x/f', '1'), file('y', '2'), END]);
    const two = Buffer.concat([file('x', '3'), dir('y'), file('y/g', '4'), END]);
    await sh(agent, 'mkdir /mnt/t');
    await writeTree(agent, '', '/mnt/t', one);
    await assert.rejects(writeTree(agent, '', '/mnt/t', two, 1), { errno: 21 });
    await assert.rejects(writeTree(agent, '', '/mnt/t', Buffer.concat([dir('y'), END]), 1), { errno: 20 });
    await writeTree(agent, '', '/mnt/t', two);
    assert.equal(await sh(agent, 'cd /mnt/t; cat x y/g; ls'), '34x\ny\n');
  },

  'directory times survive their children': async (start) => {
    const agent = await start();
    const tree = Buffer.concat([dir('', { mtime: 1000 }), dir('d', { mtime: 2000, mode: 0o40500 }), file('d/f', 'x', { mtime: 3000 }), END]);
    await writeTree(agent, '', '/mnt/new', tree);
    assert.equal(await sh(agent, 'cd /mnt/new; stat -c %Y . d d/f'), '1000\n2000\n3000\n');
  },

  'malformed trees end in an errno': async (start) => {
    const agent = await start();
    const bad = [
      [71, Buffer.concat([dir('')])], // no end
      [71, Buffer.concat([dir(''), END, Buffer.from('x')])], // more after the end
      [71, Buffer.concat([treeRecord({ path: 'd', mode: 0o40755, size: 5 }), Buffer.from('12345'), END])],
      [71, Buffer.concat([file('f', 'x').subarray(0, 40)])],
      [90, Buffer.from('ffffff7f', 'hex')],
      [71, Buffer.from('0400000000000000', 'hex')],
      [71, Buffer.concat([file('f', 'x'), Buffer.from('00100000', 'hex'), Buffer.alloc(3000)])], // the buffer of 'f' has moved
      [22, Buffer.concat([treeRecord({ path: 'f', mode: 0o644 }), END])], // no kind
      [2, Buffer.concat([file('no/such', 'x'), END])],
      [2, Buffer.concat([treeRecord({ path: 'h', mode: 0o100644, link: 'none', hard: true }), END])],
    ];
    await sh(agent, 'mkdir /mnt/t');
    for (const [errno, bytes] of bad) await assert.rejects(writeTree(agent, '', '/mnt/t', bytes), { errno });
    assert.ok(agent.logs.every((l) => l.text.startsWith('tree_write(/mnt/t, ')), JSON.stringify(agent.logs));
  },
};
