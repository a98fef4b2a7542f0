// Tests of the agent, natively and without a VM: `make NATIVE=1 test` (as root). Each agent runs in
// mount, pid, network, uts and ipc namespaces of its own, on a tmpfs. BUILD=build takes the static
// i386 binaries instead. An argument runs only the tests whose title has it.
import { readdirSync } from 'node:fs';
import { Agent } from './agent.mjs';

const binary = new URL(`../${process.env.BUILD ?? 'build-native'}/agent`, import.meta.url).pathname;
const only = process.argv[2];
let passed = 0;
let failed = 0;

async function run(title, body) {
  if (only && !title.includes(only)) return;
  let agent;
  let timer;
  try {
    const limit = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error('took more than 30 s')), 30000)));
    await Promise.race([limit, body(async () => (agent = await Agent.start(binary)))]);
    if (agent && (await Promise.race([agent.stop(), limit])) !== 0) throw new Error(`the agent ended badly: ${agent.stderr}`);
    passed++;
    console.log(`ok      ${title}`);
  } catch (error) {
    failed++;
    console.log(`FAILED  ${title}\n        ${String(error.stack ?? error).replaceAll('\n', '\n        ')}`);
    if (agent?.stderr) console.log(agent.stderr);
    agent?.child.kill('SIGKILL');
  } finally {
    clearTimeout(timer);
  }
}

for (const file of readdirSync(new URL('.', import.meta.url)).filter((f) => f.endsWith('.test.mjs')).sort()) {
  const { default: tests } = await import(`./${file}`);
  for (const [title, body] of Object.entries(tests)) await run(`${file.replace('.test.mjs', '')}: ${title}`, body);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
