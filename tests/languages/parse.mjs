// Parses every file named below, of C# or Java by its ending, and prints where a syntax
// error is:
//
//	node parse.mjs <file>...
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { extname } from "node:path";
import { Language, Parser } from "web-tree-sitter";

const require = createRequire(import.meta.url);
const grammars = {
  ".cs": "tree-sitter-c-sharp/tree-sitter-c_sharp.wasm",
  ".java": "tree-sitter-java/tree-sitter-java.wasm",
};

await Parser.init();
const parsers = {};
for (const [ending, grammar] of Object.entries(grammars)) {
  parsers[ending] = new Parser();
  parsers[ending].setLanguage(await Language.load(require.resolve(grammar)));
}

function firstError(node) {
  if (node.isError || node.isMissing) return node;
  for (const child of node.children) {
    if (child.hasError || child.isMissing) return firstError(child);
  }
  return node;
}

for (const file of process.argv.slice(2)) {
  const { rootNode } = parsers[extname(file)].parse(readFileSync(file, "utf8"));
  if (!rootNode.hasError) continue;
  const { row, column } = firstError(rootNode).startPosition;
  console.log(`${file}:${row + 1}:${column + 1}: a syntax error`);
  process.exitCode = 1;
}
