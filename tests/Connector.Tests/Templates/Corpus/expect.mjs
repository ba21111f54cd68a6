// Makes expected.json: what every template here renders every conversation to, by an engine that is not ours.
//
//   npm install --no-save @huggingface/jinja@0.5.11      (anywhere: it need not lie beside this file)
//   NODE_PATH=<where>/node_modules node expect.mjs
//
// The templates are written for these tests, after the prompt formats of the model families that they are named after. A conversation
// goes to all templates, or to those in "only". An entry is the text, or {"raises": message} where the template refuses the conversation.
// The clock stands at 2024-07-06 09:05:03. Any other error is a mistake in a template, and ends the script.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(join((process.env.NODE_PATH ?? process.cwd()).split(delimiter)[0], 'expect.cjs'));
const { Environment, Template } = require('@huggingface/jinja');
const here = dirname(fileURLToPath(import.meta.url));
const now = new Date(2024, 6, 6, 9, 5, 3);
globalThis.Date = class extends Date {
    constructor(...parts) {
        super(...(parts.length ? parts : [now]));
    }
};

class Refusal extends Error {}

// The engine's own raise_exception cannot be told from its errors.
const declare = Environment.prototype.set;
Environment.prototype.set = function (name, value) {
    return declare.call(this, name, name !== 'raise_exception' ? value : (message) => {
        throw new Refusal(message);
    });
};

function render(template, context) {
    try {
        return template.render(context);
    } catch (error) {
        if (error instanceof Refusal) {
            return { raises: error.message };
        }

        throw error;
    }
}

const conversations = JSON.parse(readFileSync(join(here, 'conversations.json'), 'utf8'));
const expected = {};
for (const file of readdirSync(here).filter((name) => name.endsWith('.jinja')).sort()) {
    const family = file.slice(0, -'.jinja'.length);
    const template = new Template(readFileSync(join(here, file), 'utf8'));
    expected[family] = {};
    for (const { name, only, context } of conversations) {
        if (!only || only.includes(family)) {
            try {
                expected[family][name] = render(template, context);
            } catch (error) {
                throw new Error(`${file}, ${name}: ${error.message}`);
            }
        }
    }
}

writeFileSync(join(here, 'expected.json'), JSON.stringify(expected, null, 2) + '\n');
