// Compares llama.cpp with the reference data of pebble.llama_reference: token ids of strings, and
// next-token probabilities.
//
//   node compare.mjs MODEL.gguf REFERENCE.json

import { readFile } from "node:fs/promises";
import { getLlama } from "node-llama-cpp";

const [modelPath, referencePath] = process.argv.slice(2);
const reference = JSON.parse(await readFile(referencePath, "utf8"));
const llama = await getLlama({ build: "never", gpu: false });
const model = await llama.loadModel({ modelPath });

const differing = reference.strings.filter(
  ({ text, ids }) => JSON.stringify([...model.tokenize(text, true)]) !== JSON.stringify(ids),
);
for (const { text } of differing) {
  console.log("different tokens:", JSON.stringify(text));
}
console.log(`${differing.length} of ${reference.strings.length} strings differ`);

const longest = Math.max(...reference.probabilities.map(({ ids }) => ids.length));
const context = await model.createContext({ contextSize: longest + 1, batchSize: 512 });
const sequence = context.getSequence();
let differentArgmax = 0;
for (const { ids, likeliest } of reference.probabilities) {
  await sequence.clearHistory();
  const last = ids.length - 1;
  const request = { generateNext: { probabilities: true, options: { temperature: 0 } } };
  const results = await sequence.controlledEvaluate([...ids.slice(0, last), [ids[last], request]]);
  const probabilities = results[last].next.probabilities;
  const differences = likeliest.map(([id, value]) => Math.abs((probabilities.get(id) ?? 0) - value));
  const [argmax] = [...probabilities].reduce((best, item) => (item[1] > best[1] ? item : best));
  differentArgmax += argmax === likeliest[0][0] ? 0 : 1;
  console.log(`${ids.length} tokens: largest difference ${Math.max(...differences).toExponential(1)}`);
}
console.log(`${differentArgmax} of ${reference.probabilities.length} argmax differ`);

await llama.dispose();
process.exit(differing.length + differentArgmax === 0 ? 0 : 1);
