// Answers held-out prompts greedily with llama.cpp on the CPU, and counts the right answers.
//
//   node answer.mjs MODEL.gguf EVALUATION.json [PROMPTS_PER_CELL]

import { readFile } from "node:fs/promises";
import { getLlama } from "node-llama-cpp";

const [modelPath, evaluationPath, perCell = "4"] = process.argv.slice(2);
const seen = new Map();
const prompts = JSON.parse(await readFile(evaluationPath, "utf8")).filter(({ family, length }) => {
  const cell = `${family} ${length}`;
  seen.set(cell, (seen.get(cell) ?? 0) + 1);
  return seen.get(cell) <= Number(perCell);
});

const llama = await getLlama({ build: "never", gpu: false, logLevel: "error" });
const model = await llama.loadModel({ modelPath });
const spareTokens = 24; // an answer that is this much longer than the expected one is cut off
const longest = Math.max(...prompts.map(({ length }) => length));
const context = await model.createContext({ contextSize: longest + 256, batchSize: 1024 });
const sequence = context.getSequence();

async function answer({ prompt, answer }) {
  await sequence.clearHistory();
  const limit = model.tokenize(answer, true).length + spareTokens;
  const tokens = [];
  for await (const token of sequence.evaluate(model.tokenize(prompt, true), { temperature: 0 })) {
    tokens.push(token);
    if (tokens.length >= limit) {
      break;
    }
  }
  return model.detokenize(tokens, true);
}

const counts = new Map();
for (const item of prompts) {
  const text = await answer(item);
  const cell = `${item.family} ${item.length}`;
  const count = counts.get(cell) ?? { prompts: 0, exact: 0, contains: 0 };
  count.prompts += 1;
  count.exact += text === item.answer ? 1 : 0;
  count.contains += item.expect.every((value) => text.includes(value)) ? 1 : 0;
  counts.set(cell, count);
}
console.table(Object.fromEntries(counts));
const total = (name) => [...counts.values()].reduce((sum, count) => sum + count[name], 0);
console.log(`${total("exact")} exact, ${total("contains")} contain all, of ${total("prompts")}`);

await llama.dispose();
process.exit(0);
